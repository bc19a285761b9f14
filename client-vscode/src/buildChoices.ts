/** The items of the quick pick that selects the build of a Dockerfile. */

import type { DeclaredBuild, DocumentStatus } from "./server";

export interface BuildChoice {
  readonly build: DeclaredBuild;
  /** The value for the setting `buildxray.build`: the name, with the file if several builds have that name. */
  readonly value: string;
  /** The place of the declaration, for people: file and line. */
  readonly place: string;
  readonly isShown: boolean;
}

/** The builds in the status of a document, in its order. */
export function buildChoices({ build: shown, builds = [] }: DocumentStatus): BuildChoice[] {
  const names = builds.map((it) => it.name);
  return builds.map((build) => {
    const file = decodeURIComponent(build.source.split("/").at(-1) ?? "");
    const isOnly = names.filter((it) => it === build.name).length === 1;
    return { build, value: isOnly ? build.name : `${file}:${build.name}`, place: `${file}:${build.line}`, isShown: build.name === shown };
  });
}

/** True if a value of the setting leaves the choice to the server. */
export function isAutomatic(setting: unknown): boolean {
  return typeof setting !== "string" || setting === "" || setting === "all";
}
