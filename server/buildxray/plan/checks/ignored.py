"""The patterns of a `.dockerignore`, with BuildKit's meaning.

BuildKit: dockerfile2llb/validations.go, validateCopySourcePath; github.com/moby/patternmatcher, which it vendors.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.plan.paths import clean
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.whitespace import SPACE

_LONGEST: Final = 100_000
"""Code points of a `.dockerignore`. A longer one is not evaluated, because its exceptions are not known."""
_MOST_WILD: Final = 1000
"""Patterns with wildcards, limited for the same reason."""
_LONGEST_PATH: Final = 4096
"""Code points of a path or of a pattern: Linux has no longer paths (PATH_MAX)."""
_WHOLE_CONTEXT: Final = frozenset({"*", "**", "**/*"})


class _PatternError(ValueError):
    """Raised for a pattern that BuildKit refuses."""


class _Pattern(NamedTuple):
    text: str
    """The cleaned pattern without `!`."""
    is_exception: bool
    automaton: _Automaton | None
    """None for a pattern without wildcards."""

    def matches(self, path: str) -> bool:
        """True if the pattern matches the path or one of its parent directories."""
        if self.automaton is None:
            return path == self.text or path.startswith(f"{self.text}/")
        return self.automaton.matches(path)


class IgnorePatterns:
    """The paths that a `.dockerignore` excludes from the build context."""

    def __init__(self, text: str) -> None:
        patterns = () if len(text) > _LONGEST else tuple(_read(text))
        is_bounded = sum(it.automaton is not None for it in patterns) <= _MOST_WILD
        self._patterns = patterns if is_bounded else ()

    def excludes_source(self, path: str) -> bool:
        """True if BuildKit warns that a source of COPY or ADD is excluded; `path` is clean.

        It never warns if the file has exceptions (`!keep`), whose effect depends on the files in the context.
        """
        if not self._patterns or any(it.is_exception for it in self._patterns):
            return False
        if path in (".", "/") and not any(it.text in _WHOLE_CONTEXT for it in self._patterns):
            return False
        return self.excludes(path)

    def leaves_out(self, path: str) -> bool:
        """True if nothing of a path is in the context: it is excluded, and no exception may be for a part of it."""
        exceptions = (it for it in self._patterns if it.is_exception)
        is_divided = any(it.automaton is not None or it.text.startswith(f"{path}/") for it in exceptions)
        return path != "." and not is_divided and self.excludes(path)

    def excludes(self, path: str) -> bool:
        """True if a path of the context or one of its parent directories is excluded (MatchesOrParentMatches)."""
        if len(path) > _LONGEST_PATH:
            return False
        is_excluded = False
        for pattern in self._patterns:
            if pattern.is_exception == is_excluded and pattern.matches(path):
                is_excluded = not pattern.is_exception
        return is_excluded


def _read(text: str) -> Iterator[_Pattern]:
    """Parse the patterns, skipping invalid ones. BuildKit: patternmatcher/ignorefile, ReadAll, and patternmatcher.New."""
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
            automaton = _compile(pattern) if not pattern or _WILD.search(pattern) else None
            yield _Pattern(pattern, is_exception, automaton)
        except _PatternError:
            continue


class _Automaton:
    """A nondeterministic automaton for one pattern; each place in the pattern is one bit.

    Matching takes time proportional to the length of the path. A backtracking regular expression, like Python's, would
    take exponential time for `a*a*a*a*b`, and the pattern comes with a cloned repository.
    """

    def __init__(self) -> None:
        self._end = 1
        """The bit of the place after the last element."""
        self._literals: dict[str, int] = {}
        self._sets: list[tuple[re.Pattern[str], int]] = []
        self._one = 0
        """The places of `?`: one character of a component."""
        self._star = 0
        """The places of `*`: any characters of a component."""
        self._everything = 0
        """The places of `**` at the end: any characters."""
        self._directories = 0
        """The places of `**/`, with two bits each: nothing, or any characters up to a slash."""

    def add_literal(self, char: str) -> None:
        """Append a character that matches itself."""
        self._literals[char] = self._literals.get(char, 0) | self._end
        self._end <<= 1

    def add_one(self) -> None:
        """Append `?`."""
        self._one |= self._end
        self._end <<= 1

    def add_set(self, regex: re.Pattern[str]) -> None:
        """Append `[…]`, a regular expression of one character."""
        self._sets.append((regex, self._end))
        self._end <<= 1

    def add_star(self) -> None:
        """Append `*`; must not be followed directly by another wildcard of several characters."""
        self._star |= self._end
        self._end <<= 1

    def add_everything(self) -> None:
        """Append `**` that matches any text."""
        self._everything |= self._end
        self._end <<= 1

    def add_directories(self) -> None:
        """Append `**/`; repeating it has no effect."""
        if not self._directories & self._end >> 2:
            self._directories |= self._end
            self._end <<= 2

    def matches(self, path: str) -> bool:
        """True if the whole path, or the path of a parent directory, matches."""
        has_parent = path.rfind("/") > 0
        places = self._with_skipped(1)
        for char in path:
            if char == "/" and has_parent and places & self._end:
                return True
            places = self._with_skipped(self._after(places, char))
            if not places:
                return False
        return bool(places & self._end)

    def _after(self, places: int, char: str) -> int:
        """The places reached by one more character."""
        inside = self._directories << 1
        one = self._literals.get(char, 0)
        for regex, bit in self._sets:
            if places & bit and regex.match(char):
                one |= bit
        repeated = self._everything | inside
        if char == "/":
            one |= inside
        else:
            one |= self._one
            repeated |= self._star
        return (places & one) << 1 | places & repeated

    def _with_skipped(self, places: int) -> int:
        """The places, and those after wildcards that match the empty text."""
        directories = places & self._directories
        places |= directories << 1 | directories << 2
        return places | (places & (self._star | self._everything)) << 1


_WILD: Final = lazy_regex(r"[*?\[\\]")


def _compile(pattern: str) -> _Automaton:
    """Compile a pattern. Raises `_PatternError`. BuildKit: patternmatcher.go, compile and match."""
    automaton = _Automaton()
    if len(pattern) > _LONGEST_PATH:
        # Too long to match any path, but it must stay in the list, because it may be an exception.
        automaton.add_set(re.compile(r"(?!)"))
        return automaton
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if pattern.startswith("**", position - 1):
            position += 1
            if pattern.startswith("/", position):
                position += 1
            is_suffix = position == 2 and re.search(r"[*?\[\]\\]", pattern[2:]) is None
            if position < len(pattern) and not is_suffix:
                automaton.add_directories()
            else:
                automaton.add_everything()
        elif char == "*":
            automaton.add_star()
        elif char == "?":
            automaton.add_one()
        elif char == "\\" and position < len(pattern):
            automaton.add_literal(pattern[position])
            position += 1
        elif char == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                raise _PatternError
            try:
                with warnings.catch_warnings():
                    # For `[a--b]`, whose meaning a later version of Python will change.
                    warnings.simplefilter("ignore", FutureWarning)
                    automaton.add_set(re.compile(f"[{pattern[position:end]}]", re.DOTALL))
            except re.error:
                raise _PatternError from None
            position = end + 1
        else:
            automaton.add_literal(char)
    return automaton
