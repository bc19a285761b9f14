/** Everything that people read is there in both languages. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as ts from "typescript";

const json = (path: string): Record<string, string> => JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
const sorted = (them: Iterable<string>): string[] => [...new Set(them)].sort();
const fields = (text: string): string[] => sorted(text.match(/\{\d+\}/g) ?? []);

/** The texts that a source file hands to `l10n.t`. */
function textsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText())) {
      const [text] = node.arguments;
      assert.ok(text && ts.isStringLiteral(text), `${path}: ${node.getText()} is not a string literal`);
      found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A change need not be translated; a release has to be (`make release-check`). */
const isRelease = process.env.RELEASE_CHECK !== undefined;

test("every text of the code is translated, with the same fields, and no other", () => {
  const texts = sorted(readdirSync("src").filter((it) => it.endsWith(".ts")).flatMap((it) => textsOf(`src/${it}`)));
  const translations = json("l10n/bundle.l10n.ja.json");
  assert.deepEqual(sorted(Object.keys(translations)), texts);
  for (const [text, translation] of Object.entries(translations)) {
    if (isRelease) {
      assert.notEqual(translation, "", text);
    }
    assert.deepEqual(fields(translation), fields(text), text);
  }
});

test("both catalogues contain every text of the manifest, and no other", () => {
  const manifest = readFileSync("package.json", "utf8");
  const used = sorted([...manifest.matchAll(/"%([\w.]+)%"/g)].map((it) => it[1] ?? ""));
  const [english, japanese] = [json("package.nls.json"), json("package.nls.ja.json")];
  assert.deepEqual(sorted(Object.keys(english)), used);
  assert.deepEqual(sorted(Object.keys(japanese)), used);
  for (const key of used) {
    if (isRelease) {
      assert.notEqual(japanese[key], english[key], key);
    }
    const links = (text = ""): string[] => sorted(text.match(/\(command:[^)]*\)/g) ?? []);
    assert.deepEqual(links(japanese[key]), links(english[key]), key);
  }
});

test("every visible part of the manifest is a text of the catalogues", () => {
  const isRead = /[dD]escriptions?$|^title$|^displayName$|^altText$/;
  const visit = (value: unknown, name: string): void => {
    if (typeof value === "string") {
      assert.ok(!isRead.test(name) || /^%[\w.]+%$/.test(value), `${name}: ${value}`);
    } else if (typeof value === "object" && value !== null) {
      Object.entries(value).forEach(([key, it]) => { visit(it, Array.isArray(value) ? name : key); });
    }
  };
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { contributes: { configuration: { title: unknown } } };
  // The name of the product is the same everywhere.
  assert.equal(manifest.contributes.configuration.title, "buildxray");
  manifest.contributes.configuration.title = undefined;
  visit(manifest, "");
});
