// The language of the editor, and that of the setting.
import { scenarios } from "./workbench.mjs";

const scenario = scenarios({ locale: "ja" });

scenario("the language of the editor", async (window) => {
  await window.openFile("Dockerfile");
  await window.hoverAt(1, 8, "エミュレーション");
  await window.page.keyboard.press("Escape");
  await window.ask("Control+.", window.page.locator(".action-widget").getByText("このステージをクロスコンパイル"));
});

scenario("the language of the setting", async (window) => {
  await window.openFile("Dockerfile");
  await window.hoverAt(1, 8, "エミュレーション");
  window.changeSettings({ "buildxray.locale": "en" });
  await window.hoverAt(1, 8, "runs under emulation for linux/arm64");
});
