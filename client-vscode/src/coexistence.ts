/** What is left to other extensions that do the same, so that nothing is underlined or offered twice. */

/** What an extension does for Dockerfiles, of what buildxray could do too. */
interface Other {
  readonly id: string;
  /** Whether it reports what `docker build --check` reports. */
  readonly reportsBuildChecks: boolean;
  /** Whether it offers symbols, folding, definitions, highlights, renaming and the completion of names. */
  readonly knowsNames: boolean;
}

const others: readonly Other[] = [
  { id: "docker.docker", reportsBuildChecks: true, knowsNames: false },
  { id: "ms-azuretools.vscode-containers", reportsBuildChecks: false, knowsNames: true },
  { id: "ms-azuretools.vscode-docker", reportsBuildChecks: false, knowsNames: true },
];

/** A setting that says whether to yield to other extensions: `buildxray.navigation`, `buildxray.general`. */
export type Yielding = "auto" | "on" | "off";

export interface Situation {
  readonly isInstalled: (id: string) => boolean;
  readonly navigation: Yielding;
}

/** The others that are installed and switched on. */
export function present(isInstalled: (id: string) => boolean): string[] {
  return others.map((it) => it.id).filter((id) => isInstalled(id));
}

/** Whether build checks are left to another extension; a setting that the user has made overrides this. */
export function leavesBuildChecks({ isInstalled }: Pick<Situation, "isInstalled">): boolean {
  return others.some((it) => it.reportsBuildChecks && isInstalled(it.id));
}

/** Whether names are left to another extension. These know files only, no unsaved or virtual documents. */
export function leavesNames({ isInstalled, navigation }: Situation, scheme: string): boolean {
  return navigation === "auto"
    ? scheme === "file" && others.some((it) => it.knowsNames && isInstalled(it.id))
    : navigation === "off";
}

/** Whether the server offers what every server for Dockerfiles does: completion of instructions, formatting and so on. */
export function offersGeneral({ isInstalled, general }: { isInstalled: (id: string) => boolean; general: Yielding }): boolean {
  return general === "auto" ? !others.some((it) => it.knowsNames && isInstalled(it.id)) : general === "on";
}
