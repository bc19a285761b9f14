/** The single notification about a problem, with the actions against it. */

import * as vscode from "vscode";

/** The most helpful action. */
export type Remedy = "selectInterpreter" | "getPython" | "restart";

const downloads = vscode.Uri.parse("https://www.python.org/downloads/");

/** Effect: show the problem. */
export function showError(message: string, remedy: Remedy): void {
  const restart = { title: vscode.l10n.t("Restart"), run: () => vscode.commands.executeCommand("buildxray.restart") };
  const select = {
    title: vscode.l10n.t("Select Interpreter"),
    run: () => vscode.commands.executeCommand("buildxray.selectInterpreter"),
  };
  const openLog = { title: vscode.l10n.t("Open Log"), run: () => vscode.commands.executeCommand("buildxray.showLog") };
  const getPython = { title: vscode.l10n.t("Get Python"), run: () => vscode.env.openExternal(downloads) };
  const actions = {
    selectInterpreter: [select, openLog],
    getPython: [getPython, select, openLog],
    restart: [restart, openLog],
  }[remedy];
  void vscode.window.showErrorMessage(message, ...actions).then((chosen) => chosen?.run());
}
