from __future__ import annotations

import json
from typing import Any

from buildxray.projects.npm_locks import lacking_packages, packages_of_npm
from tests.support.cases import every_case

NAMES = ("darwin-arm64", "linux-arm64-gnu", "linux-arm64-musl", "linux-x64-gnu", "linux-x64-musl", "win32-x64-msvc")


def lock(parent: str, prefix: str, listed: tuple[str, ...], names: tuple[str, ...] = NAMES, **entry: bool) -> bytes:
    """A lock file with a package, what it consists of on each machine, and those of these packages that are listed."""
    packages: dict[str, Any] = {
        "": {"name": "app"},
        f"node_modules/{parent}": {"optionalDependencies": {f"{prefix}{it}": "1.0.0" for it in names}, **entry},
    }
    packages |= {f"node_modules/{prefix}{it}": {"optional": True} for it in listed}
    return json.dumps({"lockfileVersion": 3, "packages": packages}).encode()


def lacking(content: bytes) -> list[str]:
    return [f"{it.architecture} {it.library} {it.name}" for it in lacking_packages(content)]


def test_a_lock_file_of_one_machine() -> None:
    assert lacking(lock("rollup", "@rollup/rollup-", ("linux-x64-gnu",))) == [
        "arm64 gnu @rollup/rollup-linux-arm64-gnu",
        "arm64 musl @rollup/rollup-linux-arm64-musl",
        "amd64 musl @rollup/rollup-linux-x64-musl",
    ]


@every_case(
    "content, expected",
    [
        (lock("rollup", "@rollup/rollup-", NAMES), []),
        # no package of any machine: the optional packages are left out on purpose
        (lock("rollup", "@rollup/rollup-", ()), []),
        (lock("rollup", "@rollup/rollup-", ("linux-x64-gnu",), optional=True), []),
        (lock("rollup", "@rollup/rollup-", ("linux-x64-gnu",), peer=True), []),
        # it downloads what is missing, or has WebAssembly in its place
        (lock("esbuild", "@esbuild/", ("linux-x64",), ("linux-x64", "linux-arm64")), []),
        (lock("rolldown", "@rolldown/binding-", ("linux-x64-gnu",)), []),
        # names without a C library
        (
            lock("sass-embedded", "sass-embedded-", ("linux-x64",), ("linux-x64", "linux-arm64", "linux-musl-arm64")),
            ["arm64 gnu sass-embedded-linux-arm64", "arm64 musl sass-embedded-linux-musl-arm64"],
        ),
        (
            lock("@biomejs/biome", "@biomejs/cli-", ("darwin-arm64",), ("darwin-arm64", "linux-x64")),
            ["amd64 gnu @biomejs/cli-linux-x64"],
        ),
        (b"{", []),
        (b"[]", []),
        (b'{"packages": []}', []),
        (b'{"packages": {"node_modules/rollup": 1, "a": {"optionalDependencies": [1]}}}', []),
        (b'{"lockfileVersion": 1, "dependencies": {"rollup": {}}}', []),
        (b"[" * 100_000, []),
    ],
)
def test_the_packages_that_a_lock_file_lacks(content: bytes, expected: list[str]) -> None:
    assert lacking(content) == expected


def test_a_package_for_development() -> None:
    (found,) = lacking_packages(lock("oxlint", "@oxlint/", ("a-linux-x64-gnu",), ("a-linux-x64-gnu", "a-linux-arm64-gnu"), dev=True))  # fmt: skip
    assert found.is_for_development


def test_a_package_within_another_one_is_listed() -> None:
    content = lock("rollup", "@rollup/rollup-", ("linux-x64-gnu",), ("linux-x64-gnu", "linux-arm64-gnu"))
    packages = packages_of_npm(content)
    assert packages is not None
    nested = {**packages, "node_modules/vite/node_modules/@rollup/rollup-linux-arm64-gnu": {}}
    assert lacking(json.dumps({"packages": nested}).encode()) == []


@every_case(
    "root, workspace, is_lacking",
    [
        ({}, {"vite": "7"}, False),
        ({"vite": "7"}, {}, True),
        ({"rollup": "4"}, {}, True),
        ({"web": "*"}, {"vite": "7"}, True),
    ],
)
def test_what_only_other_workspaces_require_does_not_count(
    root: dict[str, str], workspace: dict[str, str], *, is_lacking: bool
) -> None:
    content = json.loads(lock("rollup", "@rollup/rollup-", ("linux-x64-gnu",)))
    content["packages"] |= {
        "": {"workspaces": ["apps/*"], "devDependencies": root},
        "apps/web": {"dependencies": workspace},
        "node_modules/web": {"resolved": "apps/web", "link": True},
        "node_modules/vite": {"dependencies": {"rollup": "4"}},
    }
    assert bool(lacking_packages(json.dumps(content).encode())) is is_lacking
