/** What can be decided about the picture without a browser. */

import type { Filter } from "../planMessages";

export const leastZoom = 0.1;
export const mostZoom = 4;
/** Texts are 11 px or larger in the picture, and are not made smaller unless somebody asks. */
const leastLegible = 1;
const step = 1.2;

/** The widest and highest picture that browsers draw as PNG. */
const mostPixels = 8000;

/** The scale of a PNG: twice the size, for screens with small pixels, unless that is more than browsers draw. */
export function pngScale(picture: Size): number {
  return Math.min(2, mostPixels / Math.max(picture.width, picture.height, 1));
}

/** Whether a row stays in sight: by the classes of its steps, and by a search without regard to case. */
export function matches(row: { readonly text: string; readonly states: readonly string[] }, filter: Filter, search: string): boolean {
  const isWanted =
    filter === "all" ||
    row.states.some((it) => (filter === "costly" ? it === "emulated" || it === "repeated" : it === filter));
  return isWanted && row.text.toLowerCase().includes(search.trim().toLowerCase());
}

export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** The indices of the rows that a line belongs to. */
export function rowsAt(rows: readonly Lines[], line: number): number[] {
  return rows.flatMap(({ first, last }, index) => (first <= line && line <= last ? [index] : []));
}

/** Another size, by so many steps. */
export function zoomed(zoom: number, steps: number): number {
  return Math.min(mostZoom, Math.max(leastZoom, zoom * step ** steps));
}

/** The size at which all of a picture is to be seen, never larger than it is drawn. */
export function fitting(picture: Size, room: Size): number {
  return Math.max(leastZoom, Math.min(1, room.width / picture.width, room.height / picture.height));
}

/** The size of a picture that nobody has zoomed: all of its width, as long as that can be read. */
export function automatic(picture: Size, room: Size): number {
  return Math.max(leastLegible, Math.min(1, room.width / picture.width));
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
