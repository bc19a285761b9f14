/** The picture of a plan beside the editor; it follows text and cursor, and a click on a step goes to its line. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import {
  exportName,
  isFromPage,
  isRefused,
  type KeptState,
  keptState,
  opened,
  type PlanAnswer,
  planParameters,
  shown,
  type ToPage,
} from "./planMessages";
import { planPage } from "./planPage";

export const viewType = "buildxray.plan";
const pauseInMilliseconds = 150;

/** Sends requests to the server. */
export interface Requests {
  request<Result>(method: string, params: object, token: vscode.CancellationToken): Promise<Result | undefined>;
}

/** The only view, which follows the active Dockerfile. */
export class PlanView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private state: KeptState = { uri: "" };
  private last: { readonly key: string; readonly message: ToPage } | undefined;
  /** The last message that marks a line; sent again after the page is reloaded. */
  private cursor: ToPage | undefined;
  private timer: NodeJS.Timeout | undefined;
  private question: vscode.CancellationTokenSource | undefined;
  /** The file for the PNG that the page is drawing. */
  private pngTarget: vscode.Uri | undefined;
  private readonly listeners: vscode.Disposable[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Requests,
    private readonly isDockerfile: (document: vscode.TextDocument) => boolean,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listeners = [
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          await this.restore(panel, keptState(state));
        },
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => { this.updateSoon(document.uri); }),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => { uris.forEach((it) => { this.updateSoon(it); }); }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => { this.follow(textEditor); }),
      vscode.window.onDidChangeActiveTextEditor((editor) => { this.onActiveEditorChanged(editor); }),
    ];
  }

  /**
   * Show the plan of a document, by default the active one. `line` (0-based) is the line to reveal; `build` is in the syntax of the
   * setting `buildxray.build`, which applies if it is left out.
   */
  async show(uri?: string | vscode.Uri, line?: number, build?: string): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri;
    const wanted = typeof uri === "string" ? vscode.Uri.parse(uri, true) : (uri ?? active);
    if (wanted === undefined) {
      return;
    }
    this.state = opened(this.state, wanted.toString(), build);
    // A pending answer may belong to another build.
    this.question?.cancel();
    this.cursor = undefined;
    await this.openForServer(wanted);
    if (this.panel === undefined) {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this.adopt(vscode.window.createWebviewPanel(viewType, "", place));
    } else {
      this.panel.reveal(undefined, true);
    }
    await this.update();
    this.mark(line ?? editorOf(wanted)?.selection.active.line);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.question?.dispose();
    this.panel?.dispose();
    vscode.Disposable.from(...this.listeners).dispose();
  }

  private get uri(): vscode.Uri {
    return vscode.Uri.parse(this.state.uri);
  }

  private async restore(panel: vscode.WebviewPanel, state: KeptState | undefined): Promise<void> {
    if (state === undefined || this.panel !== undefined) {
      panel.dispose();
      return;
    }
    this.state = state;
    this.adopt(panel);
    await this.openForServer(this.uri);
  }

  /** The server only plans open documents, but a Bake file may link to a Dockerfile that is not open. */
  private async openForServer(uri: vscode.Uri): Promise<void> {
    try {
      await vscode.workspace.openTextDocument(uri);
    } catch (error) {
      this.log.debug(`The Dockerfile of the plan is gone: ${String(error)}`);
    }
  }

  private adopt(panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const resource = (...path: string[]): vscode.Uri => vscode.Uri.joinPath(this.extension, ...path);
    this.panel = panel;
    this.last = undefined;
    panel.iconPath = resource("images", "icon.png");
    webview.options = { enableScripts: true, localResourceRoots: [resource("media"), resource("dist")] };
    webview.onDidReceiveMessage((message: unknown) => this.answer(message));
    panel.onDidDispose(() => {
      if (this.panel === panel) {
        this.panel = undefined;
      }
    });
    this.setTitle();
    webview.html = planPage({
      nonce: randomBytes(16).toString("hex"),
      source: webview.cspSource,
      script: webview.asWebviewUri(resource("dist", "plan.js")).toString(),
      styles: ["plan.css", "view.css"].map((it) => webview.asWebviewUri(resource("media", it)).toString()),
      words: words(),
    });
  }

  private async answer(message: unknown): Promise<void> {
    if (!isFromPage(message)) {
      return;
    }
    switch (message.kind) {
      case "ready":
        // A page that becomes visible again has lost its state.
        if (this.last === undefined) {
          await this.update();
        } else {
          this.tell(this.last.message);
        }
        if (this.cursor === undefined) {
          this.follow(editorOf(this.uri));
        } else {
          this.tell(this.cursor);
        }
        break;
      case "reveal":
        await this.reveal(message.line);
        break;
      case "platforms":
        this.state = { ...this.state, platforms: message.platforms };
        await this.update();
        break;
      case "export":
        await this.export();
        break;
      case "copy":
        await this.copyMarkdown();
        break;
      case "png":
        await this.writePng(message.data);
        break;
    }
  }

  private onActiveEditorChanged(editor: vscode.TextEditor | undefined): void {
    if (this.panel === undefined || editor === undefined || !this.isDockerfile(editor.document)) {
      return;
    }
    const uri = editor.document.uri.toString();
    if (uri !== this.state.uri) {
      this.state = { uri };
      this.setTitle();
      void this.update().then(() => { this.follow(editor); });
    }
  }

  private follow(editor: vscode.TextEditor | undefined): void {
    if (editor !== undefined && editor.document.uri.toString() === this.state.uri) {
      this.mark(editor.selection.active.line);
    }
  }

  private mark(line: number | undefined): void {
    if (line !== undefined) {
      this.cursor = { kind: "cursor", line: line + 1 };
      this.tell(this.cursor);
    }
  }

  private updateSoon(uri: vscode.Uri): void {
    if (this.panel !== undefined && uri.toString() === this.state.uri) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { void this.update(); }, pauseInMilliseconds);
    }
  }

  private async ask(picture: "standalone" | "unstyled", token: vscode.CancellationToken): Promise<PlanAnswer | undefined> {
    const state = this.state;
    try {
      return (await this.server.request<PlanAnswer | null>("buildxray/plan", planParameters(state, picture), token)) ?? undefined;
    } catch (error) {
      if (token.isCancellationRequested) {
        return undefined;
      }
      this.log.warn(`The server gives no plan: ${String(error)}`);
      if (state.build === undefined || state !== this.state || !isRefused(error)) {
        return undefined;
      }
      // The file with the build has changed, but the Dockerfile still has a plan.
      this.state = { ...state, build: undefined };
      return this.ask(picture, token);
    }
  }

  private async update(): Promise<void> {
    clearTimeout(this.timer);
    if (this.panel === undefined) {
      return;
    }
    this.question?.cancel();
    this.question?.dispose();
    const { token } = (this.question = new vscode.CancellationTokenSource());
    const answer = await this.ask("unstyled", token);
    if (answer === undefined || token.isCancellationRequested) {
      return;
    }
    const state = this.state;
    this.setTitle();
    const key = JSON.stringify([state.uri, state.platforms, state.build]);
    if (shown(answer, this.last, key) === "last picture" && answer.error !== null) {
      const { message, line } = answer.error;
      this.tell({ kind: "notice", text: vscode.l10n.t("This is the plan before the error in line {0}: {1}", line, message), line });
      return;
    }
    const { svg, targetPlatforms, knownPlatforms } = answer;
    const picture: ToPage = { kind: "plan", state, svg, targetPlatforms, knownPlatforms };
    if (answer.error === null || this.last?.key !== key) {
      this.last = { key: answer.error === null ? key : "", message: picture };
    }
    this.tell(picture);
  }

  private async reveal(line: number): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.uri);
    const viewColumn = editorOf(this.uri)?.viewColumn ?? vscode.ViewColumn.One;
    const { range } = document.lineAt(Math.min(Math.max(line, 1), document.lineCount) - 1);
    await vscode.window.showTextDocument(document, { viewColumn, selection: range });
  }

  private async export(): Promise<void> {
    const folder = vscode.Uri.joinPath(this.uri, "..");
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(folder, exportName(this.uri.path)),
      filters: { SVG: ["svg"], PNG: ["png"] },
    });
    if (target === undefined) {
      return;
    }
    const answer = await this.ask("standalone", new vscode.CancellationTokenSource().token);
    if (answer === undefined) {
      void vscode.window.showErrorMessage(vscode.l10n.t("The server gives no plan to save."));
    } else if (target.path.toLowerCase().endsWith(".png")) {
      this.pngTarget = target;
      this.tell({ kind: "rasterize", svg: answer.svg });
    } else {
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(answer.svg));
    }
  }

  private async writePng(data: string): Promise<void> {
    const target = this.pngTarget;
    this.pngTarget = undefined;
    if (target === undefined) {
      return;
    }
    if (data === "") {
      void vscode.window.showErrorMessage(vscode.l10n.t("This picture cannot be saved as PNG; SVG is not limited in size."));
    } else {
      await vscode.workspace.fs.writeFile(target, new Uint8Array(Buffer.from(data, "base64")));
    }
  }

  private async copyMarkdown(): Promise<void> {
    const answer = await this.ask("unstyled", new vscode.CancellationTokenSource().token);
    if (answer !== undefined) {
      await vscode.env.clipboard.writeText(answer.markdown);
      vscode.window.setStatusBarMessage(vscode.l10n.t("The plan is in the clipboard as Markdown."), 4000);
    }
  }

  private setTitle(): void {
    if (this.panel !== undefined) {
      this.panel.title = vscode.l10n.t("Plan of {0}", this.uri.path.split("/").at(-1) ?? "");
    }
  }

  private tell(message: ToPage): void {
    void this.panel?.webview.postMessage(message);
  }
}

function editorOf(uri: vscode.Uri): vscode.TextEditor | undefined {
  const open = vscode.window.visibleTextEditors.filter((it) => it.document.uri.toString() === uri.toString());
  return open.find((it) => it === vscode.window.activeTextEditor) ?? open[0];
}

function words(): Parameters<typeof planPage>[0]["words"] {
  return {
    plan: vscode.l10n.t("Build plan"),
    platforms: vscode.l10n.t("Target platforms"),
    asProject: vscode.l10n.t("As the project builds it"),
    zoomOut: vscode.l10n.t("Zoom out"),
    zoomIn: vscode.l10n.t("Zoom in"),
    fit: vscode.l10n.t("Fit"),
    actualSize: vscode.l10n.t("Actual size"),
    exportPicture: vscode.l10n.t("Export…"),
    copyMarkdown: vscode.l10n.t("Copy as Markdown"),
    search: vscode.l10n.t("Find a step"),
    filter: vscode.l10n.t("Steps in sight"),
    filters: {
      all: vscode.l10n.t("All steps"),
      costly: vscode.l10n.t("Emulated or repeated"),
      emulated: vscode.l10n.t("Emulated"),
      repeated: vscode.l10n.t("Repeated without need"),
    },
  };
}
