/** The decisions about the picture that need no browser. */

import type { Filter } from "../planMessages";

export const leastZoom = 0.1;
export const mostZoom = 4;
/** Texts in the picture have at least 11 px, and are only made smaller on request. */
const leastLegible = 1;
const step = 1.2;

/** The largest width and height of a PNG that browsers can draw. */
const mostPixels = 8000;

/** The scale of a PNG: two, for high-density screens, or less if browsers could not draw the result. */
export function pngScale(picture: Size): number {
  return Math.min(2, mostPixels / Math.max(picture.width, picture.height, 1));
}

/** True if a row is not dimmed, by the classes of its steps and a case-insensitive search. */
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

/** The indices of the rows of a line. */
export function rowsAt(rows: readonly Lines[], line: number): number[] {
  return rows.flatMap(({ first, last }, index) => (first <= line && line <= last ? [index] : []));
}

/** The zoom after a number of steps. */
export function zoomed(zoom: number, steps: number): number {
  return Math.min(mostZoom, Math.max(leastZoom, zoom * step ** steps));
}

/** The zoom at which the whole picture is visible, at most 1. */
export function fitting(picture: Size, room: Size): number {
  return Math.max(leastZoom, Math.min(1, room.width / picture.width, room.height / picture.height));
}

/** The default zoom: the full width, as long as it remains legible. */
export function automatic(picture: Size, room: Size): number {
  return Math.max(leastLegible, Math.min(1, room.width / picture.width));
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
