// A build log beside the lines of a Dockerfile: seconds, savings of an edit, heat in the plan, and clearing.
import assert from "node:assert/strict";
import { join } from "node:path";
import { scenarios } from "./workbench.mjs";

const scenario = scenarios();

scenario("a build log adds seconds to the lines, a fix is planned again, and clearing removes everything", async (window) => {
  const { page } = window;
  const seconds = page.locator(".view-line", { hasText: "arm64 101.4 s emulated" });
  const lens = page.locator(".codelens-decoration", { hasText: "build log" });
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  await window.openBuildLog(join(window.folder(), "build.log"));
  await seconds.first().waitFor();
  await lens.filter({ hasText: /build log \(.+\): 111\.9 s · the safe fixes save about 84 s of 110 s/ }).waitFor();

  await window.status.click();
  await window.statusDetails.getByText("build.log: 111.9 s").waitFor();
  await page.keyboard.press("Escape");

  await page.locator(".codelens-decoration a").last().click();
  const plan = await window.plan();
  await plan.locator(".step.heat-5.critical", { hasText: "101.4 s" }).waitFor();
  await page.locator(".monaco-editor .view-line").first().click();

  await window.goTo(1, 8);
  await window.quickFix("Cross-compile this stage: saves about 84 s of 110 s");
  await lens.filter({ hasText: "re-planned: saves about 84 s of 110 s" }).waitFor();
  await page.locator(".view-line", { hasText: "was 4.0 s · arm64 9.8 s emulated" }).waitFor();
  await plan.locator(".step.heat-5").waitFor({ state: "detached" });
  await plan.getByText("this text, estimated").waitFor();

  await window.command("Clear Build Log");
  await lens.waitFor({ state: "detached" });
  await plan.locator(".rail").first().waitFor({ state: "detached" });
  assert.equal(await seconds.count(), 0);
});

scenario("a build log that is dropped onto a Dockerfile is shown, and nothing is written into the text", async (window) => {
  const { page } = window;
  const lines = page.locator(".monaco-editor .view-line");
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  const file = page.locator(".explorer-folders-view .monaco-list-row", { hasText: "build.log" });
  const [from, to] = [await placeOf(file), await placeOf(lines.nth(3))];
  await page.mouse.move(from.x + 30, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 10, to.y - 40, { steps: 5 });
  // Without the shift key, VS Code opens the dropped file.
  await page.keyboard.down("Shift");
  await page.mouse.move(to.x + 30, to.y + to.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await page.locator(".codelens-decoration", { hasText: "build log" }).waitFor();
  assert.equal(await lines.filter({ hasText: "build.log" }).count(), 0);
  assert.match(await page.title(), /^Dockerfile/u, "the document is not changed");
});

/** The position of an element. Waits until it is drawn, because the editor redraws its lines with each hint. */
async function placeOf(locator) {
  for (;;) {
    await locator.waitFor();
    const box = await locator.boundingBox();
    if (box !== null) {
      return box;
    }
  }
}
