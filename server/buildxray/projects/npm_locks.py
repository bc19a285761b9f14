"""The lock files of npm, and the packages that they lack for some machines.

Source: docs.npmjs.com, package-lock.json ("packages"); github.com/npm/cli/issues/4828; npm 9, 10 and 11 were run with such files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import LackingPackage

MODULES: Final = "node_modules/"
"""The directory of the installed packages, at the end of which a lock file has their names."""
_WITHOUT_OTHER_CODE: Final = frozenset(
    {
        "@biomejs/biome",
        "@napi-rs/canvas",
        "@node-rs/argon2",
        "@node-rs/bcrypt",
        "@rspack/binding",
        "@swc/core",
        "lightningcss",
        "oxc-parser",
        "oxlint",
        "rollup",
        "sass-embedded",
    }
)
"""Packages that do not start without one of their optional dependencies; each was run without it.

Others download it, or have WebAssembly in its place: esbuild, Next.js, rolldown, sharp, turbo, @parcel/watcher, @tailwindcss/oxide.
"""
_OF_A_MACHINE: Final = lazy_regex(r"[/-](?:android|darwin|freebsd|linux|openharmony|win32)-[\w-]+")
_OF_LINUX: Final = lazy_regex(r".*[/-]linux-(?P<musl>musl-)?(?P<cpu>arm64|x64)(?:-(?P<library>gnu|musl))?")
_ARCHITECTURES: Final = {"arm64": "arm64", "x64": "amd64"}


def packages_of_npm(content: bytes) -> Mapping[str, Any] | None:
    """The packages of a lock file of npm by their directories; None if it cannot be read, or is that of npm 6."""
    try:
        packages = as_mapping(json.loads(content)).get("packages")
    except (ValueError, RecursionError):
        return None
    return packages if isinstance(packages, dict) else None


def lacking_packages(content: bytes) -> tuple[LackingPackage, ...]:
    """The packages for amd64 and arm64 that a lock file lacks, of packages of which it lists those for another machine.

    Of a lock file that serves several workspaces, only packages that the root itself requires count: which workspaces an image installs is
    decided elsewhere.
    """
    packages = packages_of_npm(content) or {}
    listed = {path.rpartition(MODULES)[2] for path in packages}
    wanted = _required_by_root(packages) if any(path and MODULES not in path for path in packages) else listed
    return tuple(
        dict.fromkeys(
            it
            for path, entry in packages.items()
            if path.rpartition(MODULES)[2] in wanted
            for it in _lacking(path, as_mapping(entry), listed)
        )
    )


def _required_by_root(packages: Mapping[str, Any]) -> set[str]:
    """The names of the packages that the root of a repository requires, directly or not; of several versions, what each of them requires."""
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for path, entry in packages.items():
        known = as_mapping(entry)
        target = known.get("resolved") if known.get("link") else None
        entries.setdefault(path.rpartition(MODULES)[2], []).append(
            as_mapping(packages.get(target)) if isinstance(target, str) else known
        )
    required: set[str] = set()
    waiting = [as_mapping(packages.get(""))]
    while waiting:
        entry = waiting.pop()
        names = {name for kind in _KINDS for name in as_mapping(entry.get(kind))} - required
        required |= names
        waiting += (it for name in names for it in entries.get(name, ()))
    return required


_KINDS: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


def _lacking(path: str, entry: Mapping[str, Any], listed: set[str]) -> Iterator[LackingPackage]:
    """Yield what one package lacks; a package that is optional itself may be left out by the program."""
    parent = path.rpartition(MODULES)[2]
    if parent not in _WITHOUT_OTHER_CODE or any(entry.get(it) for it in ("devOptional", "optional", "peer")):
        return
    names = [it for it in as_mapping(entry.get("optionalDependencies")) if _OF_A_MACHINE.search(it)]
    for name in () if listed.isdisjoint(names) else names:
        machine = _OF_LINUX.fullmatch(name)
        if machine is not None and name not in listed:
            library = "musl" if machine["musl"] else machine["library"] or "gnu"
            yield LackingPackage(name, parent, _ARCHITECTURES[machine["cpu"]], library, bool(entry.get("dev")))
