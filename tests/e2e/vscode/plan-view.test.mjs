// The build plan as a picture in a real VS Code: opens from the lens, leads to lines, follows cursor, text and platforms.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, greet, openFile, openFolder, planOf } from "./workbench.mjs";

let session;
let plan;
before(async () => {
  session = await openFolder(greet, { viewport: { width: 1500, height: 900 } });
  const { page } = session;
  await openFile(page, "Dockerfile");
  await page.locator(".codelens-decoration a").first().click({ timeout: 60_000 });
  plan = await planOf(page);
});
after(async () => {
  await session?.close();
});

async function eventually(isSo) {
  for (let attempt = 0; !(await isSo()); attempt += 1) {
    assert.ok(attempt < 50, "never");
    await session.page.waitForTimeout(100);
  }
}

const total = (caption) => plan.locator(".total", { hasText: caption }).locator(".figure");
const row = (line) => plan.locator(`.row[data-line="${line}"]`);

test("the lens opens the plan", async () => {
  assert.equal(await total("steps").first().textContent(), "19");
  assert.equal(await total("emulated").textContent(), "3");
  assert.equal(await plan.locator(".body .step.emulated").count(), 3);
  await plan.locator('.row.current[data-line="1"]').waitFor();
});

test("no text leaves its box, whatever the font", async () => {
  const outside = await plan.locator(".body .step").evaluateAll((steps) =>
    steps.flatMap((step) => {
      const frame = step.querySelector(".frame").getBoundingClientRect();
      const texts = [...step.querySelectorAll("text")].map((it) => [it.textContent, it.getBoundingClientRect()]);
      return texts.filter(([, it]) => it.left < frame.left || it.right > frame.right).map(([text]) => text);
    }),
  );
  assert.deepEqual(outside, []);
});

test("a click on a step leads to its line", async () => {
  const { page } = session;
  await row(10).locator(".step").last().click();
  await page.locator('.statusbar-item:has-text("Ln 10")').waitFor({ timeout: 10_000 });
  await row(10).and(plan.locator(".current")).waitFor();
});

test("the keyboard walks from step to step, and Enter leads to the line", async () => {
  const { page } = session;
  const steps = plan.locator(".body .step");
  assert.equal(await plan.locator(".body .step[tabindex='0']").count(), 1);
  await steps.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  const focused = plan.locator(".step:focus");
  assert.match(await focused.getAttribute("aria-label"), /^stage build, line 3; WORKDIR \/src; for linux\/arm64;/);
  assert.match(await plan.locator("output").textContent(), /line 3/);
  await page.keyboard.press("Enter");
  await page.locator('.statusbar-item:has-text("Ln 3")').waitFor({ timeout: 10_000 });
});

test("the step of the cursor's line is marked and in sight", async () => {
  const { page } = session;
  await goTo(page, 13, 4);
  await row(13).and(plan.locator(".current")).waitFor({ timeout: 10_000 });
  await goTo(page, 8, 3);
  await row(6).and(plan.locator(".current")).waitFor({ timeout: 10_000 });
  assert.equal(await plan.locator(".row.current").count(), 1);
  await plan.locator("#zoom-in").click({ clickCount: 4 });
  await goTo(page, 11, 1);
  const isInSight = () => plan.locator(".row.current .step").first().evaluate((step) => {
    const [it, room] = [step.getBoundingClientRect(), document.querySelector("main").getBoundingClientRect()];
    return it.top >= room.top && it.bottom <= room.bottom && it.left < room.right && it.right > room.left;
  });
  await eventually(isInSight);
  await goTo(page, 3, 1);
  await eventually(isInSight);
  await plan.locator("#actual-size").click();
});

test("other platforms make another plan, and the way back is short", async () => {
  const asProject = await total("steps").first().textContent();
  await plan.locator("#platforms summary").click();
  await plan.getByLabel("linux/s390x").check();
  await plan.locator(".subtitle", { hasText: "linux/s390x" }).waitFor({ timeout: 10_000 });
  assert.ok(Number(await total("steps").first().textContent()) > Number(asProject));
  await plan.locator("#as-project").click();
  await plan.locator(".subtitle", { hasText: "linux/s390x" }).waitFor({ state: "detached", timeout: 10_000 });
  assert.equal(await total("steps").first().textContent(), asProject);
  await session.page.keyboard.press("Escape");
});

test("the picture follows typing, and stays while the text has an error", async () => {
  const { page } = session;
  await page.locator(".monaco-editor .view-line").first().click();
  await goTo(page, 1, 6);
  await page.keyboard.type("--platform=$BUILDPLATFORM ");
  await total("emulated").getByText("0", { exact: true }).waitFor({ timeout: 10_000 });
  await goTo(page, 12, 1);
  await page.keyboard.type("X");
  const notice = plan.locator("#notice");
  await notice.getByText(/before the error in line 12: unknown instruction `XFROM`/).waitFor({ timeout: 10_000 });
  assert.equal(await total("emulated").textContent(), "0");
  await page.keyboard.press("Backspace");
  await notice.waitFor({ state: "hidden", timeout: 10_000 });
});

test("the picture can be made to fit", async () => {
  const svg = plan.locator("main svg");
  const full = (await svg.boundingBox()).height;
  await plan.locator("#zoom-in").click();
  assert.ok((await svg.boundingBox()).height > full * 1.1);
  await plan.locator("#fit").click();
  const [shown, room] = [await svg.boundingBox(), await plan.locator("main").boundingBox()];
  assert.ok(shown.height <= room.height + 1 && shown.width <= room.width + 1);
});

test("the view is there again after a reload", async () => {
  await session.page.reload();
  plan = await planOf(session.page);
  assert.match(await plan.locator(".title").textContent(), /^Dockerfile$/);
});
