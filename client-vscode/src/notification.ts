/** The one notification that says what is wrong, with what can be done about it. */

import * as vscode from "vscode";

/** What helps best. */
export type Remedy = "selectInterpreter" | "getPython" | "restart";

const downloads = vscode.Uri.parse("https://www.python.org/downloads/");

/** Effect: show what is wrong. */
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
