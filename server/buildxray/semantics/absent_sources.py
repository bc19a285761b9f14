"""The sources of COPY and ADD at which a build from a checkout stops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from buildxray.semantics.instruction import Instruction
from buildxray.syntax.instructions import Copy, Copying
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Absence, Workspace


class AbsentSource(NamedTuple):
    """A path that no directory has which may be the build context."""

    path: str
    range: TextRange
    absence: Absence


def absent_sources(instructions: Iterable[Instruction], workspace: Workspace) -> tuple[AbsentSource, ...]:
    """The sources of some instructions that a checkout surely lacks.

    Empty if it has none of their other sources either: a directory with nothing of the project in it is not the one that people build. A path
    that is there from the directory above needs no such proof.
    """
    absence, holds = workspace.absence, workspace.holds
    if absence is None or holds is None:
        return ()
    sources = [it for one in instructions for it in _literal_sources(one)]
    absent = tuple(AbsentSource(path, place, why) for path, place in sources if (why := absence(path)) is not None)
    if not absent or any(holds(path) for path, _place in sources):
        return absent
    return tuple(it for it in absent if it.absence is Absence.REPEATED)


def _literal_sources(instruction: Instruction) -> Iterator[tuple[str, TextRange]]:
    """Yield the paths of files of the build context that the text tells completely, each with its range."""
    node = instruction.node
    if not isinstance(node, Copying) or node.problems or (isinstance(node, Copy) and node.source_stage is not None):
        return
    for it in node.sources:
        path = it.text.lstrip("/")
        if path.strip("./") and "://" not in path and re.search(r"[$*?\[\\\"']", path) is None:
            yield path, instruction.range_of(it)
