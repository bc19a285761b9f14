/** The life of the language server: start, stop, and restart after a crash. */

import { dirname } from "node:path";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
} from "vscode-languageclient/node";
import { capabilities } from "./capabilities";
import { selector } from "./documents";
import { type Candidate, missingMessage, serverCommand } from "./interpreter";
import { middleware, settings } from "./middleware";
import { showError, type Remedy } from "./notification";
import { findPython } from "./python";
import { tooMany, Restarts } from "./restarts";

/** A build of a Dockerfile that a project file declares. */
export interface DeclaredBuild {
  readonly name: string;
  /** The URI of the project file. */
  readonly source: string;
  /** The 1-based line. */
  readonly line: number;
  /** The platforms as written; empty if none is named. */
  readonly platforms: readonly string[];
}

/** The status of a document that the server sends; `docs/protocol.md` describes it. */
export interface DocumentStatus {
  readonly version: number;
  readonly uri: string;
  readonly targetPlatforms: readonly string[];
  readonly buildPlatform: string;
  readonly origin: string | null;
  /** The name of the shown build; null if no file declares one. */
  readonly build?: string | null;
  /** All distinct builds of the document. */
  readonly builds?: readonly DeclaredBuild[];
  /** The build log whose times are shown; `modified` is in seconds since 1970, `total` in seconds. */
  readonly log?: { readonly name: string; readonly modified: number | null; readonly total: number } | null;
}

/** The state of the server. */
export type State =
  | { readonly kind: "starting" | "running" }
  | { readonly kind: "failed"; readonly reason: string; readonly remedy: Remedy };

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private restarts = new Restarts();
  private pending: Promise<void> = Promise.resolve();
  private current: State = { kind: "starting" };
  private readonly changed = new vscode.EventEmitter<State>();
  private readonly statusEmitter = new vscode.EventEmitter<DocumentStatus>();

  /** Fires when `state` changes. */
  readonly onDidChangeState = this.changed.event;
  /** Fires when the server sends the status of a document. */
  readonly onDidTellStatus = this.statusEmitter.event;

  constructor(
    private readonly launcher: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get state(): State {
    return this.current;
  }

  /** Start the server, or restart a running one; concurrent calls wait for this one. */
  restart(): Promise<void> {
    this.restarts = new Restarts();
    return this.startInTurn();
  }

  /** Make the server request the settings again. */
  async refreshSettings(): Promise<void> {
    if (this.current.kind === "running") {
      await this.client?.sendNotification("workspace/didChangeConfiguration", { settings: null });
    }
  }

  /** The answer to one of our own requests; undefined if no server is running. */
  async request<Result>(method: string, params: object, token: vscode.CancellationToken): Promise<Result | undefined> {
    return this.current.kind === "running" ? this.client?.sendRequest<Result>(method, params, token) : undefined;
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
    this.statusEmitter.dispose();
  }

  /** A Python that has run the server before need not be probed again. */
  private startInTurn(proven?: Candidate): Promise<void> {
    this.pending = this.pending.then(async () => {
      await this.stop();
      await this.start(proven);
    });
    return this.pending;
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      this.log.debug(`The server was not there to be stopped: ${String(error)}`);
    }
  }

  private async start(proven: Candidate | undefined): Promise<void> {
    this.setState({ kind: "starting" });
    const python = proven ?? (await findPython(this.launcher, this.log));
    if (!("command" in python)) {
      this.fail(missingMessage(python, process.platform), python.length === 0 ? "getPython" : "selectInterpreter");
      return;
    }
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => { close = resolve; });
    const client = this.createClient(python, () => { close(); });
    this.client = client;
    const started = client.start().then(
      () => true,
      (error: unknown) => { this.log.error(`The server does not start: ${String(error)}`); return false; },
    );
    // The library does not always report a server that exits during its start as a failed start.
    if (await Promise.race([started, closed.then(() => false)])) {
      this.log.info("The server is running.");
      this.setState({ kind: "running" });
      void closed.then(() => { this.scheduleRestart(client, python); });
    } else {
      this.scheduleRestart(client, python);
    }
  }

  private createClient(python: Candidate, onClosed: () => void): LanguageClient {
    const executable = {
      ...serverCommand(python, this.launcher),
      options: { cwd: dirname(this.launcher) },
    };
    const client = new QuietClient("buildxray", "buildxray", executable, this.clientOptions(onClosed));
    client.registerFeature(capabilities);
    client.onNotification("buildxray/status", (status: DocumentStatus) => { this.statusEmitter.fire(status); });
    return client;
  }

  private clientOptions(onClosed: () => void): LanguageClientOptions {
    return {
      documentSelector: selector,
      initializationOptions: settings,
      initializationFailedHandler: () => false,
      outputChannel: this.log,
      traceOutputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          onClosed();
          return { action: CloseAction.DoNotRestart, handled: true, message: "The server has stopped." };
        },
      },
    };
  }

  /** After a crash of the current server, restart it after a delay, or give up. */
  private scheduleRestart(client: LanguageClient, python: Candidate): void {
    if (client !== this.client) {
      return;
    }
    const wait = this.restarts.afterCrash(Date.now());
    if (wait === undefined) {
      this.fail(vscode.l10n.t("The buildxray server has stopped {0} times in three minutes and stays off.", tooMany), "restart");
      return;
    }
    this.log.warn(`The server is started again in ${wait} ms.`);
    this.setState({ kind: "starting" });
    setTimeout(() => {
      if (client === this.client) {
        void this.startInTurn(python);
      }
    }, wait);
  }

  private fail(reason: string, remedy: Remedy): void {
    this.log.error(reason);
    this.setState({ kind: "failed", reason, remedy });
    showError(reason, remedy);
  }

  private setState(state: State): void {
    this.current = state;
    this.changed.fire(state);
  }
}

/** An error is shown once, by our notification with its actions, and not by the library too. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}
