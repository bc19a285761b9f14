import assert from "node:assert/strict";
import { test } from "node:test";
import { exportName, isFromPage, isRefused, keptState, opened, type PlanAnswer, planParameters, shown } from "../src/planMessages";
import { planPage } from "../src/planPage";

const answer: PlanAnswer = {
  version: 1,
  documentVersion: 3,
  targetPlatforms: ["linux/amd64"],
  knownPlatforms: ["linux/amd64"],
  error: null,
  svg: "<svg/>",
  markdown: "",
};
const broken = { ...answer, error: { message: "unknown instruction", line: 2 } };

test("a text with an error leaves the last good picture of the same build", () => {
  assert.equal(shown(answer, { key: "a" }, "a"), "picture");
  assert.equal(shown(broken, { key: "a" }, "a"), "last picture");
  assert.equal(shown(broken, { key: "a" }, "b"), "picture");
  assert.equal(shown(broken, undefined, "a"), "picture");
});

test("messages of the page are checked", () => {
  const good = [{ kind: "ready" }, { kind: "copy" }, { kind: "png", data: "" }, { kind: "reveal", line: 3 }, { kind: "platforms" }, { kind: "platforms", platforms: ["a"] }];
  assert.deepEqual(good.map(isFromPage), [true, true, true, true, true, true]);
  const bad = [null, 1, {}, { kind: "run" }, { kind: "reveal" }, { kind: "reveal", line: "1" }, { kind: "png" }, { kind: "platforms", platforms: [1] }];
  assert.deepEqual(bad.filter(isFromPage), []);
});

test("restored state is checked too", () => {
  const kept = { uri: "file:///x", platforms: ["a"], build: "app", zoom: 2, filter: "costly" };
  assert.deepEqual(keptState(kept), kept);
  assert.deepEqual(keptState({ uri: "file:///x", platforms: [1], build: 1, zoom: "2", filter: "x" }), { uri: "file:///x", platforms: undefined, build: undefined, zoom: undefined, filter: undefined });
  assert.deepEqual([keptState(undefined), keptState({ uri: 1 }), keptState("x")], [undefined, undefined, undefined]);
});

test("the build of a lens is requested, and kept while its document is shown", () => {
  const state = opened({ uri: "file:///other", platforms: ["a"] }, "file:///x", "docker-bake.hcl:app");
  assert.deepEqual(planParameters(state, "unstyled"), { textDocument: { uri: "file:///x" }, platforms: [], picture: "unstyled", build: "docker-bake.hcl:app" });
  const zoomed = { ...state, platforms: ["a"], zoom: 2 };
  assert.equal(opened(zoomed, "file:///x", "docker-bake.hcl:app"), zoomed);
});

test("another build resets the chosen platforms, and without a name the setting chooses", () => {
  const state = { uri: "file:///x", platforms: ["a"], build: "app" };
  assert.deepEqual(opened(state, "file:///x", "dev"), { uri: "file:///x", build: "dev" });
  assert.deepEqual(planParameters(opened(state, "file:///x", undefined), "unstyled"), { textDocument: { uri: "file:///x" }, platforms: [], picture: "unstyled" });
});

test("a missing build and a stopped server are different errors", () => {
  assert.deepEqual([{ code: -32602 }, { code: -32800 }, new Error("x"), null, "x"].map(isRefused), [true, false, false, false, false]);
});

test("a picture is named after its Dockerfile", () => {
  assert.equal(exportName("/a/b/Dockerfile.dev"), "Dockerfile.dev.plan.svg");
  assert.equal(exportName(""), "Dockerfile.plan.svg");
});

test("the policy of the page allows only its own script, and nothing inline", () => {
  const word = '"<b>&';
  const words = {
    platforms: word, asProject: word, zoomOut: word, zoomIn: word, fit: word, actualSize: word, exportPicture: word, copyMarkdown: word,
    search: word, filter: word, filters: { all: word, costly: word, emulated: word, repeated: word }, plan: word,
  };
  const page = planPage({ nonce: "n0", source: "vscode:", script: "vscode:/plan.js", styles: ["vscode:/plan.css"], words });
  assert.match(page, /default-src 'none'; img-src data:; style-src vscode:; script-src 'nonce-n0'"/);
  assert.doesNotMatch(page, /unsafe|<style| style=| on[a-z]+=|<b>/);
});
