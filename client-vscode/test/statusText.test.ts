import assert from "node:assert/strict";
import { test } from "node:test";
import { statusText } from "../src/statusText";

const status = {
  version: 1,
  uri: "file:///Dockerfile",
  targetPlatforms: ["linux/amd64", "linux/arm64"],
  buildPlatform: "linux/amd64",
  origin: "docker-bake.hcl, target `app`",
};

test("a running server shows the current platforms and their origin", () => {
  const shown = statusText({ kind: "running" }, status);
  assert.equal(shown.text, "linux/amd64, linux/arm64");
  assert.equal(shown.detail, "docker-bake.hcl, target app");
  assert.deepEqual([shown.command.command, shown.isBusy, shown.isError], ["buildxray.selectPlatforms", false, false]);
  assert.equal(statusText({ kind: "running" }, { ...status, origin: null }).detail, "default");
});

test("while the server starts, old platforms are not shown", () => {
  const shown = statusText({ kind: "starting" }, status);
  assert.deepEqual([shown.text, shown.isBusy, shown.isError], ["buildxray is starting", true, false]);
});

test("a failed server is shown as an error with a command that repairs it", () => {
  const failed = { kind: "failed", reason: "No Python." } as const;
  const shown = statusText({ ...failed, remedy: "getPython" }, status);
  assert.deepEqual([shown.isBusy, shown.isError, shown.command.command], [false, true, "buildxray.selectInterpreter"]);
  assert.equal(statusText({ ...failed, remedy: "restart" }, undefined).command.command, "buildxray.restart");
});
