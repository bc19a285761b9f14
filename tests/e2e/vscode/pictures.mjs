// Shared by the scripts for docs/images: a tidy VS Code with the packaged extension, in its dark and its light theme.
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

/** Opens a window of that size in each theme, and takes pictures of it; `place` returns the path of a picture by its name. */
export async function inEachTheme(viewport, take, settings = {}) {
  mkdirSync(images, { recursive: true });
  for (const [theme, colors] of Object.entries(themes)) {
    const all = { ...quiet, ...platforms, ...tidy, ...settings, "workbench.colorTheme": colors };
    const workbench = await Workbench.start({ settings: all, viewport, scale: 2 });
    try {
      await take(await workbench.open(), (name) => join(images, `${name}-${theme}.png`));
    } finally {
      await workbench.close();
    }
  }
}
