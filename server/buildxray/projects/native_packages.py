"""The packages of Node.js with native code that a lock file lists.

Source: docs.npmjs.com, package-lock.json ("packages") and package.json ("os", "cpu"); pnpm.io, the format of pnpm-lock.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.files.reading import MOST_LOCK_BYTES, is_file, is_repository, read_project_bytes
from buildxray.projects.npm_locks import MODULES, packages_of_npm
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex


class NativePackages(NamedTuple):
    """The native code among the packages that a program needs when it runs."""

    are_installed: bool | None = None
    """True if some are installed in a Linux container; None if the text does not tell."""
    are_prebuilt: bool | None = None
    """True if one is published for each machine, so that no script has to compile or download it; None if the text does not tell."""
    are_optional: bool = False
    """True if a package without which the program works has native code."""


NATIVE_PACKAGES: Final = frozenset(
    {
        "@libsql/client",
        "@swc/core",
        "@tensorflow/tfjs-node",
        "argon2",
        "bcrypt",
        "better-sqlite3",
        "bufferutil",
        "canvas",
        "esbuild",
        "isolated-vm",
        "lightningcss",
        "node-pty",
        "node-sass",
        "onnxruntime-node",
        "re2",
        "sharp",
        "sqlite3",
    }
)
"""Packages of Node.js with native code for each architecture. Source: their install scripts and optional packages, registry.npmjs.org."""


def read_native_packages(directory: Path, package: Mapping[str, Any]) -> NativePackages:
    """Read the lock file of npm in a directory; without one, that of pnpm there or above it, as that of a workspace is.

    `package` is the package.json of the directory. The lock file of pnpm does not say what compiles code, nor does an old one of npm.
    """
    content = read_project_bytes(directory / "package-lock.json", MOST_LOCK_BYTES)
    packages = None if content is None else packages_of_npm(content)
    if packages is not None:
        return _of_npm(packages)
    is_needed = not NATIVE_PACKAGES.isdisjoint(as_mapping(package.get("dependencies")))
    lock_file = None if content is not None else _lock_of_pnpm(directory)
    is_prebuilt = lock_file is not None and _lists_prebuilt_packages(lock_file)
    return NativePackages(True if is_needed or is_prebuilt else None, True if is_prebuilt else None)


def _of_npm(packages: Mapping[str, Any]) -> NativePackages:
    """The native code among the packages of a lock file.

    The program works without an optional package, unless it is one of those for each machine that a needed package consists of.
    """
    known = {path: it for path, it in packages.items() if isinstance(it, dict)}
    needed = _names_in_needed_packages(known)
    prebuilt: set[bool | None] = set()
    scripted: set[bool | None] = set()
    is_optional = False
    for path, it in known.items():
        is_prebuilt = _is_for_one_machine(it.get("cpu"))
        name = path.rpartition(MODULES)[2]
        has_script = bool(it.get("hasInstallScript")) and name not in _WITH_OTHER_SCRIPTS
        if it.get("dev") or not (is_prebuilt or has_script) or not _is_for_container(it):
            continue
        # Whether the first are installed depends on the other packages; scripts of the project itself may do anything.
        is_unclear = bool(it.get("devOptional") or it.get("peer")) or MODULES not in path
        is_dispensable = bool(it.get("optional")) and not (is_prebuilt and name in needed)
        (prebuilt if is_prebuilt else scripted).add(None if is_unclear or is_dispensable else True)
        is_optional |= is_dispensable and not is_unclear
    return NativePackages(_any(prebuilt | scripted), _any(prebuilt), is_optional)


_WITH_OTHER_SCRIPTS: Final = frozenset(
    {
        "@firebase/util",
        "@nestjs/core",
        "@scarf/scarf",
        "core-js",
        "core-js-bundle",
        "core-js-pure",
        "es5-ext",
        "msw",
        "nodemon",
        "protobufjs",
        "styled-components",
        "vue-demi",
    }
)
"""Packages whose install script prints a text or copies a script, and compiles nothing. Source: their package.json, registry.npmjs.org."""


def _any(answers: set[bool | None]) -> bool | None:
    """True if one is; False if there are none."""
    return True if True in answers else None if answers else False


def _names_in_needed_packages(packages: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The names of the dependencies of all packages that are always installed."""
    needed = (it for it in packages.values() if not any(it.get(mark) for mark in _NOT_NEEDED))
    return {name for it in needed for key in _DEPENDENCIES for name in as_mapping(it.get(key))}


_NOT_NEEDED: Final = ("dev", "devOptional", "optional", "peer")
_DEPENDENCIES: Final = ("dependencies", "optionalDependencies")
_MACHINES: Final = ("arm64", "x64")
"""The processors of the machines that build images, as Node.js names them."""


def _is_for_one_machine(processors: object) -> bool:
    """True if one kind of build machine alone installs a package with this `cpu`."""
    return processors is not None and sum(_allows(processors, it) for it in _MACHINES) == 1


def _is_for_container(package: Mapping[str, Any]) -> bool:
    """True if npm installs a package in a Linux container of a build machine: its `os` and `cpu` do not exclude that."""
    return _allows(package.get("os"), "linux") and any(_allows(package.get("cpu"), it) for it in _MACHINES)


def _allows(values: object, value: str) -> bool:
    """True if a list such as `["linux", "darwin"]` or `["!win32"]` contains a value; a missing one contains all. Source: npm-install-checks, lib/index.js."""
    listed = [values] if isinstance(values, str) else values if isinstance(values, list) else []
    named = [it for it in listed if isinstance(it, str)]
    if not named or named == ["any"]:
        return True
    allowed = [it for it in named if not it.startswith("!")]
    return f"!{value}" not in named and (not allowed or value in allowed)


_MOST_PARENTS: Final = 6


def _lock_of_pnpm(directory: Path) -> bytes | None:
    """The nearest lock file of pnpm in a directory with a package.json or above it, within the repository."""
    if not is_file(directory / "package.json"):
        return None
    for place in (directory, *directory.parents[:_MOST_PARENTS]):
        content = read_project_bytes(place / "pnpm-lock.yaml", MOST_LOCK_BYTES)
        if content is not None or is_repository(place):
            return content
    return None


_OF_PROCESSORS: Final = lazy_regex(
    rb"^[ \t]+cpu: ?\[(?P<cpu>[^\]\n]*)\](?:\r?\n[ \t]+os: ?\[(?P<os>[^\]\n]*)\])?", re.MULTILINE
)


def _lists_prebuilt_packages(lock_file: bytes) -> bool:
    """True if a lock file of pnpm lists a package that one kind of build machine alone installs."""
    return any(
        _is_for_one_machine(_items(it["cpu"])) and _allows(_items(it["os"]), "linux")
        for it in _OF_PROCESSORS.finditer(lock_file)
    )


def _items(written: bytes | None) -> list[str] | None:
    """The items of a list in YAML: `x64, arm64`."""
    if written is None:
        return None
    return [it.strip(" '\"") for it in written.decode("utf-8", "replace").split(",")]
