"""The versions of Rust that the files of a project of Cargo ask for.

Source: the Cargo book, "The edition field", "Rust Version", "Workspaces" and "Cargo.toml vs Cargo.lock"; the release notes of Rust 1.31, 1.56, 1.78 and
1.85; tried with Cargo 1.65 and 1.95.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.projects.manifests.files import ProjectFiles, joined, toml_of
from buildxray.projects.manifests.rust import lists_of_members
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import RustAsking, RustNeed

_OF_EDITION: Final = {"2018": 31, "2021": 56, "2024": 85}
"""The minor versions of Rust with which the editions came."""
_OF_LOCK_FILE: Final = {"4": 78}
"""The minor versions of Rust that first read a format of the lock file."""
_VERSION: Final = lazy_regex(r"1\.(?P<minor>\d{1,3})(?:\.(?P<patch>\d{1,3}))?")
_LOCK_FORMAT: Final = lazy_regex(r"(?m)^version[ \t]*=[ \t]*(?P<version>\d)[ \t\r]*$")
_TOOLCHAINS: Final = ("rust-toolchain", "rust-toolchain.toml")
"""Files with which rustup runs another version than that of the image."""


def needs_of_rust(directory: Path, path: str) -> tuple[RustNeed, ...] | None:
    """What the Cargo.toml or the Cargo.lock at a path of a directory asks for; None without the file.

    Of the root of a workspace, the editions of its packages too, and their compilers if Cargo compiles them without further options. Empty for one with a `rust-toolchain.toml`, and for a lock file beside the list of a member,
    which Cargo does not read.
    """
    context = ProjectFiles(directory, "", "cargo")
    path = posixpath.normpath(path)
    if not context.exists(path):
        return None
    if context.above(path, *_TOOLCHAINS):
        return ()
    lists = [it for it in context.above(path, "Cargo.toml") if it != joined(posixpath.dirname(path), "Cargo.toml")]
    root = next(
        (it for table in map(toml_of, map(context.text, lists)) if (it := as_mapping(table.get("workspace")))), {}
    )
    if posixpath.basename(path) == "Cargo.lock":
        found = None if root else _LOCK_FORMAT.search(context.text(path))
        minor = 0 if found is None else _OF_LOCK_FILE.get(found["version"], 0)
        return (RustNeed(path, RustAsking.LOCK_FILE, (minor, 0), found["version"]),) if found and minor else ()
    table = toml_of(context.text(path))
    workspace = as_mapping(table.get("workspace"))
    needs = [*_of_package(table, path, workspace or root)]
    for member in _members(context, path, workspace):
        needs += _of_package(toml_of(context.text(member)), member, workspace)
    if "default-members" in workspace:
        return (*(it for it in needs if it.asking is not RustAsking.COMPILER),)
    # With a package of its own, the root is what is compiled.
    return (*(it for it in needs if it.path == path or it.asking is not RustAsking.COMPILER or "package" not in table),)


def _of_package(table: Mapping[str, Any], path: str, workspace: Mapping[str, Any]) -> Iterator[RustNeed]:
    """Yield what a package asks for, perhaps with the values of its workspace. Cargo refuses unstable features before."""
    package, inherited = as_mapping(table.get("package")), as_mapping(workspace.get("package"))
    if "cargo-features" in table:
        return
    name = package.get("name")
    name = name if isinstance(name, str) else ""
    edition, compiler = (_value(package, inherited, it.value) for it in (RustAsking.EDITION, RustAsking.COMPILER))
    if edition in _OF_EDITION:
        yield RustNeed(path, RustAsking.EDITION, (_OF_EDITION[edition], 0), edition, name)
    version = _VERSION.fullmatch(compiler)
    if version is not None:
        oldest = int(version["minor"]), int(version["patch"] or 0)
        yield RustNeed(path, RustAsking.COMPILER, oldest, compiler, name)


def _value(package: Mapping[str, Any], inherited: Mapping[str, Any], key: str) -> str:
    """The value of a key of a package, or that of its workspace with `key.workspace = true`; empty without one."""
    value = package.get(key)
    if as_mapping(value).get("workspace") is True:
        value = inherited.get(key)
    return value if isinstance(value, str) else ""


def _members(context: ProjectFiles, path: str, workspace: Mapping[str, Any]) -> list[str]:
    """The lists of the members of a workspace that exist and are not excluded."""
    excluded, directory = workspace.get("exclude"), posixpath.dirname(path)
    left_out = [joined(directory, it) for it in excluded if isinstance(it, str)] if isinstance(excluded, list) else []
    named = lists_of_members(context, path, workspace)
    paths = dict.fromkeys(it for it in named if it != path and context.exists(it))
    return [it for it in paths if not any(f"{it}/".startswith(f"{one}/") for one in left_out)]
