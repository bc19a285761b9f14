import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, missingMessage, serverCommand, type Sources, versionProblem } from "../src/interpreter";

const nothing: Sources = {
  setting: "",
  fromPythonExtension: undefined,
  isTrusted: true,
  workspaceFolders: ["/work"],
  isWindows: false,
};
const commands = (sources: Partial<Sources>): string[] => candidates({ ...nothing, ...sources }).map((it) => it.command);

test("the setting decides alone", () => {
  assert.deepEqual(commands({ setting: "/opt/python", fromPythonExtension: "/usr/bin/python" }), ["/opt/python"]);
});

test("the Python extension comes before PATH", () => {
  assert.deepEqual(commands({ fromPythonExtension: "/work/.venv/bin/python" }), [
    "/work/.venv/bin/python",
    "python3",
    "python",
  ]);
});

test("an untrusted folder brings no interpreter of its own", () => {
  assert.deepEqual(commands({ fromPythonExtension: "/work/.venv/bin/python", isTrusted: false }), ["python3", "python"]);
  assert.deepEqual(commands({ fromPythonExtension: "/usr/bin/python", isTrusted: false })[0], "/usr/bin/python");
  const onWindows = { fromPythonExtension: "c:\\Work\\venv\\python.exe", workspaceFolders: ["C:\\work"], isTrusted: false };
  assert.deepEqual(commands({ ...onWindows, isWindows: true }), ["python", "python3", "py"]);
});

test("a Python has to be new enough", () => {
  assert.equal(versionProblem("3.10\n"), undefined);
  assert.equal(versionProblem("4.0"), undefined);
  assert.equal(versionProblem("3.9"), "it is Python 3.9");
  assert.equal(versionProblem("2.7"), "it is Python 2.7");
  assert.equal(versionProblem("Python was not found; run without arguments to install"), "it does not answer like a Python");
});

test("the server starts in isolation", () => {
  const launcher = { command: "py", args: ["-3"], origin: "the Python launcher" };
  assert.deepEqual(serverCommand(launcher, "/x/launch.py"), {
    command: "py",
    args: ["-3", "-I", "/x/launch.py", "lsp", "--stdio"],
  });
});

test("what is missing is named", () => {
  const attempts = candidates(nothing).map((candidate) => ({ candidate, problem: "it was not found" }));
  assert.match(missingMessage(attempts), /needs Python 3\.10 or later.*tried python3, python/);
  const [only] = candidates({ ...nothing, setting: "/x" }).map((candidate) => ({ candidate, problem: "it is Python 3.8" }));
  assert.ok(only);
  assert.match(missingMessage([only]), /\/x, from the setting `buildxray.interpreter`, cannot be used: it is Python 3\.8/);
});
