/** Middleware between editor and server: skips features of other extensions, and adjusts the settings accordingly. */

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { language } from "./documents";
import { leavesBuildChecks, leavesNames, offersGeneral, type Yielding } from "./coexistence";

const isInstalled = (id: string): boolean => vscode.extensions.getExtension(id) !== undefined;

/** The settings for all documents, in the form of the server's initialization options. */
export function settings(): Record<string, unknown> {
  return withDefaults({ ...vscode.workspace.getConfiguration("buildxray") }, undefined);
}

export const middleware: Middleware = {
  workspace: {
    configuration: async (params, token, next) => {
      const answers = await next(params, token);
      if (!Array.isArray(answers)) {
        return answers;
      }
      return answers.map((answer: Record<string, unknown> | null, index) => {
        const { section, scopeUri } = params.items[index] ?? {};
        const scope = scopeUri === undefined ? undefined : vscode.Uri.parse(scopeUri);
        return section === "buildxray" && answer !== null ? withDefaults(answer, scope) : answer;
      });
    },
  },
  provideDocumentSymbols: (document, token, next) => (leaves(document) ? [] : next(document, token)),
  provideFoldingRanges: (document, context, token, next) => (leaves(document) ? [] : next(document, context, token)),
  provideDefinition: (document, position, token, next) => (leaves(document) ? [] : next(document, position, token)),
  provideDocumentHighlights: (document, position, token, next) => (leaves(document) ? [] : next(document, position, token)),
  prepareRename: (document, position, token, next) => {
    // The editor asks another provider only if this one rejects.
    return leaves(document) ? Promise.reject(new Error("left to another extension")) : next(document, position, token);
  },
  provideRenameEdits: (document, position, name, token, next) => {
    return leaves(document) ? undefined : next(document, position, name, token);
  },
  provideCompletionItem: async (document, position, context, token, next) => {
    const found = (await next(document, position, context, token)) ?? [];
    const items = Array.isArray(found) ? found : found.items;
    return leaves(document) ? items.filter((it) => !isCommonName(it)) : items;
  },
};

function withDefaults(values: Record<string, unknown>, scope: vscode.Uri | undefined): Record<string, unknown> {
  const isLeft = leavesBuildChecks({ isInstalled }) && !isSet("buildkitChecks", scope);
  const checks = isLeft ? { buildkitChecks: false } : {};
  const general = offersGeneral({ isInstalled, general: (values.general as Yielding | undefined) ?? "auto" });
  // The meaning of "auto" for navigation depends on the document, so the functions above decide.
  return { ...values, ...checks, general, navigation: values.navigation !== "off" };
}

/** True if the user has set a value, in any scope. */
function isSet(name: string, scope: vscode.Uri | undefined): boolean {
  const found = vscode.workspace.getConfiguration("buildxray", scope).inspect(name);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((it) => it !== undefined);
}

function leaves(document: vscode.TextDocument): boolean {
  if (document.languageId !== language) {
    // No other extension links a project file to a stage.
    return false;
  }
  const navigation = vscode.workspace.getConfiguration("buildxray", document).get<Yielding>("navigation", "auto");
  return leavesNames({ isInstalled, navigation }, document.uri.scheme);
}

/** True if other extensions complete it too: stages, and declared variables. */
function isCommonName({ kind, additionalTextEdits }: vscode.CompletionItem): boolean {
  const declares = additionalTextEdits !== undefined && additionalTextEdits.length > 0;
  return kind === vscode.CompletionItemKind.Module || (kind === vscode.CompletionItemKind.Variable && !declares);
}
