import assert from "node:assert/strict";
import { test } from "node:test";
import { leavesBuildChecks, leavesNames, type Navigation, present } from "../src/coexistence";

const docker = "docker.docker";
const containers = "ms-azuretools.vscode-containers";
const situation = (installed: string[], navigation: Navigation = "auto") => ({
  isInstalled: (id: string) => installed.includes(id),
  navigation,
});

test("alone, nothing is left out", () => {
  assert.equal(leavesBuildChecks(situation([])), false);
  assert.equal(leavesNames(situation([]), "file"), false);
});

test("Docker's extension runs the build checks, and knows no names", () => {
  assert.equal(leavesBuildChecks(situation([docker])), true);
  assert.equal(leavesNames(situation([docker]), "file"), false);
});

test("Microsoft's extension knows names, and runs no build checks", () => {
  for (const id of [containers, "ms-azuretools.vscode-docker"]) {
    assert.equal(leavesBuildChecks(situation([id])), false);
    assert.equal(leavesNames(situation([id]), "file"), true);
  }
});

test("where the others do not look, names are offered", () => {
  assert.equal(leavesNames(situation([containers]), "untitled"), false);
});

test("the user decides", () => {
  assert.equal(leavesNames(situation([containers], "on"), "file"), false);
  assert.equal(leavesNames(situation([], "off"), "untitled"), true);
});

test("who is present is told apart", () => {
  assert.deepEqual(present((id) => id !== docker && id !== "unknown"), [containers, "ms-azuretools.vscode-docker"]);
});
