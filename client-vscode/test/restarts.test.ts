import assert from "node:assert/strict";
import { test } from "node:test";
import { Restarts, tooMany } from "../src/restarts";

test("crashes in a row are forgiven a few times, each after a longer wait", () => {
  const restarts = new Restarts();
  const waits = Array.from({ length: tooMany }, (_, index) => restarts.afterCrash(index));
  assert.deepEqual(waits, [250, 500, 1000, 2000, undefined]);
});

test("crashes of long ago are forgotten", () => {
  const restarts = new Restarts();
  for (let minute = 0; minute < 20; minute += 1) {
    assert.notEqual(restarts.afterCrash(minute * 60_000), undefined);
  }
});
