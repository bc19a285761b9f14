// Makes the pictures in docs/images, from a real VS Code with the packaged extension.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goTo, greet, openFile, openFolder } from "./workbench.mjs";

const images = fileURLToPath(new URL("../../../docs/images", import.meta.url));
const settings = {
  "breadcrumbs.enabled": false,
  "editor.codeLensFontSize": 12,
  "editor.fontSize": 14,
  "editor.lineHeight": 22,
  "editor.occurrencesHighlight": "off",
  "editor.renderLineHighlight": "none",
  "editor.scrollBeyondLastLine": false,
  "problems.decorations.enabled": false,
  "workbench.activityBar.location": "hidden",
  "workbench.layoutControl.enabled": false,
};

mkdirSync(images, { recursive: true });
const viewport = { width: 980, height: 520 };
const { page, close } = await openFolder(greet, { settings, viewport, scale: 2 });

async function take(name, height) {
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(images, `${name}.png`), clip: { x: 0, y: 0, width: viewport.width, height } });
}

async function hoverAt(line, column) {
  await goTo(page, line, column);
  await page.keyboard.press("Control+K");
  await page.keyboard.press("Control+I");
  await page.locator(".monaco-hover:visible").waitFor();
}

try {
  await openFile(page, "Dockerfile");
  await page.locator(".squiggly-warning").first().waitFor({ timeout: 60_000 });
  await page.keyboard.press("Control+B");
  await hoverAt(1, 8);
  await take("diagnostics", 400);

  await page.keyboard.press("Escape");
  await goTo(page, 1, 8);
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget").getByText("Cross-compile this stage").waitFor();
  await take("light-bulb", 400);

  await page.keyboard.press("Enter");
  await page.locator(".squiggly-warning").first().waitFor({ state: "detached" });
  await hoverAt(11, 29);
  await page.locator(".monaco-hover:visible table").waitFor();
  await take("hover", 470);

  await page.keyboard.press("Escape");
  await page.locator("#status\\.languageStatus").click();
  await page.locator(".hover-language-status").getByText("linux/amd64, linux/arm64").waitFor();
  await take("platforms", viewport.height);
} finally {
  await close();
}
