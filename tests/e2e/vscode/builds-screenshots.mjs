// Makes the pictures of project files in docs/images: lenses and findings of builds, and the list that chooses one.
import { writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { inEachTheme } from "./pictures.mjs";

const viewport = { width: 980, height: 560 };
const settings = {
  "editor.fontSize": 14,
  "editor.lineHeight": 22,
  "editor.minimap.enabled": false,
  "editor.renderLineHighlight": "none",
  "workbench.activityBar.location": "hidden",
  "buildxray.platforms": [],
};
const bake = `group "default" {
  targets = ["release"]
}

target "release" {
  platforms = ["linux/amd64", "linux/arm64"]
}

target "boards" {
  inherits  = ["release"]
  platforms = ["linux/arm46", "linux/arm/v7"]
  target    = "runtime"
}
`;
const compose = `services:
  greet:
    build:
      context: .
      platforms:
        - linux/amd64
        - linux/riscv64
`;
const workflow = `name: release
on:
  push:
    tags: ["v*"]

permissions:
  contents: read
  packages: write

jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - uses: docker/build-push-action@v6
        with:
          platforms: linux/amd64,linux/arm64
          push: true
`;

/** Crops a picture to a height from the top. */
async function keep(window, path, bottom) {
  const clip = { x: 0, y: 0, width: viewport.width, height: bottom };
  await window.page.mouse.move(800, 15);
  await window.page.screenshot({ path, clip, animations: "disabled" });
}

function write(window, name, text) {
  const path = join(window.folder(), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function takeAll(window, place) {
  write(window, "docker-bake.hcl", bake);
  write(window, "compose.yaml", compose);
  write(window, ".github/workflows/release.yml", workflow);
  const lens = (text) => window.page.locator(".codelens-decoration a", { hasText: text });

  await window.openFile("docker-bake.hcl");
  await window.page.keyboard.press("Control+B");
  await lens("emulated").first().waitFor();
  const problem = await window.hoverAt(11, 19, "did you mean linux/arm64");
  await problem.getByRole("button", { name: /^Quick Fix/ }).waitFor();
  await keep(window, place("builds-bake"), 430);

  await window.page.keyboard.press("Escape");
  await window.openFile(".github/workflows/release.yml");
  await lens("emulated").first().waitFor();
  await window.hoverAt(12, 16, "emulat");
  await keep(window, place("builds-workflow"), 520);

  await window.page.keyboard.press("Escape");
  await window.openFile("Dockerfile");
  await lens("linux/amd64").first().waitFor();
  await window.page.keyboard.press("F1");
  await window.pick(">Choose Build", "Choose Build");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "boards" }).waitFor();
  await keep(window, place("choose-build"), 360);
}

await inEachTheme(viewport, takeAll, settings);
