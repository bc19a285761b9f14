/** The items of the quick pick that selects platforms. */

import platforms from "./platforms.json";

/** The common platforms of the server, from generated code, and Windows, which only this list offers. */
const common = [...platforms, "windows/amd64"];

/** The platforms to offer: the current ones, then the common ones, then the typed text if it looks like a platform. */
export function platformChoices(inForce: readonly string[], typed: string): string[] {
  const entered = typed.trim().toLowerCase();
  const isPlatform = /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/.test(entered);
  return [...new Set([...inForce, ...common, ...(isPlatform ? [entered] : [])])];
}

/** The scopes in which a setting has a value. */
export interface Values {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export type Target = "global" | "workspace" | "workspaceFolder";

/** The scope in which to write a setting: one that overrides the current value, and the workspace if there is one. */
export function writtenTo(values: Values, folders: number): Target {
  if (values.workspaceFolderValue !== undefined || folders > 1) {
    return "workspaceFolder";
  }
  return folders === 1 || values.workspaceValue !== undefined ? "workspace" : "global";
}

/** The scopes from which to remove a setting, so that its default applies. */
export function removedFrom(values: Values): Target[] {
  const places: [Target, unknown][] = [
    ["workspaceFolder", values.workspaceFolderValue],
    ["workspace", values.workspaceValue],
    ["global", values.globalValue],
  ];
  return places.flatMap(([target, value]) => (value === undefined ? [] : [target]));
}
