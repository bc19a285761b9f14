"""The files that a Cargo.toml refers to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from buildxray.files.globs import match_text
from buildxray.projects.manifests.files import MOST_MEMBERS, IncompleteError, ProjectFiles, joined, toml_of
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex


def of_cargo(context: ProjectFiles, path: str) -> list[str]:
    """The lock file of a project of Cargo, and its toolchain. Raises `IncompleteError` for other packages of the repository, or a target that has to exist.

    Cargo looks for the file of a target without a `path`. Source: the Cargo book, "Workspaces" and "Cargo Targets"; tried with Cargo 1.95.
    """
    text = context.text(path)
    table = toml_of(text)
    if (text and not table) or "workspace" in table or any(map(_is_of_repository, _tables_of_crates(table))):
        raise IncompleteError
    name = as_mapping(table.get("package")).get("name")
    targets = {kind: table.get(kind) for kind in ("bench", "bin", "example", "test")}
    listed = [(kind, as_mapping(it)) for kind, them in targets.items() if isinstance(them, list) for it in them]
    if any("path" not in it and (kind != "bin" or it.get("name") != name) for kind, it in listed):
        raise IncompleteError
    if as_mapping(table.get("package")).get("default-run") not in (None, name):
        raise IncompleteError
    roots = (it for it in context.above(path, "Cargo.toml") if it != path)
    if any(_WORKSPACE_OF_CARGO.search(context.text(it)) is not None for it in roots):
        raise IncompleteError
    return context.beside(path, "Cargo.lock", "rust-toolchain.toml", "rust-toolchain")


def lists_of_members(context: ProjectFiles, path: str, workspace: Mapping[str, Any]) -> Iterator[str]:
    """The Cargo.toml of each member that the workspace of the list at a path names, whether it exists or not; a pattern may have wildcards in its last directory alone.

    Source: the Cargo book, "Workspaces", `members`.
    """
    members = workspace.get("members")
    named = [it for it in members[:MOST_MEMBERS] if isinstance(it, str)] if isinstance(members, list) else []
    return islice(_matching(context, posixpath.dirname(path), named), MOST_MEMBERS)


def _matching(context: ProjectFiles, directory: str, patterns: list[str]) -> Iterator[str]:
    for pattern in patterns:
        parent, name = posixpath.split(joined(directory, pattern))
        if set(parent) & _WILDCARDS:
            continue
        names = [it for it in context.names(parent) if match_text(it, name)] if set(name) & _WILDCARDS else [name]
        yield from (joined(parent, f"{it}/Cargo.toml") for it in names)


_WILDCARDS: Final = frozenset("*?[")


def _tables_of_crates(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tables of a Cargo.toml that name crates: dependencies of each kind, for each system, and what takes the place of others."""
    systems = map(as_mapping, as_mapping(table.get("target")).values())
    kinds = ("dependencies", "build-dependencies", "build_dependencies", "dev-dependencies", "dev_dependencies")
    yield from (as_mapping(one.get(kind)) for one in (table, *systems) for kind in kinds)
    yield from map(as_mapping, as_mapping(table.get("patch")).values())
    yield as_mapping(table.get("replace"))
    # `version.workspace = true`
    yield as_mapping(table.get("package"))


def _is_of_repository(crates: Mapping[str, Any]) -> bool:
    """True if a table names a crate in a directory, or what only the root of a workspace tells."""
    return any(isinstance(it, dict) and not {"path", "workspace"}.isdisjoint(it) for it in crates.values())


_WORKSPACE_OF_CARGO: Final = lazy_regex(r"(?m)^[ \t]*\[workspace\b")
