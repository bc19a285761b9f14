"""The patterns of a `.dockerignore`, with BuildKit's meaning.

BuildKit: dockerfile2llb/validations.go, validateCopySourcePath; github.com/moby/patternmatcher, which it vendors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.plan.paths import clean
from buildxray.syntax.whitespace import SPACE

_LONGEST: Final = 1_000_000
"""Characters of a `.dockerignore` that are read."""
_WHOLE_CONTEXT: Final = frozenset({"*", "**", "**/*"})


class _Pattern(NamedTuple):
    text: str
    """Cleaned, without `!`."""
    is_exception: bool
    regex: re.Pattern[str]


class IgnorePatterns:
    """What a `.dockerignore` leaves out of the build context."""

    def __init__(self, text: str) -> None:
        self._patterns = tuple(_read(text[:_LONGEST]))

    def excludes_source(self, path: str) -> bool:
        """Whether BuildKit warns that a source of COPY or ADD is left out; `path` is clean.

        It never does where the file has exceptions (`!keep`): what they let in cannot be told without looking.
        """
        if not self._patterns or any(it.is_exception for it in self._patterns):
            return False
        if path in (".", "/") and not any(it.text in _WHOLE_CONTEXT for it in self._patterns):
            return False
        return self.excludes(path)

    def excludes(self, path: str) -> bool:
        """Whether a path of the context is left out, itself or by a directory above it (MatchesOrParentMatches)."""
        parent = path.rpartition("/")[0]
        parts = parent.split("/") if parent else []
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        is_excluded = False
        for pattern in self._patterns:
            if pattern.is_exception == is_excluded and any(map(pattern.regex.match, (path, *above))):
                is_excluded = not pattern.is_exception
        return is_excluded


def _read(text: str) -> Iterator[_Pattern]:
    """BuildKit: patternmatcher/ignorefile, ReadAll, and patternmatcher.New; wrong patterns are left out."""
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern = line.strip(SPACE)
        if line.startswith("#") or not pattern:
            continue
        is_exception = pattern.startswith("!")
        pattern = pattern.removeprefix("!").strip(SPACE)
        pattern = clean(pattern) if pattern else ""
        if len(pattern) > 1:
            pattern = pattern.removeprefix("/")
        try:
            yield _Pattern(pattern, is_exception, _regex(pattern))
        except re.error:
            continue


def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for whole paths. BuildKit: patternmatcher.go, compile and match."""
    pieces: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if pattern.startswith("**", position - 1):
            position += 1
            if pattern.startswith("/", position):
                position += 1
            is_suffix = position == 2 and re.search(r"[*?\[\]\\]", pattern[2:]) is None
            pieces.append("(?:.*/)?" if position < len(pattern) and not is_suffix else ".*")
        elif char == "*":
            pieces.append("[^/]*")
        elif char == "?":
            pieces.append("[^/]")
        elif char == "\\" and position < len(pattern):
            pieces.append(re.escape(pattern[position]))
            position += 1
        elif char == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                raise re.error("a bracket is not closed", pattern, position)
            content = pattern[position:end]
            pieces.append(f"[{content}]")
            position = end + 1
        else:
            pieces.append(re.escape(char))
    return re.compile("".join(pieces) + r"\Z", re.DOTALL)
