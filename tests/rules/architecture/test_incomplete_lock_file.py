from __future__ import annotations

from buildxray.rules.architecture.incomplete_lock_file import incomplete_lock_file
from buildxray.toolchains.base import LackingPackage, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings

GNU = LackingPackage("@rollup/rollup-linux-arm64-gnu", "rollup", "arm64", "gnu", is_for_development=False)
MUSL = LackingPackage("@rollup/rollup-linux-arm64-musl", "rollup", "arm64", "musl", is_for_development=False)
ON_AMD64 = LackingPackage("@biomejs/cli-linux-x64", "@biomejs/biome", "amd64", "gnu", is_for_development=True)


def workspace(*lacking: LackingPackage, path: str = "package-lock.json") -> Workspace:
    return Workspace(lacking_packages=lambda it: lacking if it == path else ())


def test_a_package_that_the_lock_file_lists_for_other_machines() -> None:
    check_rule(
        incomplete_lock_file,
        """
        FROM node:22 AS build
        WORKDIR /src
        COPY web/package*.json ./
        RUN npm ci
            ^^^^^^ `npm ci` does not install `@rollup/rollup-linux-arm64-gnu` for linux/arm64, so that `rollup` does not start there: `web/package-lock.json` lists such packages for other machines only; delete it and `node_modules`, and run `npm install`
        COPY web .
        RUN npm run build
        """,
        workspace=workspace(GNU, MUSL, path="web/package-lock.json"),
    )


@every_case(
    "image, lacking, n_findings",
    [
        ("node:22", (GNU,), 1),
        ("node:22", (MUSL,), 0),
        ("node:22-alpine", (GNU,), 0),
        ("node:22-alpine", (MUSL,), 1),
        # an image that may have the one library or the other
        ("example.org/node", (GNU,), 0),
        ("example.org/node", (GNU, MUSL), 1),
        ("--platform=$BUILDPLATFORM node:22", (GNU, MUSL), 0),
        ("--platform=$BUILDPLATFORM node:22", (ON_AMD64,), 1),
        ("--platform=linux/arm64 node:22", (ON_AMD64,), 0),
    ],
)
def test_the_machine_on_which_the_step_runs(image: str, lacking: tuple[LackingPackage, ...], n_findings: int) -> None:
    ctx = context(f"FROM {image}\nCOPY . .\nRUN npm ci\n", workspace=workspace(*lacking))
    assert len(findings(incomplete_lock_file, ctx)) == n_findings


@every_case(
    "held, has_build, n_findings",
    [
        (("tsconfig.json", "src"), False, 1),
        # Its own directory may be the context, and has another lock file.
        (("src",), False, 0),
        ((), False, 0),
        ((), True, 1),
    ],
)
def test_the_lock_file_of_a_directory_that_may_not_be_the_context(
    held: tuple[str, ...], n_findings: int, *, has_build: bool
) -> None:
    known = workspace(GNU)._replace(holds=lambda it: it.rstrip("/") in held, has_build=has_build)
    ctx = context("FROM node:22\nCOPY package*.json tsconfig.json ./\nRUN npm ci\nCOPY src ./src\n", workspace=known)
    assert len(findings(incomplete_lock_file, ctx)) == n_findings


@every_case(
    "run",
    [
        "npm install",
        "npm ci --no-optional",
        "npm ci --omit optional",
        "npm ci --omit=optional",
        "npm ci --cpu=x64",
        "npm ci --prefix web",
        "yarn install --frozen-lockfile",
        "npm ci && npm install --no-save @rollup/rollup-linux-arm64-gnu",
        "rm package-lock.json && npm install && npm ci",
        "npm ci && npm run build -w packages/shared -w apps/api",
        "if [ -e a ]; then npm ci; fi",
        'if [ "$(uname -m)" = x86_64 ]; then npm ci; fi',
    ],
)
def test_not_reported(run: str) -> None:
    check_nothing(incomplete_lock_file, f"FROM node:22\nCOPY . .\nRUN {run}\n", workspace=workspace(GNU))


def test_packages_for_development_only() -> None:
    text = "FROM node:22\nCOPY . .\nRUN npm ci{}\n"
    check_nothing(incomplete_lock_file, text.format(" --omit=dev"), workspace=workspace(ON_AMD64))
    check_nothing(incomplete_lock_file, "FROM node:22\nENV NODE_ENV=production\nCOPY . .\nRUN npm ci\n", workspace=workspace(ON_AMD64))  # fmt: skip
    assert findings(incomplete_lock_file, context(text.format(""), workspace=workspace(ON_AMD64)))


def test_unknown_contexts_and_lock_files_of_other_directories() -> None:
    check_nothing(incomplete_lock_file, "FROM node:22\nCOPY . .\nRUN npm ci\n")
    check_nothing(
        incomplete_lock_file, "FROM node:22\nCOPY api .\nRUN npm ci\n", workspace=workspace(GNU, path="web/package-lock.json")
    )  # fmt: skip
