// What is said in another language.
import { platforms, quiet, scenarios } from "./workbench.mjs";

const scenario = scenarios({ settings: { ...quiet, ...platforms, "buildxray.locale": "ja" } });

scenario("the language of the setting", async (window) => {
  await window.openFile("Dockerfile");
  const hover = await window.hoverAt(1, 8, "エミュレーション");
  await hover.getByText("ステージ").first().waitFor();
  await window.page.keyboard.press("Escape");
  await window.page.keyboard.press("Control+.");
  await window.page.locator(".action-widget").getByText("クロスコンパイル").first().waitFor();
});
