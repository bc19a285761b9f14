"""The sources of COPY and ADD at which a build from a checkout stops."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.files.globs import match_text
from buildxray.semantics.instruction import Instruction
from buildxray.syntax.instructions import Copy, Copying, Token
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Absence, Workspace


class AbsentSource(NamedTuple):
    """A path that no directory has which may be the build context."""

    path: str
    range: TextRange
    absence: Absence


def absent_sources(instructions: Iterable[Instruction], workspace: Workspace) -> tuple[AbsentSource, ...]:
    """The sources of some instructions that a checkout surely lacks.

    Left out are files in a directory that it lacks with other sources, whose absence may have a reason: a program makes it before the build.
    Empty if it has none of their other sources either: a directory with nothing of the project in it is not the one that people build. If no
    build is known, empty too without the list of dependencies that a project has from its first day, and if more sources are absent than
    there: the file is for another project, which a program fetches. A path that is there from the directory above needs no such proof.
    """
    absence, holds = workspace.absence, workspace.holds
    if absence is None or holds is None:
        return ()
    instructions = [*instructions]
    sources = [it for one in instructions for it in _literal_sources(one)]
    others = {_first(path) for path, _place in sources if absence(path) is None and not holds(path)} - {""}
    made = {it for it in others if not holds(f"{it}/")}
    absent = tuple(
        AbsentSource(path, place, why)
        for path, place in sources
        if (why := absence(path)) is not None and not (why is Absence.MISSING and _first(path) in made)
    )
    if not absent:
        return ()
    paths = {posixpath.normpath(path) for path, _place in sources}
    held = {it for it in paths if holds(it)}
    has_lists = any(map(holds, _lists_matched(instructions)))
    is_foreign = any(posixpath.basename(it) in _FIRST_FILES for it in paths - held) or len(held) * 2 < len(paths)
    if (not held and not has_lists) or (is_foreign and not has_lists and not workspace.has_build):
        return tuple(it for it in absent if it.absence is Absence.REPEATED)
    return absent


def _first(path: str) -> str:
    """The first directory in a path; empty for a file at the root of the build context."""
    return path.partition("/")[0] if "/" in path else ""


def _lists_matched(instructions: Iterable[Instruction]) -> Iterator[str]:
    """Yield the paths of lists of dependencies that the sources with wildcards match: `package*.json` matches `package.json`."""
    for source in (it.text.lstrip("/") for one in instructions for it in _sources(one)):
        directory, name = posixpath.split(source)
        if "*" in name and "$" not in source and "*" not in directory:
            yield from (posixpath.join(directory, it) for it in _LISTS if match_text(it, name))


_LISTS: Final = (
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "go.mod",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
)
"""Lists of dependencies that are named so in each project."""
_FIRST_FILES: Final = frozenset(
    {"Cargo.toml", "Gemfile", "composer.json", "go.mod", "mix.exs", "package.json", "pom.xml"}
)
"""Lists of dependencies that a project has from its first day: a context that lacks one is not that of the project."""


def _literal_sources(instruction: Instruction) -> Iterator[tuple[str, TextRange]]:
    """Yield the paths of files of the build context that the text tells completely, each with its range."""
    for it in _sources(instruction):
        path = it.text.lstrip("/")
        if path.strip("./") and "://" not in path and re.search(r"[$*?\[\\\"']", path) is None:
            yield path, instruction.range_of(it)


def _sources(instruction: Instruction) -> tuple[Token, ...]:
    """The sources that a COPY or ADD takes from the build context."""
    node = instruction.node
    if not isinstance(node, Copying) or node.problems or (isinstance(node, Copy) and node.source_stage is not None):
        return ()
    return node.sources
