// A VS Code of its own with the packaged extension, in a headless browser.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const entry = join(root, ".e2e/code-server/node_modules/code-server/out/node/entry.js");
export const vsix = join(root, ".e2e/buildxray.vsix");
export const greet = join(root, "examples/greet");

const defaults = {
  "buildxray.buildPlatform": "linux/amd64",
  "buildxray.platforms": ["linux/amd64", "linux/arm64"],
  "editor.fontFamily": "'DejaVu Sans Mono', monospace",
  "editor.minimap.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "window.commandCenter": false,
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** Opens a copy of a folder; `close` ends everything that was started. */
export async function openFolder(folder, { settings = {}, viewport = { width: 1280, height: 800 }, scale = 1 } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), "buildxray-e2e-"));
  const copy = join(scratch, "greet");
  cpSync(folder, copy, { recursive: true });
  const data = join(scratch, "data");
  const extensions = join(scratch, "extensions");
  mkdirSync(join(data, "User"), { recursive: true });
  writeFileSync(join(data, "User/settings.json"), JSON.stringify({ ...defaults, ...settings }));
  const shared = ["--user-data-dir", data, "--extensions-dir", extensions, "--disable-telemetry"];
  const environment = { ...process.env, XDG_CONFIG_HOME: scratch, XDG_DATA_HOME: scratch };
  execFileSync(process.execPath, [entry, ...shared, "--install-extension", vsix], { stdio: "pipe", env: environment });
  const port = await freePort();
  const serving = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-update-check", ...shared];
  const server = spawn(process.execPath, [entry, ...serving], { stdio: "ignore", env: environment });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport, deviceScaleFactor: scale });
  await reachable(page, `http://127.0.0.1:${port}/?folder=${encodeURIComponent(copy)}`);
  await page.waitForSelector(".monaco-workbench .explorer-folders-view", { timeout: 60_000 });
  const close = async () => {
    await browser.close();
    server.kill();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  return { page, folder: copy, close };
}

/** Opens a file by name through the quick-open box. */
export async function openFile(page, name) {
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").fill(name);
  await page.locator(".quick-input-list .monaco-list-row").first().waitFor();
  await page.waitForTimeout(300);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".monaco-editor .view-line");
}

/** Puts the cursor on a line and column, both from 1. */
export async function goTo(page, line, column) {
  await page.keyboard.press("Control+G");
  await page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(200);
}

/** The text of the editor, as its lines show it. */
export async function editorText(page) {
  const lines = await page.$$eval(".monaco-editor .view-lines .view-line", (them) =>
    them
      .map((it) => ({ top: Number.parseInt(it.style.top, 10), text: it.textContent ?? "" }))
      .sort((one, other) => one.top - other.top)
      .map((it) => it.text.replaceAll("\u00a0", " ")),
  );
  return lines.join("\n");
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function reachable(page, url) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (attempt > 60) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
