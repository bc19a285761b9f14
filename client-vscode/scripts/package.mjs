// Makes .vsix files: npm run package [-- [--target linux-x64|…|universal] [--out FILE] | --all [--out DIRECTORY]]
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const targets = ["linux-x64", "linux-arm64", "alpine-x64", "darwin-x64", "darwin-arm64", "win32-x64", "universal"];
const pictures = ["diagnostics", "light-bulb", "hover", "platforms"].flatMap((it) => [`${it}-dark.png`, `${it}-light.png`]);
// What this directory is called on the web, where the pictures of the README are.
const repository = "https://raw.githubusercontent.com/buildxray/buildxray/main/client-vscode";
const run = (command, ...args) => execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });

const { values } = parseArgs({
  options: { target: { type: "string" }, out: { type: "string" }, all: { type: "boolean", default: false } },
});
if (values.all) {
  const directory = values.out ?? ".";
  mkdirSync(directory, { recursive: true });
  targets.forEach((target) => make(target, join(directory, `buildxray-${target}.vsix`)));
} else {
  const target = values.target ?? thisMachine();
  make(target, values.out ?? `buildxray-${target}.vsix`);
}

function make(target, out) {
  run(process.platform === "win32" ? "python" : "python3", "scripts/bundle.py", "--target", target);
  run(process.execPath, "scripts/build.mjs");
  copyFileSync("../LICENSE", "LICENSE");
  cpSync("../docs/rules", "bundled/rules", { recursive: true, filter: (it) => !it.endsWith("README.md") });
  mkdirSync("images/walkthrough", { recursive: true });
  pictures.forEach((it) => copyFileSync(`../docs/images/${it}`, `images/walkthrough/${it}`));
  rmSync(out, { force: true });
  const platform = target === "universal" ? [] : ["--target", target];
  run(process.execPath, "node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", "--baseImagesUrl", repository, "--out", out, ...platform);
  console.log(`${(statSync(out).size / 1024 / 1024).toFixed(1).padStart(5)} MiB  ${out}`);
}

/** The target that suits this machine; the universal one where there is none of its own. */
function thisMachine() {
  const isMusl = process.platform === "linux" && existsSync("/etc/alpine-release");
  const target = `${isMusl ? "alpine" : process.platform}-${process.arch}`;
  return targets.includes(target) ? target : "universal";
}
