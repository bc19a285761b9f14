// Makes the pictures of the plan view in docs/images, from a real VS Code with the packaged extension.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { platforms, quiet, Workbench } from "./workbench.mjs";

const images = fileURLToPath(new URL("../../../docs/images", import.meta.url));
const themes = { dark: "Default Dark Modern", light: "Default Light Modern" };
const tidy = {
  "breadcrumbs.enabled": false,
  "editor.codeLensFontSize": 12,
  "editor.cursorBlinking": "solid",
  "editor.fontSize": 13,
  "editor.occurrencesHighlight": "off",
  "editor.scrollBeyondLastLine": false,
  "problems.decorations.enabled": false,
  "workbench.activityBar.location": "top",
  "workbench.layoutControl.enabled": false,
};

async function take(window, path) {
  await window.openFile("Dockerfile.early-arg");
  await window.page.keyboard.press("Control+B");
  await window.page.locator(".codelens-decoration a").first().click();
  const plan = await window.plan();
  await window.page.locator(".monaco-editor .view-line").first().click();
  await window.goTo(7, 1);
  await plan.locator('.row.current[data-line="7"]').waitFor();
  await window.page.mouse.move(0, 0);
  await window.page.screenshot({ path, animations: "disabled" });
}

mkdirSync(images, { recursive: true });
for (const [theme, colors] of Object.entries(themes)) {
  const settings = { ...quiet, ...platforms, ...tidy, "workbench.colorTheme": colors };
  const workbench = await Workbench.start({ settings, viewport: { width: 1240, height: 740 }, scale: 2 });
  try {
    await take(await workbench.open(), join(images, `plan-view-${theme}.png`));
  } finally {
    await workbench.close();
  }
}
