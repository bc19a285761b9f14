"""The patterns of files such as `.gitignore`, matched in time linear in the number of lines.

Source: git-scm.com/docs/gitignore; Git, dir.c and wildmatch.c.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from buildxray.files.globs import component_pattern, is_literal, match_components


class _Rule(NamedTuple):
    """The pattern of one line."""

    ignores: bool
    """False for a pattern that begins with `!`."""
    for_directories: bool
    globs: tuple[str, ...]
    """A glob for each component of a path; a single one that is not anchored is matched with the name alone."""
    is_anchored: bool

    def matches(self, names: tuple[str, ...], *, is_directory: bool) -> bool:
        if self.for_directories and not is_directory:
            return False
        if not self.is_anchored:
            return component_pattern(self.globs[0]).fullmatch(names[-1]) is not None
        return match_components(self.globs, names)


class IgnoreFile:
    """The rules of one file. Paths are given as components, relative to the directory of the file."""

    def __init__(self, text: str) -> None:
        self._rules = [rule for line in text.splitlines() if (rule := _rule(line)) is not None]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._by_first: dict[str, list[int]] = defaultdict(list)
        self._by_end: dict[str, list[int]] = defaultdict(list)
        self._others: list[int] = []
        for number, rule in enumerate(self._rules):
            first = rule.globs[0]
            end = first.rpartition("*")[2]
            if is_literal(first):
                (self._by_first if rule.is_anchored else self._by_name)[first].append(number)
            elif not rule.is_anchored and end and is_literal(end) and "\\" not in first:
                self._by_end[end].append(number)
            else:
                self._others.append(number)
        self._end_lengths = sorted({len(it) for it in self._by_end})

    def says(self, names: tuple[str, ...], *, is_directory: bool) -> bool | None:
        """True if an entry is ignored, False if a `!` line includes it, None if no line matches. The last matching line decides."""
        name = names[-1]
        candidates = [*self._by_name.get(name, ()), *self._by_first.get(names[0], ()), *self._others]
        for length in self._end_lengths:
            if length > len(name):
                break
            candidates += self._by_end.get(name[-length:], ())
        # The last line that matches decides.
        rules = (self._rules[number] for number in sorted(candidates, reverse=True))
        return next((it.ignores for it in rules if it.matches(names, is_directory=is_directory)), None)


def _rule(line: str) -> _Rule | None:
    """Parse a line; None for a comment, a blank line and a pattern that matches nothing."""
    line = _without_blanks_at_end(line)
    if not line or line.startswith("#"):
        return None
    ignores = not line.startswith("!")
    pattern = line if ignores else line[1:]
    for_directories = pattern.endswith("/")
    pattern = pattern[:-1] if for_directories else pattern
    is_anchored = "/" in pattern
    globs = tuple(pattern[1:].split("/") if pattern.startswith("/") else pattern.split("/"))
    if not all(globs):
        return None
    # Several `**` in a row mean the same as one, and would take quadratic time.
    globs = tuple(it for n, it in enumerate(globs) if it != "**" or globs[n - 1 : n] != ("**",))
    if not is_anchored:
        return _Rule(ignores, for_directories, globs, is_anchored=globs == ("**",))
    if globs[-1] == "**":
        # `a/**` matches the content of `a`, and not `a` itself.
        globs = (*globs, "*")
    return _Rule(ignores, for_directories, globs, is_anchored=True)


def _without_blanks_at_end(line: str) -> str:
    stripped = line.rstrip(" ")
    n_backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if n_backslashes % 2 and stripped != line else stripped
