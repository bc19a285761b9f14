"""The paths of the build context that a build cannot do without, which tell the context where no file of the project names it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from buildxray.plan.paths import clean, holds
from buildxray.semantics.instruction import Instruction, Run
from buildxray.semantics.stage import Stage
from buildxray.syntax.instructions import Copying

_UNKNOWN: Final = frozenset("$*?[<\\\"'")
"""Characters of variables, patterns, heredocs and quotes."""
_MOST: Final = 100
"""Paths that are looked for, the first ones."""
_MOST_COPIES: Final = 50
"""Sources of a stage, the last ones, in which the files of a command are looked for."""


def needed_paths(stages: Iterable[Stage]) -> frozenset[str]:
    """The paths, relative to the build context, of files and directories without which one of these stages stops.

    They are the sources of COPY and ADD that the text tells completely, and files of Go that `go build ./main.go` names. Not all: others may be
    made while the build runs.
    """
    return frozenset(islice((path for stage in stages for path in _of_stage(stage)), _MOST))


def _of_stage(stage: Stage) -> Iterator[str]:
    copied: list[tuple[str, str]] = []
    for instruction in stage.instructions:
        if isinstance(instruction, Run):
            yield from _of_commands(instruction, copied)
        else:
            for path in _sources(instruction):
                copied += ((path, it) for it in instruction.destinations if "$" not in it)
                if path != ".":
                    yield path
            del copied[:-_MOST_COPIES]


def _sources(instruction: Instruction) -> Iterator[str]:
    """The sources of a COPY or ADD from the build context, as far as the text tells them."""
    node = instruction.node
    for it in node.sources if isinstance(node, Copying) and node.flag("from") is None else ():
        if not set(it.text) & _UNKNOWN and "://" not in it.text and not it.text.startswith("git@"):
            yield posixpath.normpath(f"/{it.text.lstrip('/')}").lstrip("/") or "."


def _of_commands(run: Run, copied: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The files of Go that the commands of a RUN name, in directories that a COPY has brought."""
    for command in run.known_commands:
        for word in command.syntax.words[1:] if command.name == "go" else ():
            if word.value is None or not word.value.endswith(".go"):
                continue
            for place in command.invocation.paths(word)[:1]:
                yield from (
                    clean(posixpath.join("/", path, posixpath.relpath(place, to))).lstrip("/")
                    for path, to in copied
                    if holds(to, place) and to != place
                )
