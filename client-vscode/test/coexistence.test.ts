import assert from "node:assert/strict";
import { test } from "node:test";
import { leavesBuildChecks, leavesNames, offersGeneral, type Yielding, present } from "../src/coexistence";

const docker = "docker.docker";
const containers = "ms-azuretools.vscode-containers";
const situation = (installed: string[], navigation: Yielding = "auto") => ({
  isInstalled: (id: string) => installed.includes(id),
  navigation,
});

test("without other extensions, all features are on", () => {
  assert.equal(leavesBuildChecks(situation([])), false);
  assert.equal(leavesNames(situation([]), "file"), false);
});

test("beside Docker's extension, build checks are off and navigation is on", () => {
  assert.equal(leavesBuildChecks(situation([docker])), true);
  assert.equal(leavesNames(situation([docker]), "file"), false);
});

test("beside Microsoft's extension, navigation is off and build checks are on", () => {
  for (const id of [containers, "ms-azuretools.vscode-docker"]) {
    assert.equal(leavesBuildChecks(situation([id])), false);
    assert.equal(leavesNames(situation([id]), "file"), true);
  }
});

test("in files that the other extensions skip, navigation is on", () => {
  assert.equal(leavesNames(situation([containers]), "untitled"), false);
});

test("the setting overrides the detection", () => {
  assert.equal(leavesNames(situation([containers], "on"), "file"), false);
  assert.equal(leavesNames(situation([], "off"), "untitled"), true);
});

test("the extensions that are installed and active are detected", () => {
  assert.deepEqual(present((id) => id !== docker && id !== "unknown"), [containers, "ms-azuretools.vscode-docker"]);
});

test("general features are left to an extension that has them", () => {
  const general = (installed: string[], setting: Yielding = "auto") =>
    offersGeneral({ isInstalled: (id: string) => installed.includes(id), general: setting });
  assert.equal(general([]), true);
  assert.equal(general([docker]), true);
  assert.equal(general([containers]), false);
  assert.equal(general([containers], "on"), true);
  assert.equal(general([], "off"), false);
});
