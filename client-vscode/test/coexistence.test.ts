import assert from "node:assert/strict";
import { test } from "node:test";
import { leavesBuildChecks, leavesNames, offersGeneral, type Yielding, present } from "../src/coexistence";

const docker = "docker.docker";
const containers = "ms-azuretools.vscode-containers";
const situation = (installed: string[], navigation: Yielding = "auto") => ({
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

test("what every server offers yields to one that offers it", () => {
  const general = (installed: string[], setting: Yielding = "auto") =>
    offersGeneral({ isInstalled: (id: string) => installed.includes(id), general: setting });
  assert.equal(general([]), true);
  assert.equal(general([docker]), true);
  assert.equal(general([containers]), false);
  assert.equal(general([containers], "on"), true);
  assert.equal(general([], "off"), false);
});
