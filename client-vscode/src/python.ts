/** Find a Python for the server on this machine. */

import { execFile } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import {
  type Answer,
  answerOf,
  type Attempt,
  type Candidate,
  candidates,
  pathCandidates,
  type Sources,
  trustProblem,
} from "./interpreter";
import { knownInterpreters, selectedInterpreters } from "./pythonExtensions";
import { onPath } from "./searchPath";

const run = promisify(execFile);
const patienceInMilliseconds = 10_000;

/** The first suitable Python, or the reasons why each candidate was rejected. */
export async function findPython(launcher: string, log: vscode.LogOutputChannel): Promise<Candidate | readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const setting = interpreterSetting();
  const sources = sourcesOf(setting, setting === "" ? await selectedInterpreters(log) : []);
  for (const candidate of candidates(sources)) {
    const { version, problem } = await ask(candidate, launcher, sources);
    if (problem === undefined) {
      log.info(`Python ${version}: ${candidate.command} (${candidate.origin})`);
      return candidate;
    }
    log.info(`Python: ${candidate.command} (${candidate.origin}) is not used: ${problem}`);
    attempts.push({ candidate, problem });
  }
  return attempts;
}

/** A suitable Python with its version. */
export interface UsablePython extends Candidate {
  readonly version: string;
}

/** All suitable interpreters of all sources, without duplicates. */
export async function usablePythons(launcher: string, log: vscode.LogOutputChannel): Promise<UsablePython[]> {
  const sources = sourcesOf("", await knownInterpreters(log));
  const versions = ["", "3", ...[14, 13, 12, 11, 10].map((minor) => `3.${minor}`)];
  const all = [...sources.fromExtensions, ...pathCandidates(sources, versions.map((it) => `python${it}`))];
  const places = all.map((it) => sources.realPath(it.command));
  const each = all.filter((_, index) => places.indexOf(places[index] ?? "") === index);
  const answers = await Promise.all(each.map((it) => ask(it, launcher, sources)));
  return each.flatMap((it, index) => {
    const { version, problem } = answers[index] ?? {};
    return version === undefined || problem !== undefined ? [] : [{ ...it, version }];
  });
}

/** The reason why the Python at a path is unsuitable; undefined if it is suitable. */
export async function problemOfPath(command: string, launcher: string): Promise<string | undefined> {
  return (await ask({ command, args: [], origin: "" }, launcher, sourcesOf("", []))).problem;
}

export function interpreterSetting(): string {
  return vscode.workspace.getConfiguration("buildxray").get("interpreter", "").trim();
}

function sourcesOf(setting: string, fromExtensions: readonly Candidate[]): Sources {
  const isWindows = process.platform === "win32";
  return {
    setting,
    fromExtensions,
    onPath: (name) => onPath(name, process.env["PATH"] ?? "", isWindows, isExecutable),
    isTrusted: vscode.workspace.isTrusted,
    workspaceFolders: (vscode.workspace.workspaceFolders ?? []).map((it) => it.uri.fsPath),
    realPath,
    isWindows,
  };
}

async function ask(candidate: Candidate, launcher: string, sources: Sources): Promise<Answer> {
  const problem = trustProblem(candidate, sources);
  if (problem !== undefined) {
    return { problem };
  }
  try {
    const args = [...candidate.args, "-I", launcher, "--probe"];
    const options = { timeout: patienceInMilliseconds, windowsHide: true, cwd: dirname(launcher) };
    const { stdout } = await run(candidate.command, args, options);
    return answerOf(stdout);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { problem: isMissing ? vscode.l10n.t("it was not found") : vscode.l10n.t("it does not start") };
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
