"""The files of a directory that may be the build context, as package managers look for them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.files.globs import match_text
from buildxray.files.reading import entries_of, is_file, is_inside, read_project_text
from buildxray.projects.toml import parse_toml
from buildxray.projects.yaml import as_mapping
from buildxray.toolchains.base import IGNORING_SCRIPTS, MAKING_CLIENT, WITHOUT_WORKSPACE

MOST_FILES: Final = 200
"""Files of a project that are looked at for one list of dependencies."""
MOST_MEMBERS: Final = 100
"""Members of a workspace that one pattern is compared with."""


class IncompleteError(Exception):
    """A list of dependencies refers to something of which the text does not tell the files."""


def toml_of(text: str) -> dict[str, Any]:
    """The table of a TOML file; empty if it is not one."""
    try:
        return parse_toml(text)
    except ValueError:
        return {}


class ProjectFiles:
    """The files of one directory that may be the build context; paths are relative to it, with slashes."""

    def __init__(self, directory: Path, base: str, manager: str) -> None:
        self._directory = directory
        self.base = base
        self.manager, *options = manager.split(" ")
        self.runs_scripts = IGNORING_SCRIPTS not in options
        """True if an installation runs the scripts of package.json."""
        self.makes_client = MAKING_CLIENT in options
        """True if the build makes the client of Prisma itself, so that an installation need not."""
        self.has_workspace = WITHOUT_WORKSPACE not in options
        """True if the go command finds a go.work."""
        self.filtered: set[str] = set()
        """The solutions of which a filter names the projects."""
        self.package: str | None = None
        """The first package.json that was read: the one of the workspace, if it has members."""

    def exists(self, path: str) -> bool:
        """True if a path is that of a file in the context."""
        place = self._directory / path
        return not path.startswith("..") and is_inside(place, self._directory) and is_file(place)

    def text(self, path: str) -> str:
        """The text of a file; empty if it cannot be read."""
        return (read_project_text(self._directory / path) or "") if self.exists(path) else ""

    def names(self, directory: str) -> list[str]:
        """The names in a directory."""
        place = self._directory / directory
        if directory.startswith("..") or not is_inside(place, self._directory):
            return []
        return [it.name for it in entries_of(place)]

    def matching(self, path: str) -> list[str]:
        """The files that a path with wildcards in its name names."""
        directory, name = posixpath.split(path)
        if name == "*.csproj":
            # A solution comes first. Source: learn.microsoft.com, "dotnet restore", ROOT.
            listed = [it for it in self.names(directory) if match_text(it.lower(), "*.*proj")]
            solutions = [it for it in self.names(directory) if it.lower().endswith((".sln", ".slnx"))]
            return [joined(directory, it) for it in solutions or listed][:MOST_MEMBERS]
        if not re.search(r"[*?\[]", name):
            return [path] if self.exists(path) else []
        return [joined(directory, it) for it in self.names(directory) if match_text(it, name)][:MOST_MEMBERS]

    def beside(self, path: str, *names: str) -> list[str]:
        """The files with these names in the directory of a file that exist."""
        read = (it for it in names if self.manager in _READ_BY.get(it, (self.manager,)))
        paths = (joined(posixpath.dirname(path), it) for it in read)
        return [it for it in paths if self.exists(it)]

    def above(self, path: str, *names: str) -> list[str]:
        """The files with these names in the directory of a file and in those above it, as far as the build copies them."""
        files: list[str] = []
        directory = posixpath.dirname(path)
        while True:
            files += self.beside(joined(directory, "x"), *names)
            if directory in ("", self.base):
                return files
            directory = posixpath.dirname(directory)


def joined(directory: str, path: str) -> str:
    """The normal form of a path that is relative to a directory."""
    return posixpath.normpath(posixpath.join(directory, path))


def path_in_context(path: str, other: str) -> str:
    """A path that is written relative to the directory of a file. Raises `IncompleteError` for one outside of the context."""
    place = joined(posixpath.dirname(path), other)
    if place.startswith(("..", "/")):
        raise IncompleteError
    return place


OF_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "package-lock.json": ("npm",),
    "npm-shrinkwrap.json": ("npm",),
    ".npmrc": ("bun", "npm", "pnpm", "yarn"),
    "yarn.lock": ("yarn",),
    ".yarnrc": ("yarn",),
    ".yarnrc.yml": ("yarn",),
    "pnpm-lock.yaml": ("pnpm",),
    "pnpm-workspace.yaml": ("pnpm",),
    ".pnpmfile.cjs": ("pnpm",),
    "bun.lock": ("bun",),
    "bun.lockb": ("bun",),
    "bunfig.toml": ("bun",),
}
"""The files beside a package.json that an installation reads, and the programs that read each."""
_READ_BY: Final[Mapping[str, tuple[str, ...]]] = {
    **OF_PACKAGES,
    "poetry.lock": ("poetry",),
    "poetry.toml": ("poetry",),
    "uv.lock": ("uv",),
    "uv.toml": ("uv",),
    ".python-version": ("uv",),
}
"""Files that only some programs read, among those that share a list of dependencies."""


def json_of(text: str) -> Mapping[str, Any]:
    """The object of a JSON file; empty if it is not one."""
    try:
        return as_mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}
