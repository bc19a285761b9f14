/** What can be decided about the picture without a browser. */

export const leastZoom = 0.1;
export const mostZoom = 4;
const leastLegible = 0.8;
const step = 1.2;

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
