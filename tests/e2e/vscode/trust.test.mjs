// A folder that is not trusted.
import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { platforms, quiet, scenarios, until } from "./workbench.mjs";

const wary = { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" };
const scenario = scenarios({ settings: { ...quiet, ...platforms, ...wary } });

scenario("the interpreter of a folder runs only once the folder is trusted", async (window) => {
  const [interpreter, trace] = [join(window.folder(), "python"), join(window.folder(), "it-has-run")];
  writeFileSync(interpreter, `#!/bin/sh\n: > '${trace}'\nexec python3 "$@"\n`);
  chmodSync(interpreter, 0o755);
  window.changeSettings({ "buildxray.interpreter": interpreter });
  await window.page.getByText("Restricted Mode is intended for safe code browsing").waitFor();

  await window.openFile("Dockerfile");
  await window.hoverAt(1, 8, "runs under emulation for linux/arm64");
  assert.ok(!existsSync(trace));

  await window.command("Workspaces: Manage Workspace Trust");
  await window.page.getByRole("button", { name: "Trust", exact: true }).click();
  await until(() => existsSync(trace));
});
