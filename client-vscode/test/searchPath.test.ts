import assert from "node:assert/strict";
import { test } from "node:test";
import { onPath } from "../src/searchPath";

const all = (): boolean => true;

test("all executables of a name are found, in order and once", () => {
  const isThere = (path: string): boolean => path !== "/opt/bin/python3";
  assert.deepEqual(onPath("python3", "/opt/bin:/usr/bin:/bin:/usr/bin", false, isThere), ["/usr/bin/python3", "/bin/python3"]);
});

test("entries that depend on the current directory are left out", () => {
  assert.deepEqual(onPath("python3", ":.:bin:../bin:/usr/bin:", false, all), ["/usr/bin/python3"]);
  assert.deepEqual(onPath("python", ";.;bin;C:\\Python", true, all), ["C:\\Python\\python.exe"]);
});

test("on Windows entries may be quoted, and names end in .exe", () => {
  assert.deepEqual(onPath("py", 'C:\\Windows;"C:\\Program Files\\Python"', true, all), [
    "C:\\Windows\\py.exe",
    "C:\\Program Files\\Python\\py.exe",
  ]);
  assert.deepEqual(onPath("python.EXE", "C:\\Python", true, all), ["C:\\Python\\python.EXE"]);
});
