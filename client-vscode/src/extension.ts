/** Starts the server and gives its commands to the editor. */

import * as vscode from "vscode";
import { showPlanCommand } from "./planCommand";
import { PlanView } from "./planView";
import { Server } from "./server";

const restarting = ["buildxray.interpreter"];

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("buildxray", { log: true });
  const server = new Server(context.asAbsolutePath("bundled/launch.py"), log);
  const planView = new PlanView(context.extensionUri, server, (it) => it.languageId === "dockerfile", log);
  context.subscriptions.push(
    log,
    server,
    planView,
    vscode.commands.registerCommand(showPlanCommand, (uri?: string | vscode.Uri, line?: number) => planView.show(uri, line)),
    vscode.commands.registerCommand("buildxray.restart", () => server.restart()),
    vscode.commands.registerCommand("buildxray.showLog", () => { log.show(); }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (restarting.some((it) => event.affectsConfiguration(it))) {
        void server.restart();
      }
    }),
  );
  await server.restart();
}
