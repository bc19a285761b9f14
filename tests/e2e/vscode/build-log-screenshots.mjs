// Makes the pictures of a build log in docs/images, from a real VS Code with the packaged extension: seconds on the lines, heat in the plan.
import { join } from "node:path";
import { inEachTheme } from "./pictures.mjs";

async function take(window, place) {
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  await window.openBuildLog(join(window.folder(), "build.log"));
  await window.page.locator(".view-line", { hasText: "arm64 101.4 s emulated" }).first().waitFor();
  await window.page.keyboard.press("Control+B");
  await window.page.locator(".codelens-decoration a").last().click();
  const plan = await window.plan();
  await plan.locator(".step.heat-5").waitFor();
  await window.page.locator(".monaco-editor .view-line").first().click();
  await window.goTo(10, 1);
  await plan.locator('.row.current[data-line="10"]').waitFor();
  await window.page.mouse.move(0, 0);
  await window.page.screenshot({ path: place("build-log"), animations: "disabled" });
}

await inEachTheme({ width: 1500, height: 780 }, take);
