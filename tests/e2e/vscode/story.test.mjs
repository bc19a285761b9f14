// The main job in a real VS Code: see what is emulated, read about it, fix it with the light bulb.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { editorText, goTo, greet, openFile, openFolder } from "./workbench.mjs";

let session;
before(async () => {
  session = await openFolder(greet);
});
after(async () => {
  await session?.close();
});

test("an emulated compiler is underlined, explained, and made native", { timeout: 180_000 }, async () => {
  const { page } = session;
  await openFile(page, "Dockerfile");
  const squiggle = page.locator(".monaco-editor .squiggly-warning");
  await squiggle.first().waitFor({ timeout: 60_000 });

  await goTo(page, 1, 8);
  await page.keyboard.press("Control+K");
  await page.keyboard.press("Control+I");
  const hover = page.locator(".monaco-hover:visible");
  await hover.getByText("runs under emulation for linux/arm64").waitFor({ timeout: 20_000 });
  await page.keyboard.press("Escape");

  await page.keyboard.press("Control+.");
  const action = page.locator(".action-widget").getByText("Cross-compile this stage");
  await action.waitFor({ timeout: 20_000 });
  await page.keyboard.press("Enter");
  await squiggle.first().waitFor({ state: "detached", timeout: 20_000 });
  const text = await editorText(page);
  assert.match(text, /^FROM --platform=\$BUILDPLATFORM golang/m);
  assert.match(text, /^ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=\$TARGETARCH go build/m);

  await goTo(page, 10, 8);
  await page.keyboard.press("Control+K");
  await page.keyboard.press("Control+I");
  await page.locator(".monaco-hover:visible table").waitFor({ timeout: 20_000 });
  assert.match(await hover.first().innerText(), /the architecture that is built for/);
});
