import assert from "node:assert/strict";
import { test } from "node:test";
import { platformChoices, removedFrom, writtenTo } from "../src/platformChoices";

test("the current platforms come first, each once", () => {
  const found = platformChoices(["linux/riscv64", "linux/amd64"], "");
  assert.deepEqual(found.slice(0, 3), ["linux/riscv64", "linux/amd64", "linux/arm64"]);
  assert.equal(new Set(found).size, found.length);
});

test("typed text is offered if it has the form of a platform", () => {
  const added = (typed: string): string[] => platformChoices([], typed).filter((it) => !platformChoices([], "").includes(it));
  assert.deepEqual(added(" Linux/loong64 "), ["linux/loong64"]);
  assert.deepEqual(added("linux/amd64/v3"), ["linux/amd64/v3"]);
  for (const typed of ["", "arm", "linux/", "linux/arm64", "linux arm64", "a/b/c/d"]) {
    assert.deepEqual(added(typed), []);
  }
});

test("the setting is written to the scope that applies", () => {
  assert.equal(writtenTo({}, 0), "global");
  assert.equal(writtenTo({ globalValue: [] }, 1), "workspace");
  assert.equal(writtenTo({ workspaceFolderValue: [] }, 1), "workspaceFolder");
  assert.equal(writtenTo({}, 2), "workspaceFolder");
  assert.equal(writtenTo({ workspaceValue: [] }, 0), "workspace");
});

test("it is removed from every scope", () => {
  assert.deepEqual(removedFrom({}), []);
  assert.deepEqual(removedFrom({ globalValue: [], workspaceFolderValue: ["linux/amd64"] }), ["workspaceFolder", "global"]);
});
