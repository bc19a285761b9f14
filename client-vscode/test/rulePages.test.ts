import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { summary } from "../src/rulePages";
import rules from "../src/rules.json";

/** A change need not be translated; a release has to be (`make release-check`). */
const isRelease = process.env.RELEASE_CHECK !== undefined;

test("each rule has a page and a summary in both languages", () => {
  assert.ok(rules.length > 20);
  for (const rule of rules) {
    assert.ok(existsSync(`../docs/rules/${rule.name}.md`), rule.name);
    if (isRelease) {
      assert.notEqual(summary(rule, "en"), summary(rule, "ja"));
    }
  }
});

test("the language of the editor is taken, or English", () => {
  const rule = { summary: { en: "a", ja: "b" } };
  assert.deepEqual(["en-us", "ja", "ja-JP", "fr"].map((it) => summary(rule, it)), ["a", "b", "b", "a"]);
});
