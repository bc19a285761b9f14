// The build plan as a picture: opens from the lens, leads to lines, follows cursor, text and platforms.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scenarios, until } from "./workbench.mjs";

const scenario = scenarios({ viewport: { width: 1500, height: 900 } });

async function openPlan(window) {
  await window.openFile("Dockerfile");
  await window.page.locator(".codelens-decoration a").first().click();
  return window.plan();
}

const row = (plan, line) => plan.locator(`.row[data-line="${line}"]`);
const current = (plan, line) => row(plan, line).and(plan.locator(".current"));
const total = (plan, caption) => plan.locator(".total", { hasText: caption }).locator(".figure").first();
const number = async (plan, caption) => Number(await total(plan, caption).textContent());
const cursorIn = (window, line) => window.page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line}` }).waitFor();

scenario("the lens opens the plan", async (window) => {
  const plan = await openPlan(window);
  assert.equal(await number(plan, "steps"), 19);
  assert.equal(await number(plan, "emulated"), 3);
  assert.equal(await plan.locator(".body .step.emulated").count(), 3);
  await current(plan, 1).waitFor();
  const outside = await plan.locator(".body .step").evaluateAll((steps) =>
    steps.flatMap((step) => {
      const frame = step.querySelector(".frame").getBoundingClientRect();
      const texts = [...step.querySelectorAll("text")].map((it) => [it.textContent, it.getBoundingClientRect()]);
      return texts.filter(([, it]) => it.left < frame.left || it.right > frame.right).map(([text]) => text);
    }),
  );
  assert.deepEqual(outside, [], "no text leaves its box, whatever the font");
});

scenario("the lens of a stage leads to that stage", async (window) => {
  await window.openFile("Dockerfile");
  await window.page.locator(".codelens-decoration a").last().click();
  const plan = await window.plan();
  await current(plan, 12).waitFor();
  assert.equal(await plan.locator(".row.current").count(), 1);
});

scenario("a click on a step opens its line", async (window) => {
  const plan = await openPlan(window);
  await row(plan, 10).locator(".step").last().click();
  await cursorIn(window, 10);
  await current(plan, 10).waitFor();
});

scenario("the keyboard walks from step to step, and Enter leads to the line", async (window) => {
  const plan = await openPlan(window);
  assert.equal(await plan.locator(".body .step[tabindex='0']").count(), 1);
  await plan.locator("#export").focus();
  await window.page.keyboard.press("Tab");
  await window.page.keyboard.press("ArrowDown");
  await window.page.keyboard.press("ArrowRight");
  const said = /^stage build, line 3; WORKDIR \/src; for linux\/arm64;/;
  assert.match(await plan.locator(".step:focus").getAttribute("aria-label"), said);
  assert.match(await plan.locator("output").textContent(), said);
  await window.page.keyboard.press("Enter");
  await cursorIn(window, 3);
});

scenario("the step of the cursor's line is marked and in sight", async (window) => {
  const plan = await openPlan(window);
  await plan.locator("#zoom-in").click({ clickCount: 4 });
  await window.page.locator(".monaco-editor .view-line").first().click();
  for (const [line, shown] of [[11, 11], [8, 6], [1, 1]]) {
    await window.goTo(line, 1);
    await current(plan, shown).waitFor();
    assert.equal(await plan.locator(".row.current").count(), 1);
    await until(() =>
      plan.locator(".row.current .step").first().evaluate((step) => {
        const [it, room] = [step.getBoundingClientRect(), document.querySelector("main").getBoundingClientRect()];
        return it.top >= room.top && it.bottom <= room.bottom;
      }),
    );
  }
});

scenario("other platforms give another plan, and one click restores the former ones", async (window) => {
  const plan = await openPlan(window);
  await plan.locator("#platforms summary").click();
  await plan.getByLabel("linux/s390x").check();
  const subtitle = plan.locator(".subtitle", { hasText: "linux/s390x" });
  await subtitle.waitFor();
  assert.equal(await number(plan, "steps"), 28);
  assert.equal(await number(plan, "emulated"), 6);
  await plan.locator("#as-project").click();
  await subtitle.waitFor({ state: "detached" });
  assert.equal(await number(plan, "steps"), 19);
});

scenario("the picture follows typing, and stays while the text has an error", async (window) => {
  const plan = await openPlan(window);
  await window.page.locator(".monaco-editor .view-line").first().click();
  await window.goTo(1, 6);
  await window.page.keyboard.type("--platform=$BUILDPLATFORM ");
  await total(plan, "emulated").getByText("0", { exact: true }).waitFor();
  await window.goTo(12, 1);
  await window.page.keyboard.type("X");
  const notice = plan.locator("#notice", { hasText: "before the error in line 12: unknown instruction `XFROM`" });
  await notice.waitFor();
  assert.equal(await number(plan, "emulated"), 0);
  await window.page.keyboard.press("Backspace");
  await notice.waitFor({ state: "hidden" });
});

scenario("a command fits the picture into the view", async (window) => {
  const plan = await openPlan(window);
  const svg = plan.locator("main svg");
  const { height } = await svg.boundingBox();
  await plan.locator("#zoom-in").click();
  assert.ok((await svg.boundingBox()).height > height * 1.1);
  await plan.locator("#fit").click();
  const [shown, room] = [await svg.boundingBox(), await plan.locator("main").boundingBox()];
  assert.ok(shown.height <= room.height + 1 && shown.width <= room.width + 1);
});

scenario("the picture is saved as a self-contained file", async (window) => {
  const plan = await openPlan(window);
  await plan.locator("#export").click();
  const box = window.page.locator(".quick-input-widget input");
  await until(async () => /\/greet\/Dockerfile\.plan\.svg$/.test(await box.inputValue()));
  await box.press("Enter");
  const file = join(window.folder(), "Dockerfile.plan.svg");
  await until(() => existsSync(file) && readFileSync(file, "utf8").endsWith("</svg>"));
  assert.match(readFileSync(file, "utf8"), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<style>/);
});

scenario("a reload restores the view and the chosen platforms", async (window) => {
  let plan = await openPlan(window);
  await plan.locator("#platforms summary").click();
  await plan.getByLabel("linux/riscv64").check();
  await plan.locator(".subtitle", { hasText: "linux/riscv64" }).waitFor();
  // In a browser, VS Code saves its state every five seconds.
  await window.page.waitForTimeout(6000);
  await window.page.reload();
  plan = await window.plan();
  await plan.locator(".subtitle", { hasText: "linux/riscv64" }).waitFor();
});
