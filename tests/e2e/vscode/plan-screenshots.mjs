// Makes the pictures of the plan view in docs/images, from a real VS Code with the packaged extension.
import { inEachTheme } from "./pictures.mjs";

async function take(window, place) {
  await window.openFile("Dockerfile.early-arg");
  await window.page.keyboard.press("Control+B");
  await window.page.locator(".codelens-decoration a").first().click();
  const plan = await window.plan();
  await window.page.locator(".monaco-editor .view-line").first().click();
  await window.goTo(7, 1);
  await plan.locator('.row.current[data-line="7"]').waitFor();
  await window.page.mouse.move(0, 0);
  await window.page.screenshot({ path: place("plan-view"), animations: "disabled" });
}

await inEachTheme({ width: 1240, height: 740 }, take);
