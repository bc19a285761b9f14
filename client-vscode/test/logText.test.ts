import assert from "node:assert/strict";
import { test } from "node:test";
import { isBuildLog } from "../src/logFiles";
import { age, logText } from "../src/logText";

test("a log is shown with its seconds and its age", () => {
  const log = { name: "build.log", modified: 1_000, total: 111.876 };
  assert.deepEqual(logText(log, 1_000 + 3 * 3600), { text: "build.log: 111.9 s", detail: "3 hours old" });
  assert.equal(logText({ ...log, modified: null }, 0).detail, "");
});

test("an age is in the largest unit of which there are two", () => {
  assert.deepEqual([-5, 0, 119, 120, 7199, 7200, 172_799, 172_800].map(age), [
    "new", "new", "new", "2 minutes old", "119 minutes old", "2 hours old", "47 hours old", "2 days old",
  ]);
});

test("a dropped file is a build log if it has such a name", () => {
  assert.ok(["/a/b.dockerbuild", "/a/build.LOG", "/x.rawjson"].every(isBuildLog));
  assert.ok(!["/a/Dockerfile", "/a/x.png", "/dockerbuild", "/log"].some(isBuildLog));
});
