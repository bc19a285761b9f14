// Makes one .vsix: npm run package [-- --target linux-x64|…|universal] [--out FILE]
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { target: { type: "string" }, out: { type: "string" } } });
const isMusl = process.platform === "linux" && existsSync("/etc/alpine-release");
const target = values.target ?? `${isMusl ? "alpine" : process.platform}-${process.arch}`;
const out = values.out ?? `buildxray-${target}.vsix`;
const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit" });

run(process.platform === "win32" ? "python" : "python3", "scripts/bundle.py", "--target", target);
run(process.execPath, "scripts/build.mjs");
copyFileSync("../LICENSE", "LICENSE");
const platform = target === "universal" ? [] : ["--target", target];
run(process.execPath, "node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", "--out", out, ...platform);
console.log(`made ${out}`);
