/** The language server as the editor runs it: starts, stops, comes back after a crash. */

import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  TransportKind,
} from "vscode-languageclient/node";
import { missingMessage, serverCommand } from "./interpreter";
import { showsPlans } from "./planCommand";
import { findPython } from "./python";
import { forgiven, Restarts } from "./restarts";

const languages = ["dockerfile", "containerfile"];
const schemes = ["file", "untitled"];

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private restarts = new Restarts();
  private pending: Promise<void> = Promise.resolve();

  constructor(
    private readonly launcher: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Start the server, anew if it runs already; starts that are asked for meanwhile wait for their turn. */
  restart(): Promise<void> {
    this.pending = this.pending.then(async () => {
      this.restarts = new Restarts();
      await this.stop();
      await this.start();
    });
    return this.pending;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      this.log.warn(`The server did not stop in order: ${String(error)}`);
    }
  }

  /** The answer to a request of our own; undefined while no server runs. */
  async request<Result>(method: string, params: object, token: vscode.CancellationToken): Promise<Result | undefined> {
    return this.client?.isRunning() === true ? this.client.sendRequest<Result>(method, params, token) : undefined;
  }

  dispose(): void {
    void this.stop();
  }

  private async start(): Promise<void> {
    const python = await findPython(this.log);
    if (!("command" in python)) {
      this.complain(missingMessage(python));
      return;
    }
    const { command, args } = serverCommand(python, this.launcher);
    const executable = { command, args, transport: TransportKind.stdio };
    this.client = new LanguageClient("buildxray", "buildxray", executable, this.clientOptions());
    this.client.registerFeature(showsPlans);
    try {
      await this.client.start();
      this.log.info("The server is running.");
    } catch (error) {
      this.complain(`The buildxray server does not start: ${String(error)}`);
    }
  }

  private clientOptions(): LanguageClientOptions {
    const documents = schemes.flatMap((scheme) => languages.map((language) => ({ scheme, language })));
    const patterns = ["**/{D,d}ockerfile*", "**/*.{D,d}ockerfile", "**/{C,c}ontainerfile*"];
    return {
      documentSelector: [...documents, ...patterns.map((pattern) => ({ scheme: "file", pattern }))],
      initializationOptions: vscode.workspace.getConfiguration("buildxray"),
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: this.errorHandler(),
      diagnosticCollectionName: "buildxray",
    };
  }

  private errorHandler(): ErrorHandler {
    return {
      error: () => ({ action: ErrorAction.Continue }),
      closed: async (): Promise<CloseHandlerResult> => {
        const wait = this.restarts.afterCrash(Date.now());
        if (wait === undefined) {
          this.complain(`The buildxray server has stopped ${forgiven + 1} times in three minutes and stays off.`);
          return { action: CloseAction.DoNotRestart, handled: true };
        }
        this.log.error("The server has stopped; it is started again.");
        await new Promise((resolve) => setTimeout(resolve, wait));
        return { action: CloseAction.Restart, handled: true };
      },
    };
  }

  /** One notification with what can be done about it. */
  private complain(message: string): void {
    this.log.error(message);
    const actions = { "Select Interpreter": selectInterpreter, "Open Log": () => { this.log.show(); } };
    void vscode.window.showErrorMessage(message, ...Object.keys(actions)).then((chosen) => {
      if (chosen === "Select Interpreter" || chosen === "Open Log") {
        actions[chosen]();
      }
    });
  }
}

function selectInterpreter(): void {
  void vscode.commands.executeCommand("workbench.action.openSettings", "buildxray.interpreter");
}
