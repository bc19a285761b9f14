/** Finds a Python for the server on this machine. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { type Attempt, type Candidate, candidates, versionProblem, versionScript } from "./interpreter";

const run = promisify(execFile);
const patienceInMilliseconds = 10_000;

/** What of the Python extension's interface is used here. */
interface PythonExtension {
  readonly environments: { getActiveEnvironmentPath(): { readonly path: string } };
}

/** The first Python that will do, or why each was turned down. */
export async function findPython(log: vscode.LogOutputChannel): Promise<Candidate | readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const sources = {
    setting: vscode.workspace.getConfiguration("buildxray").get("interpreter", "").trim(),
    fromPythonExtension: await selectedInterpreter(log),
    isTrusted: vscode.workspace.isTrusted,
    workspaceFolders: (vscode.workspace.workspaceFolders ?? []).map((it) => it.uri.fsPath),
    isWindows: process.platform === "win32",
  };
  for (const candidate of candidates(sources)) {
    const problem = await problemOf(candidate);
    if (problem === undefined) {
      log.info(`Python: ${candidate.command} (${candidate.origin})`);
      return candidate;
    }
    log.info(`Python: ${candidate.command} (${candidate.origin}) is not used: ${problem}`);
    attempts.push({ candidate, problem });
  }
  return attempts;
}

async function problemOf(candidate: Candidate): Promise<string | undefined> {
  try {
    const args = [...candidate.args, "-I", "-c", versionScript];
    const { stdout } = await run(candidate.command, args, { timeout: patienceInMilliseconds, windowsHide: true });
    return versionProblem(stdout);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing ? "it was not found" : "it does not start";
  }
}

async function selectedInterpreter(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  if (extension === undefined) {
    return undefined;
  }
  try {
    const api = await extension.activate();
    const { path } = api.environments.getActiveEnvironmentPath();
    // The default is called "python"; PATH is searched for that anyway.
    return path === "" || path === "python" ? undefined : path;
  } catch (error) {
    log.warn(`The Python extension does not answer: ${String(error)}`);
    return undefined;
  }
}
