// The main use: an emulated compiler is reported, explained, and fixed with the light bulb.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { greet, scenarios } from "./workbench.mjs";

const scenario = scenarios();

scenario("an emulated compiler is underlined, explained, and made native", async (window) => {
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  await window.hoverAt(1, 8, "so do all 3 RUN instructions of this stage");
  await window.page.keyboard.press("Escape");

  await window.quickFix("Cross-compile this stage");
  await window.squiggles.first().waitFor({ state: "detached" });
  assert.equal(await window.saved("Dockerfile"), readFileSync(join(greet, "Dockerfile.cross"), "utf8"));
});
