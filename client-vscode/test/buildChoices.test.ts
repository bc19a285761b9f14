import assert from "node:assert/strict";
import { test } from "node:test";
import { buildChoices, isAutomatic } from "../src/buildChoices";

const status = { version: 1, uri: "file:///p/Dockerfile", targetPlatforms: [], buildPlatform: "linux/amd64", origin: null };
const build = (name: string, file: string) => ({ name, source: `file:///p/${file}`, line: 3, platforms: ["linux/arm64"] });

test("a build is chosen by its name, with its file if the name is not unique", () => {
  const builds = [build("app", "docker-bake.hcl"), build("dev", "docker-bake.hcl"), build("app", "my%20compose.yaml")];
  const choices = buildChoices({ ...status, build: "dev", builds });
  assert.deepEqual(choices.map((it) => it.value), ["docker-bake.hcl:app", "dev", "my compose.yaml:app"]);
  assert.deepEqual(choices.map((it) => it.place), ["docker-bake.hcl:3", "docker-bake.hcl:3", "my compose.yaml:3"]);
  assert.deepEqual(choices.map((it) => it.isShown), [false, true, false]);
});

test("a server that lists no builds offers none", () => {
  assert.deepEqual(buildChoices(status), []);
});

test("without a setting, and with `all`, the server chooses", () => {
  assert.deepEqual(["", "all", undefined, "app"].map(isAutomatic), [true, true, true, false]);
});
