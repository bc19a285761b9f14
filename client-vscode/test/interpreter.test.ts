import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { answerOf, candidates, missingMessage, serverCommand, type Sources, trustProblem } from "../src/interpreter";

const nothing: Sources = {
  setting: "",
  fromExtensions: [],
  onPath: (name) => [`/usr/bin/${name}`],
  isTrusted: true,
  workspaceFolders: ["/work"],
  realPath: (path) => path,
  isWindows: false,
};
const onWindows: Partial<Sources> = {
  isWindows: true,
  onPath: (name) => [`C:\\Python\\${name}.exe`],
  workspaceFolders: ["C:\\work"],
};
const commands = (sources: Partial<Sources>): string[] => candidates({ ...nothing, ...sources }).map((it) => it.command);
const selected = (command: string) => [{ command, args: [], origin: "an extension" }];
const problem = (command: string, sources: Partial<Sources> = {}): string | undefined =>
  trustProblem({ command, args: [], origin: "" }, { ...nothing, isTrusted: false, ...sources });
const untrusted = "it is in a folder that is not trusted";

test("the setting overrides all other interpreters", () => {
  assert.deepEqual(commands({ setting: "/opt/python", fromExtensions: selected("/usr/bin/python") }), ["/opt/python"]);
});

test("the setting may be a name, or a path from the home directory or the workspace", () => {
  assert.deepEqual(commands({ setting: "python3.12" }), ["/usr/bin/python3.12"]);
  assert.deepEqual(commands({ setting: "python9", onPath: () => [] }), ["python9"]);
  assert.deepEqual(commands({ setting: "~/venv/bin/python" }), [join(homedir(), "venv/bin/python")]);
  assert.deepEqual(commands({ setting: "${workspaceFolder}/.venv/bin/python" }), ["/work/.venv/bin/python"]);
  assert.deepEqual(commands({ setting: ".venv/bin/python" }), ["/work/.venv/bin/python"]);
  assert.deepEqual(commands({ ...onWindows, setting: ".venv\\Scripts\\python.exe" }), ["C:\\work\\.venv\\Scripts\\python.exe"]);
});

test("extensions for Python come before PATH", () => {
  assert.deepEqual(commands({ fromExtensions: selected("/work/.venv/bin/python") }), [
    "/work/.venv/bin/python",
    "/usr/bin/python3",
    "/usr/bin/python",
  ]);
});

test("on Windows the launcher is asked last", () => {
  const found = candidates({ ...nothing, ...onWindows });
  assert.deepEqual(found.map((it) => it.command), ["C:\\Python\\python.exe", "C:\\Python\\python3.exe", "C:\\Python\\py.exe"]);
  assert.deepEqual(found.at(-1)?.args, ["-3"]);
});

test("no interpreter of an untrusted folder is used, by any setting", () => {
  assert.equal(problem("/work/.venv/bin/python"), untrusted);
  assert.equal(problem("/Work/.venv/bin/python"), untrusted);
  assert.equal(problem("/usr/../work/python"), untrusted);
  assert.equal(problem("/usr/bin/python", { realPath: (it) => it.replace("/usr/bin", "/work/bin") }), untrusted);
  assert.equal(problem("/real/python", { realPath: (it) => it.replace("/work", "/real") }), untrusted);
  assert.equal(problem("c:\\Work\\venv\\python.exe", onWindows), untrusted);
  assert.equal(problem("D:\\python.exe", onWindows), undefined);
  assert.equal(problem("/usr/bin/python"), undefined);
  assert.equal(problem("/workshop/python"), undefined);
  assert.equal(problem("/work/.venv/bin/python", { isTrusted: true }), undefined);
});

test("a relative path is not run", () => {
  assert.equal(problem("python", { isTrusted: true }), "it was not found");
  assert.equal(problem("./python"), "it was not found");
});

test("a Python must be new enough, and able to load compiled modules", () => {
  assert.deepEqual(answerOf("buildxray 3.10\n"), { version: "3.10" });
  assert.deepEqual(answerOf("buildxray 4.0\r\n"), { version: "4.0" });
  assert.equal(answerOf("buildxray 3.9 tree-sitter").problem, "it is Python 3.9");
  assert.equal(answerOf("buildxray 3.15 tree-sitter\n").problem, "it is Python 3.15, and lacks tree-sitter");
  assert.equal(answerOf("Python was not found; run without arguments").problem, "it does not answer like a Python");
});

test("the server starts in isolation", () => {
  const launcher = { command: "py", args: ["-3"], origin: "the Python launcher" };
  assert.deepEqual(serverCommand(launcher, "/x/launch.py"), {
    command: "py",
    args: ["-3", "-I", "/x/launch.py"],
  });
});

test("the message names the missing modules", () => {
  const tried = (sources: Partial<Sources>, why: string) =>
    candidates({ ...nothing, ...sources }).map((candidate) => ({ candidate, problem: why }));
  assert.equal(
    missingMessage(tried({}, "it does not start"), "linux"),
    "buildxray needs Python 3.10 or later. None of these can be used: " +
      "/usr/bin/python3 (it does not start), /usr/bin/python (it does not start).",
  );
  assert.equal(
    missingMessage(tried({ setting: "/x" }, "it is Python 3.8"), "linux"),
    "buildxray needs Python 3.10 or later. /x, from the setting `buildxray.interpreter`, cannot be used: it is Python 3.8.",
  );
});

test("without any Python, the message says how to install one", () => {
  assert.match(missingMessage([], "linux"), /None was found\. .*apt install python3/);
  assert.match(missingMessage([], "darwin"), /brew install python/);
  assert.match(missingMessage([], "win32"), /Microsoft Store/);
});
