/** Read the interpreters from the extensions for Python, both of which are optional. */

import * as vscode from "vscode";
import type { Candidate } from "./interpreter";

const patienceInMilliseconds = 5_000;

/** The part of the API of `ms-python.vscode-python-envs` that is used. */
interface EnvironmentsExtension {
  getEnvironment(scope: vscode.Uri | undefined): Promise<Environment | undefined>;
  getEnvironments(scope: "all"): Promise<readonly Environment[]>;
}

interface Environment {
  readonly execInfo?: { readonly run?: { readonly executable?: string; readonly args?: readonly string[] } };
}

/** The part of the API of `ms-python.python` that is used. */
interface PythonExtension {
  readonly environments: {
    readonly known: readonly { readonly path: string }[];
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
  };
}

/** The interpreters that are selected for the workspace, best first. */
export async function selectedInterpreters(log: vscode.LogOutputChannel): Promise<Candidate[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return ask(log, {
    environments: async (api) => [await api.getEnvironment(folder)],
    python: (api) => [api.environments.getActiveEnvironmentPath(folder).path],
  });
}

/** All interpreters that the extensions have found. */
export async function knownInterpreters(log: vscode.LogOutputChannel): Promise<Candidate[]> {
  return ask(log, {
    environments: (api) => api.getEnvironments("all"),
    python: (api) => api.environments.known.map((it) => it.path),
  });
}

interface Questions {
  environments(api: EnvironmentsExtension): Promise<readonly (Environment | undefined)[]>;
  python(api: PythonExtension): readonly string[];
}

async function ask(log: vscode.LogOutputChannel, questions: Questions): Promise<Candidate[]> {
  const ofEnvironments = answer(log, "ms-python.vscode-python-envs", async (api) =>
    (await questions.environments(api as EnvironmentsExtension)).flatMap((it) => {
      const run = it?.execInfo?.run;
      return run?.executable === undefined ? [] : [{ command: run.executable, args: run.args ?? [] }];
    }),
  );
  const ofPython = answer(log, "ms-python.python", (api) =>
    // The default setting is "python", which is looked up on the PATH anyway.
    questions
      .python(api as PythonExtension)
      .flatMap((path) => (path === "" || path === "python" ? [] : [{ command: path, args: [] }])),
  );
  const found = [...(await ofEnvironments), ...(await ofPython)];
  return found.filter((it, index) => found.findIndex((other) => other.command === it.command) === index);
}

async function answer(
  log: vscode.LogOutputChannel,
  id: string,
  question: (api: unknown) => Omit<Candidate, "origin">[] | Promise<Omit<Candidate, "origin">[]>,
): Promise<Candidate[]> {
  const extension = vscode.extensions.getExtension<unknown>(id);
  if (extension === undefined) {
    return [];
  }
  try {
    const found = await inTime(Promise.resolve(extension.activate()).then(question));
    return found.map((it) => ({ ...it, origin: vscode.l10n.t("the extension {0}", id) }));
  } catch (error) {
    log.warn(`${id} does not tell its interpreters: ${String(error)}`);
    return [];
  }
}

async function inTime<Result>(result: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error("no answer in time")); }, patienceInMilliseconds);
  });
  return Promise.race([result, timeout]).finally(() => { clearTimeout(timer); });
}
