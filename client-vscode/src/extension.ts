/** Start the server and register its commands. */

import * as vscode from "vscode";
import { chooseBuildCommand, showPlanCommand } from "./capabilities";
import { present } from "./coexistence";
import { takeDroppedLogs } from "./dropLog";
import { PlanView } from "./planView";
import { Server } from "./server";
import { Status } from "./status";

const restarting = ["buildxray.interpreter"];

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("buildxray", { log: true });
  const launcher = context.asAbsolutePath("bundled/launch.py");
  const server = new Server(launcher, log);
  const status = new Status(server);
  const planView = new PlanView(context.extensionUri, server, (it) => it.languageId === "dockerfile", log);
  context.subscriptions.push(
    log,
    server,
    status,
    planView,
    vscode.commands.registerCommand(showPlanCommand, async (uri?: string | vscode.Uri, line?: unknown, build?: unknown) =>
      planView.show(uri, typeof line === "number" ? line : undefined, typeof build === "string" ? build : undefined)),
    vscode.commands.registerCommand(chooseBuildCommand, async (given?: unknown) => {
      const uri = typeof given === "string" ? vscode.Uri.parse(given, true) : vscode.window.activeTextEditor?.document.uri;
      await (await import("./chooseBuild")).chooseBuild(uri, uri === undefined ? undefined : status.of(uri));
    }),
    vscode.commands.registerCommand("buildxray.openBuildLog", async (uri?: vscode.Uri, file?: vscode.Uri) =>
      (await import("./buildLog")).openBuildLog(server, uri, file)),
    takeDroppedLogs(async (document, dropped) => (await import("./buildLog")).openBuildLog(server, document, dropped)),
    ...commands(context, log, server, status),
    ...listeners(log, server),
  );
  await server.restart();
}

function commands(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  server: Server,
  status: Status,
): vscode.Disposable[] {
  const launcher = context.asAbsolutePath("bundled/launch.py");
  const pages = vscode.Uri.joinPath(context.extensionUri, "bundled", "rules");
  const all: Record<string, () => unknown> = {
    restart: () => server.restart(),
    showLog: () => { log.show(); },
    fixAll: () => vscode.commands.executeCommand("editor.action.codeAction", { kind: "source.fixAll.buildxray", apply: "first" }),
    // Rarely used modules are loaded on first use.
    selectInterpreter: async () => (await import("./selectInterpreter")).selectInterpreter(launcher, log),
    selectPlatforms: async () => {
      const uri = vscode.window.activeTextEditor?.document.uri;
      await (await import("./selectPlatforms")).selectPlatforms(uri, uri === undefined ? undefined : status.of(uri));
    },
    clearBuildLog: async () => (await import("./buildLog")).clearBuildLog(server),
    openRulePage: async () => (await import("./rulePages")).openRulePage(pages),
  };
  return Object.entries(all).map(([name, run]) => vscode.commands.registerCommand(`buildxray.${name}`, run));
}

function listeners(log: vscode.LogOutputChannel, server: Server): vscode.Disposable[] {
  const others = (): string => present((id) => vscode.extensions.getExtension(id) !== undefined).join(", ");
  let known = others();
  return [
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (restarting.some((it) => event.affectsConfiguration(it))) {
        void server.restart();
      }
    }),
    vscode.extensions.onDidChange(() => {
      if (others() !== known) {
        known = others();
        log.info(`Other extensions for Dockerfiles: ${known === "" ? "none" : known}`);
        void server.refreshSettings();
      }
    }),
  ];
}
