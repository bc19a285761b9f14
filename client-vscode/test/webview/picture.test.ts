import assert from "node:assert/strict";
import { test } from "node:test";
import { automatic, fitting, leastZoom, mostZoom, rowsAt, zoomed } from "../../src/webview/picture";

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

test("a picture that nobody has zoomed takes the width that there is, as long as it can be read", () => {
  const widths = [200, 400, 450, 9000].map((width) => automatic({ width, height: 9000 }, { width: 400, height: 1 }));
  assert.deepEqual(widths, [1, 1, 400 / 450, 0.8]);
});
