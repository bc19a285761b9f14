/** What the language status says of a build log. */

import { l10n } from "vscode";

interface Log {
  readonly name: string;
  /** Seconds since 1970. */
  readonly modified: number | null;
  /** Seconds of the build. */
  readonly total: number;
}

/** The name of a log with the seconds of its build, and how old it is at a time in seconds since 1970. */
export function logText(log: Log, now: number): { readonly text: string; readonly detail: string } {
  const text = l10n.t("{0}: {1} s", log.name, log.total.toFixed(1));
  return { text, detail: log.modified === null ? "" : age(now - log.modified) };
}

/** How old something is, in the largest unit of which there are two. */
export function age(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) {
    return l10n.t("{0} days old", Math.floor(hours / 24));
  }
  if (minutes >= 120) {
    return l10n.t("{0} hours old", hours);
  }
  return minutes >= 2 ? l10n.t("{0} minutes old", minutes) : l10n.t("new");
}
