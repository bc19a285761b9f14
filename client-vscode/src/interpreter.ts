/** Choose the Python for the server, as far as possible without running one. */

import { homedir } from "node:os";
import { posix, win32 } from "node:path";
import { l10n } from "vscode";

export const minimumVersion = { major: 3, minor: 10 } as const;

/** A Python to try, with the source that proposed it. */
export interface Candidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: string;
}

/** An unsuitable Python, with the reason. */
export interface Attempt {
  readonly candidate: Candidate;
  readonly problem: string;
}

/** The sources of interpreters, and the restrictions on them. */
export interface Sources {
  /** The value of `buildxray.interpreter`; may be empty. */
  readonly setting: string;
  /** The interpreters selected in the extensions for Python. */
  readonly fromExtensions: readonly Candidate[];
  /** The executables with a name on the `PATH`, best first. */
  readonly onPath: (name: string) => readonly string[];
  /** True if the workspace is trusted; otherwise no interpreter may be inside it. */
  readonly isTrusted: boolean;
  readonly workspaceFolders: readonly string[];
  /** The path with all links resolved. */
  readonly realPath: (path: string) => string;
  readonly isWindows: boolean;
}

/** The candidates, best first. */
export function candidates(sources: Sources): Candidate[] {
  if (sources.setting !== "") {
    const origin = l10n.t("the setting `buildxray.interpreter`");
    return settingPaths(sources).map((command) => ({ command, args: [], origin }));
  }
  return [...sources.fromExtensions, ...pathCandidates(sources, sources.isWindows ? ["python", "python3"] : ["python3", "python"])];
}

/** The interpreters on the `PATH` under some names, and the launcher of Windows. */
export function pathCandidates(sources: Sources, names: readonly string[]): Candidate[] {
  const found = names.flatMap((name) => sources.onPath(name).map((command) => ({ command, args: [], origin: "PATH" })));
  const launchers = sources.isWindows ? sources.onPath("py") : [];
  return [...found, ...launchers.map((command) => ({ command, args: ["-3"], origin: l10n.t("the Python launcher") }))];
}

/** The absolute paths for the setting; a bare name is looked up on the `PATH`. */
function settingPaths({ setting, workspaceFolders, onPath, isWindows }: Sources): readonly string[] {
  const paths = isWindows ? win32 : posix;
  const [folder = ""] = workspaceFolders;
  const path = setting.replace("${workspaceFolder}", () => folder).replace(/^~(?=[/\\])/, () => homedir());
  if (!/[/\\]/.test(path)) {
    const found = onPath(path);
    return found.length > 0 ? found.slice(0, 1) : [path];
  }
  return [paths.isAbsolute(path) || folder === "" ? path : paths.join(folder, path)];
}

/** The reason why a candidate must not even be run; undefined if it may. */
export function trustProblem({ command }: Candidate, sources: Sources): string | undefined {
  const { isWindows, isTrusted, realPath, workspaceFolders } = sources;
  if (!(isWindows ? win32 : posix).isAbsolute(command)) {
    return l10n.t("it was not found");
  }
  const folders = workspaceFolders.flatMap((it) => [it, realPath(it)]);
  const isFromWorkspace = [command, realPath(command)].some((path) => folders.some((it) => isInside(path, it, isWindows)));
  return isFromWorkspace && !isTrusted ? l10n.t("it is in a folder that is not trusted") : undefined;
}

/** Letter case is ignored; on file systems that distinguish it, this refuses too much, which is safe. */
function isInside(path: string, folder: string, isWindows: boolean): boolean {
  const paths = isWindows ? win32 : posix;
  const way = paths.relative(folder.toLowerCase(), path.toLowerCase());
  return way !== ".." && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way);
}

/** The properties that a Python reports, and the reason if it is unsuitable. */
export type Answer = { readonly version: string; readonly problem?: string } | { readonly version?: string; readonly problem: string };

/** Parse the output of `launch.py --probe`. */
export function answerOf(answer: string): Answer {
  const match = /^buildxray (\d+)\.(\d+) ?(.*)$/.exec(answer.trim());
  if (match === null) {
    return { problem: l10n.t("it does not answer like a Python") };
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const version = `${major}.${minor}`;
  if (major < minimumVersion.major || (major === minimumVersion.major && minor < minimumVersion.minor)) {
    return { version, problem: l10n.t("it is Python {0}", version) };
  }
  const missing = match[3] ?? "";
  return missing === "" ? { version } : { version, problem: l10n.t("it is Python {0}, and lacks {1}", version, missing) };
}

/** The arguments that start the server, isolated from the user's site-packages and environment. */
export function serverCommand(candidate: Candidate, launcher: string): { command: string; args: string[] } {
  return { command: candidate.command, args: [...candidate.args, "-I", launcher] };
}

/** The message to the user if no candidate is suitable. */
export function missingMessage(attempts: readonly Attempt[], platform: NodeJS.Platform): string {
  const needed = l10n.t("buildxray needs Python {0} or later.", `${minimumVersion.major}.${minimumVersion.minor}`);
  const [only] = attempts;
  if (only === undefined) {
    return `${needed} ${l10n.t("None was found.")} ${howToInstall(platform)}`;
  }
  if (attempts.length === 1) {
    const { command, origin } = only.candidate;
    return `${needed} ${l10n.t("{0}, from {1}, cannot be used: {2}.", command, origin, only.problem)}`;
  }
  const tried = attempts.map((it) => `${it.candidate.command} (${it.problem})`).join(", ");
  return `${needed} ${l10n.t("None of these can be used: {0}.", tried)}`;
}

function howToInstall(platform: NodeJS.Platform): string {
  switch (platform) {
    case "win32":
      return l10n.t("Install it from python.org or the Microsoft Store, and restart the editor.");
    case "darwin":
      return l10n.t("Install it from python.org, or with `brew install python`.");
    default:
      return l10n.t("Install it with your package manager, for example `sudo apt install python3`.");
  }
}
