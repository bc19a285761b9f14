// General features of editors: completion, signatures, formatting, errors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { greet, scenarios } from "./workbench.mjs";

const scenario = scenarios();
const example = readFileSync(join(greet, "Dockerfile"), "utf8");

/** Opens the example, and waits until the server has seen it. */
async function open(window) {
  await window.openFile("Dockerfile");
  await window.page.locator(".codelens-decoration", { hasText: "16 steps" }).waitFor();
}

/** Puts the cursor into a new line at the end, and types there. */
async function append(window, text) {
  await open(window);
  await window.page.keyboard.press("Control+End");
  await window.page.keyboard.type(text);
}

/** Accepts the first completion, after checking its label. */
async function complete(window, label) {
  const row = window.page.locator(".suggest-widget.visible .monaco-list-row.focused", { hasText: label });
  await window.ask("Control+Space", row);
  await window.page.keyboard.press("Enter");
  await row.waitFor({ state: "hidden" });
}

scenario("instructions, flags and files are completed", async (window) => {
  await append(window, "COP");
  await complete(window, "COPY");
  await window.page.keyboard.type("--chm");
  await complete(window, "--chmod=");
  await window.page.keyboard.type("755 RE");
  await complete(window, "README.md");
  await window.page.keyboard.press("Escape");
  const text = await window.saved("Dockerfile");
  assert.match(text.slice(example.length), /^COPY --chmod=755 README\.md/);
});

scenario("the signature of an instruction is shown", async (window) => {
  await open(window);
  await window.goTo(1, 6);
  const signature = window.page.locator(".parameter-hints-widget:visible", { hasText: "FROM [--platform=platform] image[:tag]" });
  await window.ask("Control+Shift+Space", signature);
});

scenario("the document is formatted", async (window) => {
  await open(window);
  await window.goTo(1, 1);
  await window.page.keyboard.type("   ");
  await window.command("Format Document");
  await window.page.locator("#status\\.editor\\.selection", { hasText: "Ln 1, Col 1" }).waitFor();
  await window.page.keyboard.press("Control+S");
  await window.page.locator(".tab.active:not(.dirty)").waitFor();
  assert.equal(readFileSync(join(window.folder(), "Dockerfile"), "utf8"), example);
});

scenario("a build error is shown and repaired", async (window) => {
  await append(window, "RUNN make");
  await window.page.locator(".monaco-editor .cdr.squiggly-error").first().waitFor();
  await window.hoverAt(example.split("\n").length, 2, "unknown instruction `RUNN`; did you mean `RUN`?");
  await window.page.keyboard.press("Escape");
  await window.quickFix("Write `RUN`");
  await window.page.locator(".monaco-editor .cdr.squiggly-error").first().waitFor({ state: "detached" });
  const text = await window.saved("Dockerfile");
  assert.equal(text.slice(example.length), "RUN make");
});
