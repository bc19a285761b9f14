/** Which Python runs the server: what can be decided without an editor. */

export const minimumVersion = { major: 3, minor: 10 } as const;

/** A Python that may be tried, and who proposed it. */
export interface Candidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: string;
}

/** What one candidate answered. */
export interface Attempt {
  readonly candidate: Candidate;
  readonly problem: string;
}

export interface Sources {
  /** `buildxray.interpreter`, perhaps empty. */
  readonly setting: string;
  /** What the Python extension has selected, if it is there. */
  readonly fromPythonExtension: string | undefined;
  /** Whether the folder is trusted; if not, no interpreter may come from it. */
  readonly isTrusted: boolean;
  readonly workspaceFolders: readonly string[];
  readonly isWindows: boolean;
}

/** The candidates, best first. */
export function candidates(sources: Sources): Candidate[] {
  if (sources.setting !== "") {
    return [{ command: sources.setting, args: [], origin: "the setting `buildxray.interpreter`" }];
  }
  const found: Candidate[] = [];
  const selected = sources.fromPythonExtension;
  if (selected !== undefined && (sources.isTrusted || !isInside(selected, sources.workspaceFolders))) {
    found.push({ command: selected, args: [], origin: "the Python extension" });
  }
  const names = sources.isWindows ? ["python", "python3"] : ["python3", "python"];
  found.push(...names.map((command) => ({ command, args: [], origin: "PATH" })));
  if (sources.isWindows) {
    found.push({ command: "py", args: ["-3"], origin: "the Python launcher" });
  }
  return found;
}

function isInside(path: string, folders: readonly string[]): boolean {
  const normalized = (it: string): string => it.replaceAll("\\", "/").toLowerCase();
  return folders.some((folder) => normalized(path).startsWith(`${normalized(folder).replace(/\/$/, "")}/`));
}

/** What a candidate is asked for; any Python understands it. */
export const versionScript = "import sys; print('%d.%d' % sys.version_info[:2])";

/** Why the answer to `versionScript` rules a Python out; undefined if it does not. */
export function versionProblem(answer: string): string | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(answer.trim());
  if (match === null) {
    return "it does not answer like a Python";
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isEnough = major > minimumVersion.major || (major === minimumVersion.major && minor >= minimumVersion.minor);
  return isEnough ? undefined : `it is Python ${major}.${minor}`;
}

/** How the server is started: isolated from the user's site-packages and environment. */
export function serverCommand(candidate: Candidate, launcher: string): { command: string; args: string[] } {
  return { command: candidate.command, args: [...candidate.args, "-I", launcher, "lsp", "--stdio"] };
}

/** What the user reads where no candidate will do. */
export function missingMessage(attempts: readonly Attempt[]): string {
  const needed = `buildxray needs Python ${minimumVersion.major}.${minimumVersion.minor} or later.`;
  const [only] = attempts;
  if (attempts.length === 1 && only !== undefined) {
    return `${needed} ${only.candidate.command}, from ${only.candidate.origin}, cannot be used: ${only.problem}.`;
  }
  const tried = attempts.map((it) => it.candidate.command).join(", ");
  return `${needed} None was found; tried ${tried}. Install Python, or select an interpreter.`;
}
