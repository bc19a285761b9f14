// The build that a Dockerfile is shown for: chosen by the lens of line 1, and by the status.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quiet, scenarios, until } from "./workbench.mjs";

const scenario = scenarios({ settings: { ...quiet, "buildxray.buildPlatform": "linux/amd64" } });
const bake = `target "default" { platforms = ["linux/amd64", "linux/arm64"] }
target "arm" { platforms = ["linux/arm64"] }
`;

function written(window) {
  const path = join(window.folder(), ".vscode/settings.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

scenario("the lens and the status choose the build", async (window) => {
  writeFileSync(join(window.folder(), "docker-bake.hcl"), bake);
  const lens = (text) => window.page.locator(".codelens-decoration a", { hasText: text });
  await window.openFile("Dockerfile");
  await lens("default: linux/amd64, linux/arm64").click();
  await window.pick("arm", "arm", "linux/arm64", "docker-bake.hcl:2");
  await lens("arm: linux/arm64").waitFor();
  await until(() => written(window)["buildxray.build"] === "arm");
  await window.status.click();
  await window.statusDetails.getByText("Choose…").click();
  await window.pick("Auto", "Automatic");
  await lens("default: linux/amd64, linux/arm64").waitFor();
  await until(() => !("buildxray.build" in written(window)));
  assert.deepEqual(written(window), {});
});
