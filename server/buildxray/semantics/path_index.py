"""Find the instructions that concern a path without looking at all others.

A stage may build hundreds of programs, which hundreds of COPY instructions take: comparing each with each would take
quadratic time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

_DEEPEST: Final = 24
"""The components of a path that is looked up; the ancestors of a longer path would take quadratic memory."""


class PathIndex:
    """Instructions by the paths that they concern: at a path, above it or inside it."""

    def __init__(self) -> None:
        self._all: list[int] = []
        self._always: list[int] = []
        self._at: dict[str, list[int]] = {}
        self._inside: dict[str, list[int]] = {}

    def add(self, instruction: int, paths: Iterable[str] | None) -> None:
        """Add an instruction, in ascending order, that concerns these paths; None for one that may concern every path."""
        self._all.append(instruction)
        paths = None if paths is None else [*paths]
        if paths is None or not all(map(_is_plain, paths)):
            self._always.append(instruction)
            return
        for path in paths:
            self._at.setdefault(path, []).append(instruction)
            for ancestor in _ancestors(path):
                self._inside.setdefault(ancestor, []).append(instruction)

    def last_before(self, instruction: int, paths: Iterable[str]) -> int | None:
        """The last instruction before another one that may concern one of the paths; None if there is none."""
        last = -1
        for instructions in (self._always, *(one for path in paths for one in self._lists(path))):
            position = bisect_left(instructions, instruction)
            if position:
                last = max(last, instructions[position - 1])
        return None if last < 0 else last

    def concerning(self, path: str) -> Iterable[int]:
        """All instructions that may concern a path, in ascending order."""
        lists = [it for it in (self._always, *self._lists(path)) if it]
        return lists[0] if len(lists) == 1 else sorted(set().union(*lists))

    def _lists(self, path: str) -> list[list[int]]:
        """The instructions that concern a path, apart from those that concern every path."""
        if not _is_plain(path):
            return [self._all]
        lists = [self._at.get(path), self._inside.get(path), *map(self._at.get, _ancestors(path))]
        return [it for it in lists if it is not None]


def _is_plain(path: str) -> bool:
    """True if a path is absolute, is not a pattern, and does not mean files of unknown names in a directory."""
    is_pattern = "*" in path or "?" in path or "[" in path
    return path.startswith("/") and not path.endswith("/") and not is_pattern and path.count("/") <= _DEEPEST


def _ancestors(path: str) -> list[str]:
    """The directories above an absolute path, nearest first, without the root, which concerns everything."""
    ancestors: list[str] = []
    while path := path.rpartition("/")[0]:
        ancestors.append(path)
    return ancestors
