// Bundles the extension into one file, or with --tests each test into one.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const common = { bundle: true, platform: "node", target: "node20", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  rmSync("dist-test", { recursive: true, force: true });
  const tests = readdirSync("test", { recursive: true }).filter((it) => it.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((it) => `test/${it}`),
    outdir: "dist-test",
    format: "cjs",
    alias: { vscode: "./test/vscode.ts" },
    external: ["typescript"],
    // What the tested functions do not call need not be there.
    logOverride: { "import-is-undefined": "silent" },
  });
} else {
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    external: ["vscode"],
    format: "cjs",
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
  });
  await build({
    ...common,
    entryPoints: ["src/webview/plan.ts"],
    outfile: "dist/plan.js",
    platform: "browser",
    target: "es2022",
    format: "iife",
    minify: true,
  });
}
