/** The page of the plan view: shows the picture from the server, and reports clicks to the editor. */

import { makeNavigable } from "../../../server/buildxray/ide/plan_view/keyboard.js";
import { type Filter, filters, type FromPage, type KeptState, type ToPage } from "../planMessages";
import { automatic, fitting, matches, pngScale, rowsAt, type Size, zoomed } from "./picture";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): KeptState | undefined;
  setState(state: KeptState): void;
};

const editor = acquireVsCodeApi();
const main = element("main");
const notice = element("#notice");
const said = element("output");
const platforms = element("#platforms") as HTMLDetailsElement;
let state = editor.getState();
/** Undefined until the user zooms. */
let zoom = state?.zoom;
let cursor: number | undefined;
/** The line of the notice. */
let noticeLine = 0;
const filter = element("#filter") as HTMLSelectElement;
const search = element("#search") as HTMLInputElement;
filter.value = state?.filter ?? "all";

function element(selector: string, parent: ParentNode = document): HTMLElement {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) {
    throw new Error(`the page has no ${selector}`);
  }
  return found;
}

function picture(): SVGSVGElement | null {
  return main.querySelector("svg");
}

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.kind) {
    case "plan":
      state = { ...data.state, zoom, filter: chosenFilter() };
      editor.setState(state);
      notice.hidden = true;
      draw(data.svg);
      offer(data.targetPlatforms, data.knownPlatforms);
      break;
    case "notice":
      notice.textContent = data.text;
      noticeLine = data.line;
      notice.hidden = false;
      break;
    case "rasterize":
      void rasterized(data.svg).then((png) => { editor.postMessage({ kind: "png", data: png }); });
      break;
    case "cursor":
      cursor = data.line;
      mark({ isToBeSeen: true });
      break;
  }
});

function draw(svg: string): void {
  const focused = document.activeElement?.getAttribute("data-step");
  const drawn = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  main.replaceChildren(drawn);
  makeNavigable(drawn, { choose, focus: (step) => { said.textContent = step.getAttribute("aria-label"); } });
  resize();
  sift();
  mark({ isToBeSeen: false });
  if (focused != null) {
    drawn.querySelector<SVGGElement>(`.step[data-step="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

function chosenFilter(): Filter {
  return filters.find((it) => it === filter.value) ?? "all";
}

/** Dim the rows that do not match both the search and the selected filter. */
function sift(): void {
  const isSifted = chosenFilter() !== "all" || search.value.trim() !== "";
  picture()?.classList.toggle("filtered", isSifted);
  let first: Element | undefined;
  for (const row of main.querySelectorAll(".row")) {
    const states = [...row.querySelectorAll(".step")].flatMap((it) => [...it.classList]);
    const isMatch = matches({ text: row.textContent, states }, chosenFilter(), search.value);
    row.classList.toggle("match", isMatch);
    first ??= isMatch ? row : undefined;
  }
  if (isSifted) {
    first?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** A picture as PNG in base64; empty if the browser cannot draw it. */
async function rasterized(svg: string): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  try {
    await image.decode();
  } catch {
    return "";
  }
  const scale = pngScale({ width: image.naturalWidth, height: image.naturalHeight });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png").split(",")[1] ?? "";
}

function choose(chosen: Element): void {
  const line = Number(chosen.getAttribute("data-line"));
  if (line > 0) {
    editor.postMessage({ kind: "reveal", line });
  }
}

/** Mark the rows of the line with the cursor. */
function mark({ isToBeSeen }: { isToBeSeen: boolean }): void {
  const rows = [...main.querySelectorAll(".row")];
  const lines = rows.map((it) => ({ first: Number(it.getAttribute("data-line")), last: Number(it.getAttribute("data-last-line")) }));
  const current = new Set(cursor === undefined ? [] : rowsAt(lines, cursor));
  for (const [index, row] of rows.entries()) {
    row.classList.toggle("current", current.has(index));
    row.toggleAttribute("aria-current", current.has(index));
  }
  const [first] = current;
  if (isToBeSeen && first !== undefined) {
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    rows[first]?.scrollIntoView({ block: "nearest", inline: "nearest", behavior });
  }
}

function setZoom(value: number): void {
  zoom = value;
  if (state !== undefined) {
    state = { ...state, zoom };
    editor.setState(state);
  }
  resize();
}

function room(): Size {
  return { width: main.clientWidth, height: main.clientHeight };
}

/** The current zoom. */
function current(): number {
  const size = picture()?.viewBox.baseVal;
  return zoom ?? (size === undefined ? 1 : automatic(size, room()));
}

function resize(): void {
  const svg = picture();
  if (svg !== null) {
    const { width, height } = svg.viewBox.baseVal;
    const value = current();
    svg.setAttribute("width", String(width * value));
    svg.setAttribute("height", String(height * value));
    element("#actual-size").textContent = `${Math.round(value * 100)} %`;
  }
}

function offer(chosen: readonly string[], known: readonly string[]): void {
  element("summary", platforms).textContent = chosen.join(", ");
  const boxes = known.map((platform) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = platform;
    box.checked = chosen.includes(platform);
    label.append(box, platform);
    return label;
  });
  const list = element("div", platforms);
  const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.value : undefined;
  list.replaceChildren(...boxes);
  [...list.querySelectorAll("input")].find((it) => it.value === focused)?.focus();
}

element("fieldset").addEventListener("change", () => {
  const boxes = [...platforms.querySelectorAll("input")];
  const chosen = boxes.filter((it) => it.checked).map((it) => it.value);
  // A build has at least one platform; without a selection, the project decides.
  editor.postMessage({ kind: "platforms", platforms: chosen.length > 0 ? chosen : undefined });
});
element("#as-project").addEventListener("click", () => {
  editor.postMessage({ kind: "platforms", platforms: undefined });
});
document.addEventListener("click", ({ target }) => {
  if (target instanceof Node && !platforms.contains(target)) {
    platforms.open = false;
  }
});
platforms.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") {
    platforms.open = false;
    element("summary", platforms).focus();
  }
});
element("#zoom-in").addEventListener("click", () => { setZoom(zoomed(current(), 1)); });
element("#zoom-out").addEventListener("click", () => { setZoom(zoomed(current(), -1)); });
element("#actual-size").addEventListener("click", () => { setZoom(1); });
element("#fit").addEventListener("click", () => {
  const size = picture()?.viewBox.baseVal;
  if (size !== undefined) {
    setZoom(fitting(size, room()));
    main.scrollTo(0, 0);
  }
});
filter.addEventListener("change", () => {
  if (state !== undefined) {
    state = { ...state, filter: chosenFilter() };
    editor.setState(state);
  }
  sift();
});
search.addEventListener("input", sift);
notice.addEventListener("click", () => { editor.postMessage({ kind: "reveal", line: noticeLine }); });
element("#copy").addEventListener("click", () => { editor.postMessage({ kind: "copy" }); });
element("#export").addEventListener("click", () => { editor.postMessage({ kind: "export" }); });
main.addEventListener("wheel", (event) => {
  if (event.ctrlKey) {
    event.preventDefault();
    setZoom(zoomed(current(), -Math.sign(event.deltaY) / 2));
  }
}, { passive: false });
new ResizeObserver(resize).observe(main);
main.addEventListener("focusout", () => { said.textContent = ""; });

editor.postMessage({ kind: "ready" });
