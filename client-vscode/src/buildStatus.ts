/** The build that is shown, in the language status, with the command that chooses another one. */

import * as vscode from "vscode";
import { chooseBuildCommand } from "./capabilities";
import { selector } from "./documents";
import type { DocumentStatus } from "./server";

export class BuildStatus implements vscode.Disposable {
  private item: vscode.LanguageStatusItem | undefined;

  /** Show the build of the active document; empty if no file declares one. */
  show(status: DocumentStatus | undefined): void {
    if (!status?.build) {
      this.dispose();
      return;
    }
    this.item ??= vscode.languages.createLanguageStatusItem("buildxray.build", selector);
    this.item.name = vscode.l10n.t("Build of this Dockerfile");
    this.item.text = status.build;
    this.item.detail = vscode.l10n.t("Build of this Dockerfile");
    this.item.command = { title: vscode.l10n.t("Choose…"), command: chooseBuildCommand };
  }

  dispose(): void {
    this.item?.dispose();
    this.item = undefined;
  }
}
