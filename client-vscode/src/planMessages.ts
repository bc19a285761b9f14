/** The messages between the plan view and its page, and the server's answers about a plan. */

/** The answer to `buildxray/plan`, reduced to the fields that are used here; `docs/protocol.md` describes all of it. */
export interface PlanAnswer {
  readonly version: number;
  readonly documentVersion: number | null;
  readonly targetPlatforms: readonly string[];
  readonly knownPlatforms: readonly string[];
  readonly error: { readonly message: string; readonly line: number } | null;
  readonly svg: string;
  /** The plan as a table, for a pull request. */
  readonly markdown: string;
}

/** The filters of rows; the page dims rows that do not match. */
export const filters = ["all", "costly", "emulated", "repeated"] as const;
export type Filter = (typeof filters)[number];

/** The state that the page keeps when the window is reloaded. */
export interface KeptState {
  readonly uri: string;
  /** The platforms that the user has chosen here; undefined for those of the project. */
  readonly platforms?: readonly string[] | undefined;
  /** The shown build in the syntax of the setting `buildxray.build`; undefined for the build that the setting chooses. */
  readonly build?: string | undefined;
  readonly zoom?: number | undefined;
  readonly filter?: Filter | undefined;
}

export type ToPage =
  | {
      readonly kind: "plan";
      readonly state: KeptState;
      readonly svg: string;
      readonly targetPlatforms: readonly string[];
      readonly knownPlatforms: readonly string[];
    }
  | { readonly kind: "notice"; readonly text: string; readonly line: number }
  /** Request a picture as PNG, which only a browser can create. */
  | { readonly kind: "rasterize"; readonly svg: string }
  | { readonly kind: "cursor"; readonly line: number };

export type FromPage =
  | { readonly kind: "ready" | "export" | "copy" }
  /** The picture as PNG in base64; empty if it could not be drawn. */
  | { readonly kind: "png"; readonly data: string }
  | { readonly kind: "reveal"; readonly line: number }
  | { readonly kind: "platforms"; readonly platforms: readonly string[] | undefined };

/** The parameters of `buildxray/plan` for the current view. */
export function planParameters({ uri, platforms = [], build }: KeptState, picture: "standalone" | "unstyled"): object {
  return { textDocument: { uri }, platforms, picture, ...(build === undefined ? {} : { build }) };
}

/** The new view after a request for the plan of a document and a build; platforms chosen for another build are dropped. */
export function opened(state: KeptState, uri: string, build: string | undefined): KeptState {
  return state.uri === uri && state.build === build ? state : { uri, build };
}

/** True if the server refuses the request because no file declares the build any more (`InvalidParams` of JSON-RPC). */
export function isRefused(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === -32602;
}

/** The picture to show for an answer; after an error in the text, the last good picture remains. */
export function shown(answer: PlanAnswer, last: { readonly key: string } | undefined, key: string): "picture" | "last picture" {
  return answer.error !== null && last?.key === key ? "last picture" : "picture";
}

/** The default file name for saving a picture. */
export function exportName(path: string): string {
  const name = path.split("/").at(-1) ?? "";
  return `${name === "" ? "Dockerfile" : name}.plan.svg`;
}

/** True if a message comes from our page; its content is validated before use. */
export function isFromPage(message: unknown): message is FromPage {
  if (typeof message !== "object" || message === null || !("kind" in message)) {
    return false;
  }
  switch (message.kind) {
    case "ready":
    case "export":
    case "copy":
      return true;
    case "png":
      return "data" in message && typeof message.data === "string";
    case "reveal":
      return "line" in message && Number.isInteger(message.line);
    case "platforms": {
      const platforms = "platforms" in message ? message.platforms : undefined;
      return platforms === undefined || (Array.isArray(platforms) && platforms.every((it) => typeof it === "string"));
    }
    default:
      return false;
  }
}

/** The state stored by the page of an earlier window; undefined if it is not valid. */
export function keptState(state: unknown): KeptState | undefined {
  if (typeof state !== "object" || state === null || !("uri" in state) || typeof state.uri !== "string") {
    return undefined;
  }
  const platforms: unknown = "platforms" in state ? state.platforms : undefined;
  const isList = Array.isArray(platforms) && platforms.every((it): it is string => typeof it === "string");
  const build = "build" in state && typeof state.build === "string" ? state.build : undefined;
  const zoom = "zoom" in state && typeof state.zoom === "number" ? state.zoom : undefined;
  const filter = "filter" in state ? filters.find((it) => it === state.filter) : undefined;
  return { uri: state.uri, platforms: isList ? platforms : undefined, build, zoom, filter };
}
