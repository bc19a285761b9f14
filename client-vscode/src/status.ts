/** The current platforms and the state of the server, in the language status of the editor. */

import * as vscode from "vscode";
import { BuildStatus } from "./buildStatus";
import { selector } from "./documents";
import { LogStatus } from "./logStatus";
import type { DocumentStatus, Server } from "./server";
import { statusText } from "./statusText";

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("buildxray.platforms", selector);
  private readonly build = new BuildStatus();
  private readonly log = new LogStatus();
  private readonly documents = new Map<string, DocumentStatus>();
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.item.name = "buildxray";
    this.listeners = [
      server.onDidChangeState(() => { this.show(); }),
      server.onDidTellStatus((status) => {
        this.documents.set(vscode.Uri.parse(status.uri).toString(), status);
        this.show();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => { this.show(); }),
      vscode.workspace.onDidCloseTextDocument((document) => { this.documents.delete(document.uri.toString()); }),
    ];
    this.show();
  }

  /** The last status of a document from the server. */
  of(uri: vscode.Uri): DocumentStatus | undefined {
    return this.documents.get(uri.toString());
  }

  dispose(): void {
    vscode.Disposable.from(...this.listeners, this.item, this.build, this.log).dispose();
  }

  private show(): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const status = uri === undefined ? undefined : this.of(uri);
    const { text, detail, command, isBusy, isError } = statusText(this.server.state, status);
    this.item.text = text;
    this.item.detail = detail;
    this.item.command = command;
    this.item.busy = isBusy;
    this.item.severity = isError ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.build.show(status);
    this.log.show(status);
  }
}
