// A VS Code of its own with the packaged extension, in a headless browser.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tools = join(root, ".e2e");
const entry = join(tools, "code-server/node_modules/code-server/out/node/entry.js");
const artifacts = join(tools, "artifacts");
export const greet = join(root, "examples/greet");
export const patience = 60_000;

/** Settings that make pictures and timing equal on every machine. */
export const quiet = {
  "editor.fontFamily": "'DejaVu Sans Mono', monospace",
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "window.commandCenter": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};
export const platforms = {
  "buildxray.buildPlatform": "linux/amd64",
  "buildxray.platforms": ["linux/amd64", "linux/arm64"],
};

/**
 * Returns a function that declares a test with its own window; all tests of a file share one workbench.
 *
 * A scenario that fails is tried once more, in another window and on other copies of the files: on a busy machine VS Code
 * itself loses a key now and then. The first failure is printed with its picture, and a second one is final.
 */
export function scenarios(options = {}) {
  let workbench;
  before(async () => {
    workbench = await Workbench.start(options);
  });
  after(() => workbench?.close());
  return (name, ...rest) => {
    const run = rest.pop();
    const attempt = async () => {
      const window = await workbench.open(...rest);
      try {
        await run(window);
      } catch (error) {
        console.error(`${name}: screenshot: ${await window.keepPicture(name)}`);
        throw error;
      } finally {
        await window.close();
      }
    };
    test(name, { timeout: 8 * patience }, async () => {
      try {
        await attempt();
      } catch (error) {
        console.error(`${name}: tried once more, after ${error.stack}`);
        await attempt();
      }
    });
  };
}

export class Workbench {
  /** Starts a server with a new profile, isolated from the settings, programs and variables of this machine. */
  static async start({ settings = { ...quiet, ...platforms }, hasPython = true, locale = "en", ...view } = {}) {
    const scratch = mkdtempSync(join(tmpdir(), "buildxray-e2e-"));
    const [data, extensions, bin] = ["data", "extensions", "bin"].map((it) => join(scratch, it));
    for (const directory of [join(data, "User"), bin]) {
      mkdirSync(directory, { recursive: true });
    }
    writeFileSync(join(data, "User/settings.json"), JSON.stringify(settings));
    if (locale !== "en") {
      writeLanguagePack(data, locale);
    }
    if (hasPython) {
      symlinkSync(realpathSync(join(root, ".venv/bin/python")), join(bin, "python3"));
    }
    // Without VSCODE_CLI, VS Code starts a login shell to read its PATH.
    const environment = { HOME: scratch, LANG: "C.UTF-8", PATH: bin, VSCODE_CLI: "1" };
    const shared = ["--user-data-dir", data, "--extensions-dir", extensions, "--disable-telemetry", "--locale", locale];
    const install = ["--install-extension", join(tools, "buildxray.vsix")];
    execFileSync(process.execPath, [entry, ...shared, ...install], { stdio: "pipe", env: environment });
    const port = await freePort();
    const serving = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-update-check", ...shared];
    const server = spawn(process.execPath, [entry, ...serving], { stdio: "ignore", env: environment });
    const address = `http://127.0.0.1:${port}/`;
    await until(() => fetch(`${address}healthz`).then((answer) => answer.ok, () => false));
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
    });
    return new Workbench({ scratch, server, browser, view, address });
  }

  constructor(parts) {
    Object.assign(this, parts);
    this.windows = 0;
  }

  /** A window on copies of folders, each with its own settings: `{ name: settings }`; several make a multi-root workspace. */
  async open({ folders = { greet: {} } } = {}) {
    this.windows += 1;
    const place = join(this.scratch, `window-${this.windows}`);
    for (const [name, settings] of Object.entries(folders)) {
      cpSync(greet, join(place, name), { recursive: true });
      writeSettings(join(place, name), settings);
    }
    const names = Object.keys(folders);
    const query = new URLSearchParams();
    if (names.length === 1) {
      query.set("folder", join(place, names[0]));
    } else {
      const workspace = join(place, "all.code-workspace");
      writeFileSync(workspace, JSON.stringify({ folders: names.map((path) => ({ path })) }));
      query.set("workspace", workspace);
    }
    const { viewport = { width: 1280, height: 800 }, scale = 1 } = this.view;
    const page = await this.browser.newPage({ viewport, deviceScaleFactor: scale });
    await page.goto(`${this.address}?${query}`);
    const window = new Window(this, page, place);
    await window.ready();
    return window;
  }

  /** The processes of the language servers that run in this workbench. */
  languageServers() {
    return processes().filter(({ command }) => command.includes(this.scratch) && /launch\.py(?!.*--probe)/.test(command));
  }

  async close() {
    await this.browser.close();
    // The server keeps the processes of closed windows for hours, so that a window can reconnect.
    for (const { id } of processes().filter(({ command, home }) => command.includes(this.scratch) || home === this.scratch)) {
      kill(id);
    }
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One window, with the actions of a user and the visible texts. */
export class Window {
  constructor(workbench, page, place) {
    Object.assign(this, { workbench, page, place });
    page.setDefaultTimeout(patience);
    this.squiggles = page.locator(".monaco-editor .cdr[class*=squiggly]");
    this.status = page.locator("#status\\.languageStatus");
    this.statusDetails = page.locator(".hover-language-status");
    this.notification = page.locator(".notification-toast");
  }

  /** Waits until the files are listed; on a busy machine, VS Code may list them too early and never again. */
  async ready() {
    const files = this.page.locator(".explorer-folders-view .monaco-list-row");
    await until(async () => {
      const isThere = await appears(files, patience / 4);
      if (!isThere) {
        await this.page.reload();
      }
      return isThere;
    });
  }

  folder(name = "greet") {
    return join(this.place, name);
  }

  /** Opens a file by its name, with its folder where there are several. */
  async openFile(name) {
    await this.page.keyboard.press("Control+P");
    await this.pick(name, ...name.split("/"));
    await this.page.locator(`.monaco-editor.focused[data-uri$="/${name}"] .view-line`).first().waitFor();
  }

  /** Runs a command by its title. */
  async command(title) {
    await this.page.keyboard.press("F1");
    await this.pick(`>${title}`, title);
  }

  /** Shows the times of a build log, which is chosen in the dialog for files. */
  async openBuildLog(path) {
    await this.command("Open Build Log…");
    await this.pick("", "Open a file…");
    const input = this.page.locator(".quick-input-widget input");
    const title = this.page.locator(".quick-input-title", { hasText: "Build log of this Dockerfile" });
    await until(async () => {
      await input.fill(path);
      await this.page.keyboard.press("Enter");
      return title.waitFor({ state: "hidden", timeout: 3000 }).then(() => true, () => false);
    });
  }

  /** Types into the quick pick, and accepts the row that contains some texts. */
  async pick(typed, ...texts) {
    const row = this.#row(".quick-input-list", texts);
    await until(async () => {
      // A quick pick that replaces another one may swallow the first keys.
      await this.page.locator(".quick-input-widget input").fill(typed);
      return appears(row, 3000);
    });
    await this.#choose(row);
  }

  #row(list, texts) {
    const rows = this.page.locator(`${list} .monaco-list-row`);
    return texts.reduce((them, hasText) => them.filter({ hasText }), rows);
  }

  async #choose(row) {
    const chosen = row.and(this.page.locator(".focused"));
    await row.first().waitFor();
    await until(async () => {
      const isChosen = (await chosen.count()) > 0;
      await this.page.keyboard.press(isChosen ? "Enter" : "ArrowDown");
      return isChosen;
    });
  }

  /** Puts the cursor on a line and column, both from 1. */
  async goTo(line, column) {
    const place = this.page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line}, Col ${column}` });
    await until(async () => {
      await this.page.keyboard.press("Control+G");
      await this.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
      await this.page.keyboard.press("Enter");
      return appears(place, 5000);
    });
  }

  /** Shows the hover at a position, until it contains a text. */
  async hoverAt(line, column, text) {
    await this.goTo(line, column);
    const hover = this.page.locator(".monaco-hover:visible", { hasText: text });
    await until(async () => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Control+K");
      await this.page.keyboard.press("Control+I");
      return appears(hover, 1000);
    });
    return hover.first();
  }

  /** Opens the menu of the light bulb at the cursor and chooses in it. */
  async quickFix(title) {
    const row = this.#row(".action-widget", [title]);
    await this.ask("Control+.", row);
    await this.#choose(row);
  }

  /** Presses a key until its menu has entries: a menu that opens during the first analysis may stay empty. */
  async ask(key, locator) {
    await until(async () => {
      await this.page.keyboard.press(key);
      const isThere = await appears(locator, 5000);
      if (!isThere) {
        await this.page.keyboard.press("Escape");
      }
      return isThere;
    });
  }

  /** The page of the plan view, after its picture has been drawn. */
  async plan() {
    const page = this.page.locator("iframe.webview.ready").last().contentFrame().frameLocator("iframe#active-frame");
    await page.locator(".body .step").first().waitFor();
    return page;
  }

  /** Waits until the active file has changed, saves it, and returns its text. */
  async saved(name, folder) {
    await this.page.locator(".tab.active.dirty").waitFor();
    await this.page.keyboard.press("Control+S");
    await this.page.locator(".tab.active:not(.dirty)").waitFor();
    return readFileSync(join(this.folder(folder), name), "utf8");
  }

  /** Writes the settings of a folder. */
  changeSettings(settings, folder) {
    writeSettings(this.folder(folder), settings);
  }

  /** Takes a screenshot; returns its path. */
  async keepPicture(name) {
    mkdirSync(artifacts, { recursive: true });
    const path = join(artifacts, `${name.replaceAll(/\W+/g, "-")}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  async close() {
    await this.page.close();
  }
}

function writeSettings(folder, settings) {
  if (Object.keys(settings).length > 0) {
    mkdirSync(join(folder, ".vscode"), { recursive: true });
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify(settings));
  }
}

/** Options that set the language of VS Code; its own texts stay English, because npm has no language packs. */
function writeLanguagePack(data, locale) {
  const translations = join(data, "main.i18n.json");
  writeFileSync(translations, JSON.stringify({ contents: {} }));
  const extensions = [{ extensionIdentifier: { id: `language-pack.${locale}` }, version: "1.0.0" }];
  const pack = { hash: locale, extensions, translations: { vscode: translations }, label: locale };
  writeFileSync(join(data, "languagepacks.json"), JSON.stringify({ [locale]: pack }));
}

/** All processes of this machine, from /proc. */
function processes() {
  return readdirSync("/proc")
    .filter((it) => /^\d+$/.test(it))
    .flatMap((id) => {
      try {
        const [command, environment] = ["cmdline", "environ"].map((it) => readFileSync(`/proc/${id}/${it}`, "utf8"));
        const home = environment.split("\0").find((it) => it.startsWith("HOME="))?.slice("HOME=".length);
        return [{ id: Number(id), command: command.replaceAll("\0", " "), home }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Polls until a condition holds. */
export async function until(condition) {
  for (const deadline = Date.now() + patience; !(await condition()); ) {
    assert.ok(Date.now() < deadline, "waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** True if an element appears within some milliseconds. */
function appears(locator, timeout) {
  return locator.first().waitFor({ timeout }).then(() => true, () => false);
}

export function kill(id) {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    assert.equal(error.code, "ESRCH"); // it has ended by itself
  }
}
