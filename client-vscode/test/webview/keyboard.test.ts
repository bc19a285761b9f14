import assert from "node:assert/strict";
import { test } from "node:test";
import { next } from "../../../server/buildxray/ide/plan_view/keyboard.js";

/** Two columns: one wide box above two narrow ones; a wide one in the second column, a bit lower than the first. */
const boxes = [
  { left: 0, top: 0, width: 100, height: 20 },
  { left: 0, top: 50, width: 48, height: 20 },
  { left: 52, top: 50, width: 48, height: 20 },
  { left: 150, top: 10, width: 100, height: 20 },
];
const to = (key: string, from: number): number => next(key, boxes, from);

test("down and up stay in their column", () => {
  assert.deepEqual([to("ArrowDown", 0), to("ArrowUp", 1), to("ArrowUp", 2)], [1, 0, 0]);
  assert.deepEqual([to("ArrowDown", 2), to("ArrowUp", 0), to("ArrowDown", 3), to("ArrowUp", 3)], [2, 0, 3, 3]);
});

test("right and left go through a row, then on to the next column", () => {
  assert.deepEqual([to("ArrowRight", 1), to("ArrowRight", 0), to("ArrowRight", 2)], [2, 3, 3]);
  assert.deepEqual([to("ArrowLeft", 3), to("ArrowLeft", 2), to("ArrowLeft", 1)], [0, 1, 1]);
});

test("Home and End move to the first and the last step", () => {
  assert.deepEqual([to("Home", 2), to("End", 0), to("ArrowDown", 9)], [0, 3, 0]);
});
