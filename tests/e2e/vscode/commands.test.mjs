// The status item and the commands.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { greet, quiet, scenarios, until } from "./workbench.mjs";

const scenario = scenarios({ settings: { ...quiet, "buildxray.buildPlatform": "linux/amd64" } });

scenario("the status shows the platforms, and changes them", async (window) => {
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  await window.status.click();
  await window.statusDetails.getByText("linux/amd64, linux/arm64").waitFor();
  await window.statusDetails.getByText("Change…").click();
  const platform = (name) => window.page.locator(".quick-input-list .monaco-list-row", { hasText: name });
  await platform("linux/arm64").getByRole("checkbox").uncheck();
  await platform("linux/riscv64").getByRole("checkbox").check();
  await window.page.locator(".quick-input-widget").getByRole("button", { name: "OK" }).click();
  await window.hoverAt(1, 8, "runs under emulation for linux/riscv64");
  const written = JSON.parse(readFileSync(join(window.folder(), ".vscode/settings.json"), "utf8"));
  assert.deepEqual(written, { "buildxray.platforms": ["linux/amd64", "linux/riscv64"] });
});

scenario("one command applies all safe fixes", async (window) => {
  await window.openFile("Dockerfile.early-arg");
  await window.squiggles.first().waitFor();
  await window.command("buildxray: Fix All");
  assert.equal(await window.saved("Dockerfile.early-arg"), readFileSync(join(greet, "Dockerfile.cross"), "utf8"));
});

scenario("a command explains a rule", async (window) => {
  await window.openFile("Dockerfile");
  await window.command("buildxray: Open Rule Documentation…");
  await window.pick("emulated-build", "emulated-build");
  await window.page.locator(".tab.active", { hasText: "emulated-build" }).waitFor();
});
