// Makes the pictures in docs/images, from a real VS Code with the packaged extension, in its dark and its light theme.
import { inEachTheme } from "./pictures.mjs";

const viewport = { width: 980, height: 520 };
const settings = {
  "editor.fontSize": 14,
  "editor.lineHeight": 22,
  "editor.renderLineHighlight": "none",
  "workbench.activityBar.location": "hidden",
};

/** Crops a picture to a range of heights. */
async function keep(window, path, { top = 0, bottom }) {
  const clip = { x: 0, y: top, width: viewport.width, height: bottom - top };
  await window.page.screenshot({ path, clip, animations: "disabled" });
}

async function takeAll(window, place) {
  await window.openFile("Dockerfile");
  await window.page.keyboard.press("Control+B");
  const problem = await window.hoverAt(1, 8, "so do all 3 RUN instructions of this stage");
  await problem.getByRole("button", { name: /^Quick Fix/ }).waitFor();
  await keep(window, place("diagnostics"), { bottom: 400 });

  await window.page.keyboard.press("Escape");
  await window.page.keyboard.press("Control+.");
  await window.page.locator(".action-widget").getByText("Cross-compile this stage").waitFor();
  await keep(window, place("light-bulb"), { bottom: 400 });

  await window.page.keyboard.press("Enter");
  await window.saved("Dockerfile");
  await window.page.locator(".codelens-decoration", { hasText: "10 steps" }).waitFor();
  const hover = await window.hoverAt(11, 29, "the architecture that is built for");
  await hover.locator("table").waitFor();
  await keep(window, place("hover"), { bottom: 470 });

  await window.page.keyboard.press("Escape");
  await window.status.click();
  await window.statusDetails.getByText("linux/amd64, linux/arm64").waitFor();
  await keep(window, place("platforms"), { top: 335, bottom: viewport.height });
}

await inEachTheme(viewport, takeAll, settings);
