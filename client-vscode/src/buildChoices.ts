/** What can be chosen where the build of a Dockerfile is selected. */

import type { DeclaredBuild, DocumentStatus } from "./server";

export interface BuildChoice {
  readonly build: DeclaredBuild;
  /** What the setting `buildxray.build` becomes: the name, with the file where several builds have that name. */
  readonly value: string;
  /** Where it is declared, for people: file and line. */
  readonly place: string;
  readonly isShown: boolean;
}

/** The builds that the status of a document lists, in its order. */
export function buildChoices({ build: shown, builds = [] }: DocumentStatus): BuildChoice[] {
  const names = builds.map((it) => it.name);
  return builds.map((build) => {
    const file = decodeURIComponent(build.source.split("/").at(-1) ?? "");
    const isOnly = names.filter((it) => it === build.name).length === 1;
    return { build, value: isOnly ? build.name : `${file}:${build.name}`, place: `${file}:${build.line}`, isShown: build.name === shown };
  });
}

/** Whether a value of the setting leaves the choice to the server. */
export function isAutomatic(setting: unknown): boolean {
  return typeof setting !== "string" || setting === "" || setting === "all";
}
