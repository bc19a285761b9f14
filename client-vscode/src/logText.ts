/** The text of the language status about a build log. */

import { l10n } from "vscode";

interface Log {
  readonly name: string;
  /** The time of the log in seconds since 1970. */
  readonly modified: number | null;
  /** The duration of the build in seconds. */
  readonly total: number;
}

/** The name of a log with the duration of its build and its age at `now`, in seconds since 1970. */
export function logText(log: Log, now: number): { readonly text: string; readonly detail: string } {
  const text = l10n.t("{0}: {1} s", log.name, log.total.toFixed(1));
  return { text, detail: log.modified === null ? "" : age(now - log.modified) };
}

/** An age in the largest unit of which it has at least two. */
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
