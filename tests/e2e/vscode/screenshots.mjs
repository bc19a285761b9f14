// Makes the pictures in docs/images, from a real VS Code with the packaged extension, in its dark and its light theme.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { platforms, quiet, Workbench } from "./workbench.mjs";

const images = fileURLToPath(new URL("../../../docs/images", import.meta.url));
const themes = { dark: "Default Dark Modern", light: "Default Light Modern" };
const viewport = { width: 980, height: 520 };
const tidy = {
  "breadcrumbs.enabled": false,
  "editor.codeLensFontSize": 12,
  "editor.cursorBlinking": "solid",
  "editor.fontSize": 14,
  "editor.lineHeight": 22,
  "editor.occurrencesHighlight": "off",
  "editor.renderLineHighlight": "none",
  "editor.scrollBeyondLastLine": false,
  "problems.decorations.enabled": false,
  "workbench.activityBar.location": "hidden",
  "workbench.layoutControl.enabled": false,
};

/** Keeps a part of a window, over its whole width. */
async function keep(window, name, { top = 0, bottom }) {
  const path = join(images, name);
  const clip = { x: 0, y: top, width: viewport.width, height: bottom - top };
  await window.page.screenshot({ path, clip, animations: "disabled" });
}

async function takeAll(window, theme) {
  await window.openFile("Dockerfile");
  await window.page.keyboard.press("Control+B");
  const problem = await window.hoverAt(1, 8, "so do all 3 RUN instructions of this stage");
  await problem.getByRole("button", { name: /^Quick Fix/ }).waitFor();
  await keep(window, `diagnostics-${theme}.png`, { bottom: 400 });

  await window.page.keyboard.press("Escape");
  await window.page.keyboard.press("Control+.");
  await window.page.locator(".action-widget").getByText("Cross-compile this stage").waitFor();
  await keep(window, `light-bulb-${theme}.png`, { bottom: 400 });

  await window.page.keyboard.press("Enter");
  await window.saved("Dockerfile");
  await window.page.locator(".codelens-decoration", { hasText: "10 steps" }).waitFor();
  const hover = await window.hoverAt(11, 29, "the architecture that is built for");
  await hover.locator("table").waitFor();
  await keep(window, `hover-${theme}.png`, { bottom: 470 });

  await window.page.keyboard.press("Escape");
  await window.status.click();
  await window.statusDetails.getByText("linux/amd64, linux/arm64").waitFor();
  await keep(window, `platforms-${theme}.png`, { top: 335, bottom: viewport.height });
}

mkdirSync(images, { recursive: true });
for (const [theme, colors] of Object.entries(themes)) {
  const settings = { ...quiet, ...platforms, ...tidy, "workbench.colorTheme": colors };
  const workbench = await Workbench.start({ settings, viewport, scale: 2 });
  try {
    await takeAll(await workbench.open(), theme);
  } finally {
    await workbench.close();
  }
}
