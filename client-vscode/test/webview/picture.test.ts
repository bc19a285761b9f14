import assert from "node:assert/strict";
import { test } from "node:test";
import { automatic, fitting, leastZoom, matches, mostZoom, pngScale, rowsAt, zoomed } from "../../src/webview/picture";

test("the rows of a line", () => {
  const rows = [{ first: 1, last: 1 }, { first: 3, last: 5 }, { first: 3, last: 5 }, { first: 7, last: 7 }];
  assert.deepEqual(rowsAt(rows, 4), [1, 2]);
  assert.deepEqual(rowsAt(rows, 6), []);
});

test("the zoom has limits", () => {
  assert.ok(Math.abs(zoomed(zoomed(1, 1), -1) - 1) < 1e-9);
  assert.deepEqual([zoomed(1, 99), zoomed(1, -99)], [mostZoom, leastZoom]);
});

test("a picture that fits stays as it is", () => {
  assert.equal(fitting({ width: 100, height: 100 }, { width: 200, height: 200 }), 1);
  assert.equal(fitting({ width: 400, height: 100 }, { width: 200, height: 200 }), 0.5);
  assert.equal(fitting({ width: 1e6, height: 1 }, { width: 200, height: 200 }), leastZoom);
});

test("the initial zoom keeps the text readable", () => {
  const widths = [200, 400, 450, 9000].map((width) => automatic({ width, height: 9000 }, { width: 400, height: 1 }));
  assert.deepEqual(widths, [1, 1, 1, 1]);
});

test("rows are filtered by the cost of their steps and by their text", () => {
  const row = { text: "12 RUN Make All", states: ["step", "emulated", "native"] };
  assert.deepEqual((["all", "costly", "emulated", "repeated"] as const).map((it) => matches(row, it, "")), [true, true, true, false]);
  assert.deepEqual(["make", " ALL ", "cmake"].map((it) => matches(row, "all", it)), [true, true, false]);
  assert.equal(matches(row, "repeated", "make"), false);
});

test("a PNG has twice the size, up to the limit of browsers", () => {
  assert.equal(pngScale({ width: 100, height: 50 }), 2);
  assert.equal(pngScale({ width: 16000, height: 50 }), 0.5);
});
