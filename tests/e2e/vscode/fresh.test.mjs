// The extension in a new profile without settings.
import assert from "node:assert/strict";
import { scenarios } from "./workbench.mjs";

const scenario = scenarios({ settings: {} });

scenario("a first file is checked without any setting", async (window) => {
  await window.page.getByRole("button", { name: "Yes, I trust the authors" }).click();
  const file = window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: /^Dockerfile$/ });
  await file.waitFor();
  assert.deepEqual(window.workbench.languageServers(), [], "nothing starts before a Dockerfile is opened");
  const opened = performance.now();
  await file.click();
  await window.squiggles.first().waitFor();
  const seconds = (performance.now() - opened) / 1000;
  console.log(`from opening the first file to the first squiggle: ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 20);
  await window.hoverAt(1, 8, "`go build` runs under emulation");
});
