/** Drop a build log onto a Dockerfile: its times are shown, and the text is not changed. */

import * as vscode from "vscode";
import { selector } from "./documents";
import { isBuildLog } from "./logFiles";

export type ShowLog = (document: vscode.Uri, log: vscode.Uri) => Promise<void>;

/** Accept build logs that are dropped with the shift key; other files are left to VS Code. */
export function takeDroppedLogs(show: ShowLog): vscode.Disposable {
  return vscode.languages.registerDocumentDropEditProvider(selector, new Drops(show));
}

class Drops implements vscode.DocumentDropEditProvider {
  constructor(private readonly show: ShowLog) {}

  async provideDocumentDropEdits(
    document: vscode.TextDocument,
    _position: vscode.Position,
    dropped: vscode.DataTransfer,
  ): Promise<vscode.DocumentDropEdit | undefined> {
    const list = (await dropped.get("text/uri-list")?.asString()) ?? "";
    const uris = list.split(/\r?\n/).filter((it) => it !== "" && !it.startsWith("#"));
    const log = uris.map((it) => vscode.Uri.parse(it)).find((it) => isBuildLog(it.path));
    if (log === undefined) {
      return undefined;
    }
    void this.show(document.uri, log);
    // An edit that inserts nothing, not even the path.
    return new vscode.DocumentDropEdit("");
  }
}
