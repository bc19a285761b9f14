/** Decide which features are left to other extensions, so that nothing is reported or offered twice. */

/** The features of another extension for Dockerfiles that buildxray has too. */
interface Other {
  readonly id: string;
  /** True if it reports the checks of `docker build --check`. */
  readonly reportsBuildChecks: boolean;
  /** True if it offers symbols, folding, definitions, highlights, renaming and the completion of names. */
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

/** The other extensions that are installed and enabled. */
export function present(isInstalled: (id: string) => boolean): string[] {
  return others.map((it) => it.id).filter((id) => isInstalled(id));
}

/** True if build checks are left to another extension; a setting of the user overrides this. */
export function leavesBuildChecks({ isInstalled }: Pick<Situation, "isInstalled">): boolean {
  return others.some((it) => it.reportsBuildChecks && isInstalled(it.id));
}

/** True if names are left to another extension. These extensions support files only, not unsaved or virtual documents. */
export function leavesNames({ isInstalled, navigation }: Situation, scheme: string): boolean {
  return navigation === "auto"
    ? scheme === "file" && others.some((it) => it.knowsNames && isInstalled(it.id))
    : navigation === "off";
}

/** True if the server offers the general features of a Dockerfile server: completion of instructions, formatting and so on. */
export function offersGeneral({ isInstalled, general }: { isInstalled: (id: string) => boolean; general: Yielding }): boolean {
  return general === "auto" ? !others.some((it) => it.knowsNames && isInstalled(it.id)) : general === "on";
}
