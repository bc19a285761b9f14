/** What can be chosen where platforms are selected. */

import platforms from "./platforms.json";

/** Those of the server, which are generated from it; Windows is offered here only. */
const common = [...platforms, "windows/amd64"];

/** The platforms to offer: those in force first, then the common ones, and what is being typed if it looks like one. */
export function platformChoices(inForce: readonly string[], typed: string): string[] {
  const entered = typed.trim().toLowerCase();
  const isPlatform = /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/.test(entered);
  return [...new Set([...inForce, ...common, ...(isPlatform ? [entered] : [])])];
}

/** Where a setting has a value. */
export interface Values {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export type Target = "global" | "workspace" | "workspaceFolder";

/** Where a setting is written: where it overrides what there is, and in the workspace if there is one. */
export function writtenTo(values: Values, folders: number): Target {
  if (values.workspaceFolderValue !== undefined || folders > 1) {
    return "workspaceFolder";
  }
  return folders === 1 || values.workspaceValue !== undefined ? "workspace" : "global";
}

/** Where a setting has to be removed from, so that the default counts. */
export function removedFrom(values: Values): Target[] {
  const places: [Target, unknown][] = [
    ["workspaceFolder", values.workspaceFolderValue],
    ["workspace", values.workspaceValue],
    ["global", values.globalValue],
  ];
  return places.flatMap(([target, value]) => (value === undefined ? [] : [target]));
}
