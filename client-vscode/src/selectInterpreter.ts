/** The quick pick that chooses the Python of the server. */

import * as vscode from "vscode";
import { interpreterSetting, problemOfPath, usablePythons } from "./python";

interface Choice extends vscode.QuickPickItem {
  /** The new value of the setting; undefined for no change. */
  readonly value?: () => Promise<string | undefined> | string;
}

/** Let the user choose, and write the setting. */
export async function selectInterpreter(launcher: string, log: vscode.LogOutputChannel): Promise<void> {
  const placeHolder = vscode.l10n.t("The Python that runs the buildxray server");
  const chosen = await vscode.window.showQuickPick(choices(launcher, log), { placeHolder });
  const value = await chosen?.value?.();
  if (value !== undefined) {
    const configuration = vscode.workspace.getConfiguration("buildxray");
    await configuration.update("interpreter", value === "" ? undefined : value, target(configuration));
  }
}

async function choices(launcher: string, log: vscode.LogOutputChannel): Promise<Choice[]> {
  const browsing: Choice = { label: `$(folder-opened) ${vscode.l10n.t("Browse…")}`, value: () => browse(launcher) };
  const searching: Choice = { label: `$(search) ${vscode.l10n.t("Find one automatically")}`, value: () => "" };
  const separator: Choice = { label: "", kind: vscode.QuickPickItemKind.Separator };
  const found = await usablePythons(launcher, log);
  // The Python launcher of Windows needs an argument, which the setting cannot hold.
  const paths = found.filter((it) => it.args.length === 0);
  const first = interpreterSetting() === "" ? [browsing] : [searching, browsing];
  const listed = paths.map((it): Choice => ({ label: it.command, description: `Python ${it.version} · ${it.origin}`, value: () => it.command }));
  return [...first, separator, ...listed];
}

async function browse(launcher: string): Promise<string | undefined> {
  const openLabel = vscode.l10n.t("Select Interpreter");
  const path = (await vscode.window.showOpenDialog({ openLabel, canSelectMany: false }))?.[0]?.fsPath;
  if (path === undefined) {
    return undefined;
  }
  const problem = await problemOfPath(path, launcher);
  if (problem === undefined) {
    return path;
  }
  void vscode.window.showErrorMessage(vscode.l10n.t("{0} cannot be used: {1}.", path, problem));
  return undefined;
}

/** The interpreter is set for the machine, unless the workspace already has one. */
function target(configuration: vscode.WorkspaceConfiguration): vscode.ConfigurationTarget {
  const values = configuration.inspect("interpreter");
  if (values?.workspaceFolderValue !== undefined) {
    return vscode.ConfigurationTarget.WorkspaceFolder;
  }
  return values?.workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
}
