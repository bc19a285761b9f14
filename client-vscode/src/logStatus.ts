/** The build log whose times are shown, in the language status, with the command that clears it. */

import * as vscode from "vscode";
import { selector } from "./documents";
import { logText } from "./logText";
import type { DocumentStatus } from "./server";

export class LogStatus implements vscode.Disposable {
  private item: vscode.LanguageStatusItem | undefined;

  /** Show the log of the active document; empty without one. */
  show(status: DocumentStatus | undefined): void {
    const log = status?.log;
    if (!log) {
      this.dispose();
      return;
    }
    this.item ??= vscode.languages.createLanguageStatusItem("buildxray.log", selector);
    this.item.name = vscode.l10n.t("Build log of this Dockerfile");
    const { text, detail } = logText(log, Date.now() / 1000);
    this.item.text = text;
    this.item.detail = detail;
    this.item.command = { title: vscode.l10n.t("Clear"), command: "buildxray.clearBuildLog" };
  }

  dispose(): void {
    this.item?.dispose();
    this.item = undefined;
  }
}
