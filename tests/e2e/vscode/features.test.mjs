// Hovers, hints and lenses, in files, folders and unsaved documents.
import assert from "node:assert/strict";
import { scenarios } from "./workbench.mjs";

const scenario = scenarios();
const riscv = { "buildxray.platforms": ["linux/amd64", "linux/riscv64"] };

scenario("the hover on an argument is a table of its values", async (window) => {
  await window.openFile("Dockerfile.cross");
  const hover = await window.hoverAt(10, 8, "the architecture that is built for");
  const rows = await hover.locator("tbody tr").allInnerTexts();
  assert.deepEqual(rows.map((it) => it.split(/\s+/).slice(0, 3)), [
    ["linux/amd64", "amd64", "x86_64"],
    ["linux/arm64", "arm64", "aarch64"],
  ]);
});

scenario("the cost of RUN instructions and stages is shown beside them", async (window) => {
  await window.openFile("Dockerfile");
  await window.page.locator(".codelens-decoration", { hasText: "16 steps · 3 emulated" }).waitFor();
  const hint = window.page.locator(".view-line", { hasText: "RUN test -s" }).getByText("×2  emulated: linux/arm64");
  await hint.waitFor();
});

scenario("other platforms change the findings", async (window) => {
  await window.openFile("Dockerfile");
  await window.hoverAt(1, 8, "emulation for linux/arm64");
  window.changeSettings(riscv);
  await window.hoverAt(1, 8, "emulation for linux/riscv64");
  window.changeSettings({ "buildxray.platforms": ["linux/amd64"] });
  await window.squiggles.first().waitFor({ state: "detached" });
});

scenario("each folder has its own platforms", { folders: { here: {}, there: riscv } }, async (window) => {
  await window.openFile("here/Dockerfile");
  await window.hoverAt(1, 8, "emulation for linux/arm64");
  await window.openFile("there/Dockerfile");
  await window.hoverAt(1, 8, "emulation for linux/riscv64");
});

scenario("a document without a file is checked too", async (window) => {
  await window.command("File: New Untitled Text File");
  await window.command("Change Language Mode");
  await window.pick("dockerfile", "Docker");
  await window.page.locator("#status\\.editor\\.mode", { hasText: "Docker" }).waitFor();
  await window.page.locator(".monaco-editor.focused").waitFor();
  await window.page.keyboard.insertText("FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n");
  await window.hoverAt(1, 8, "emulation for linux/arm64");
});
