import assert from "node:assert/strict";
import { test } from "node:test";
import { Restarts, tooMany } from "../src/restarts";

test("after each of the first crashes, the server is restarted with a longer delay", () => {
  const restarts = new Restarts();
  const waits = Array.from({ length: tooMany }, (_, index) => restarts.afterCrash(index));
  assert.deepEqual(waits, [250, 500, 1000, 2000, undefined]);
});

test("crashes of long ago do not count", () => {
  const restarts = new Restarts();
  for (let minute = 0; minute < 20; minute += 1) {
    assert.notEqual(restarts.afterCrash(minute * 60_000), undefined);
  }
});
