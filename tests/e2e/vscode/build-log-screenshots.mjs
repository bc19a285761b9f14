// Makes the pictures of a build log in docs/images, from a real VS Code with the packaged extension: seconds on the lines, heat in the plan.
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
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  await window.openBuildLog(join(window.folder(), "build.log"));
  await window.page.locator(".view-line", { hasText: "arm64 101.4 s emulated" }).first().waitFor();
  await window.page.keyboard.press("Control+B");
  await window.page.locator(".codelens-decoration a").last().click();
  const plan = await window.plan();
  await plan.locator(".step.heat-5").waitFor();
  await window.page.locator(".monaco-editor .view-line").first().click();
  await window.goTo(10, 1);
  await plan.locator('.row.current[data-line="10"]').waitFor();
  await window.page.mouse.move(0, 0);
  await window.page.screenshot({ path, animations: "disabled" });
}

mkdirSync(images, { recursive: true });
for (const [theme, colors] of Object.entries(themes)) {
  const settings = { ...quiet, ...platforms, ...tidy, "workbench.colorTheme": colors };
  const workbench = await Workbench.start({ settings, viewport: { width: 1500, height: 780 }, scale: 2 });
  try {
    await take(await workbench.open(), join(images, `build-log-${theme}.png`));
  } finally {
    await workbench.close();
  }
}
