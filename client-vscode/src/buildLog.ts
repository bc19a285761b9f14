/** The command that shows the times of a build log on the lines of a Dockerfile. */

import * as vscode from "vscode";
import { language } from "./documents";
import { isBuildLog } from "./logFiles";
import type { Requests } from "./planView";

/** The answer to `buildxray/times`; `docs/protocol.md` describes it. */
interface TimesAnswer {
  readonly log: { readonly name: string } | null;
  readonly times: { readonly total: number } | null;
}

type Source = "file" | "clipboard" | "clear";

/** Let the user choose a file or the clipboard, and show its times for a Dockerfile: the active one by default. */
export async function openBuildLog(server: Requests, uri?: vscode.Uri, file?: vscode.Uri): Promise<void> {
  if (uri !== undefined && isBuildLog(uri.path)) {
    // True if the command comes from the menu of a file.
    await showFile(server, uri);
    return;
  }
  const document = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (document === undefined) {
    return;
  }
  const source = file === undefined ? await pickSource() : "file";
  switch (source) {
    case "file": {
      const chosen = file ?? (await pickFile(document));
      if (chosen !== undefined) {
        await ask(server, document, { log: { path: chosen.fsPath } });
      }
      break;
    }
    case "clipboard":
      await ask(server, document, { log: { text: await vscode.env.clipboard.readText() } });
      break;
    case "clear":
      await clearBuildLog(server, document);
      break;
    case undefined:
      break;
  }
}

/** Show the times of a file for the active Dockerfile, or for the only visible one. */
async function showFile(server: Requests, log: vscode.Uri): Promise<void> {
  const editors = [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors];
  const document = editors.find((it) => it?.document.languageId === language)?.document.uri;
  if (document === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Open the Dockerfile that was built, then open its build log."));
    return;
  }
  await ask(server, document, { log: { path: log.fsPath } });
}

/** Clear the times. */
export async function clearBuildLog(server: Requests, uri?: vscode.Uri): Promise<void> {
  const document = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (document !== undefined) {
    await ask(server, document, { clear: true });
  }
}

async function pickSource(): Promise<Source | undefined> {
  const items: (vscode.QuickPickItem & { source: Source })[] = [
    { source: "file", label: vscode.l10n.t("Open a file…"), description: vscode.l10n.t("the output of a build, or a .dockerbuild") },
    { source: "clipboard", label: vscode.l10n.t("Take the clipboard"), description: vscode.l10n.t("the copied output of a build") },
    { source: "clear", label: vscode.l10n.t("Show no times any more") },
  ];
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Build log of this Dockerfile") }))?.source;
}

async function pickFile(document: vscode.Uri): Promise<vscode.Uri | undefined> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      defaultUri: vscode.Uri.joinPath(document, ".."),
      title: vscode.l10n.t("Build log of this Dockerfile"),
    })) ?? [];
  return chosen;
}

async function ask(server: Requests, document: vscode.Uri, parameters: object): Promise<void> {
  const { token } = new vscode.CancellationTokenSource();
  const all = { textDocument: { uri: document.toString() }, ...parameters };
  try {
    const answer = await server.request<TimesAnswer | null>("buildxray/times", all, token);
    if (answer?.log && answer.times) {
      const text = vscode.l10n.t("{0}: {1} s", answer.log.name, answer.times.total.toFixed(1));
      vscode.window.setStatusBarMessage(text, 5000);
    }
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}
