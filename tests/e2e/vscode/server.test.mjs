// The process of the server: restarted, killed, and without what it needs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { kill, scenarios, until } from "./workbench.mjs";

const scenario = scenarios();

scenario("a command restarts the server", async (window) => {
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  const [before] = window.workbench.languageServers();
  await window.command("buildxray: Restart Server");
  await until(() => window.workbench.languageServers().some(({ id }) => id !== before.id));
  await until(() => !window.workbench.languageServers().some(({ id }) => id === before.id));
  await window.hoverAt(1, 8, "runs under emulation for linux/arm64");
});

scenario("a killed server is restarted", async (window) => {
  await window.openFile("Dockerfile");
  await window.squiggles.first().waitFor();
  const killed = window.workbench.languageServers().map(({ id }) => id);
  assert.notEqual(killed.length, 0);
  killed.forEach(kill);
  await until(() => window.workbench.languageServers().some(({ id }) => !killed.includes(id)));
  await window.goTo(1, 1);
  await window.page.keyboard.insertText("# more\n");
  await window.hoverAt(2, 8, "runs under emulation for linux/arm64");
});

scenario("a server that is killed repeatedly is not restarted, and the status says so", async (window) => {
  await window.openFile("Dockerfile");
  const end = window.notification.getByText("has stopped 5 times in three minutes and stays off");
  await until(async () => {
    window.workbench.languageServers().forEach(({ id }) => kill(id));
    return (await end.count()) > 0;
  });
  await window.notification.getByRole("button", { name: "Restart" }).click();
  await window.squiggles.first().waitFor();
});

const missing = { "buildxray.interpreter": "/nowhere/python" };
scenario("a missing interpreter is reported once", { folders: { greet: missing } }, async (window) => {
  await window.openFile("Dockerfile");
  await window.notification.getByText("/nowhere/python").waitFor();
  await window.notification.getByRole("button", { name: "Open Log" }).click();
  await window.page.locator(".output-view", { hasText: "/nowhere/python" }).first().waitFor();
  assert.equal(await window.notification.count(), 0);
});
