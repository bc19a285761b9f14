// A machine without Python.
import { scenarios } from "./workbench.mjs";

const scenario = scenarios({ hasPython: false });

scenario("without a Python, there is one notification", async (window) => {
  await window.openFile("Dockerfile");
  await window.notification.getByText("buildxray needs Python 3.10 or later").waitFor();
  await window.notification.getByRole("button", { name: "Get Python" }).waitFor();
  await window.notification.getByRole("button", { name: "Select Interpreter" }).click();
  await window.page.locator(".quick-input-list").getByText("Browse…").waitFor();
});
