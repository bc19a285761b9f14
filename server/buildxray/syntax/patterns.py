"""Match shell patterns of `${X#pattern}` and `${X//pattern/text}` in linear time, as BuildKit's RE2 does.

Python's `re` backtracks: `${X//*a*a*a*b}` would take exponential time. The text between two stars has a fixed
length, so the shortest match takes the first occurrence of each text, and the longest match the last
occurrence of the last text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _

Match = tuple[int, int]
"""Start and end offsets, half-open."""


class PatternError(ValueError):
    """Raised for a pattern that BuildKit refuses; the message gives the reason."""


class ShellPattern(NamedTuple):
    """A compiled pattern: the texts between its stars. A star does not match a line feed, like `.` in Go."""

    first: re.Pattern[str]
    middle: tuple[re.Pattern[str], ...]
    last: re.Pattern[str] | None
    """None if the pattern has no star."""
    last_reversed: re.Pattern[str] | None
    has_line_feed: bool

    def match(self, value: str, *, greedy: bool) -> Match | None:
        """The longest or the shortest match at the start of `value`."""
        return self._match_at(value, 0, greedy=greedy)[0]

    def search(self, value: str, position: int) -> Match | None:
        """The leftmost match at or after `position`; the longest of those."""
        while (start := self.first.search(value, position)) is not None:
            match, failed_at = self._match_at(value, start.start(), greedy=True)
            if match is not None:
                return match
            # A text that does not occur after one start does not occur after a later start on the same line.
            position = start.start() + 1 if self.has_line_feed else max(start.start() + 1, failed_at)
            if position > len(value):
                return None
        return None

    def _match_at(self, value: str, start: int, *, greedy: bool) -> tuple[Match | None, int]:
        """The match at `start`, or None with the end of the line on which it fails."""
        begin = self.first.match(value, start)
        if begin is None:
            return None, start
        position = begin.end()
        if self.last is None:
            return (start, position), start
        for text in self.middle:
            line_end = _line_end(value, position)
            place = text.search(value, position)
            if place is None or place.start() > line_end:
                return None, line_end
            position = place.end()
        line_end = _line_end(value, position)
        if greedy and self.last_reversed is not None:
            return self._longest(value, start, position, line_end), line_end
        place = self.last.search(value, position)
        if place is None or place.start() > line_end:
            return None, line_end
        return (start, place.end()), line_end

    def _longest(self, value: str, start: int, position: int, line_end: int) -> Match | None:
        assert self.last is not None
        assert self.last_reversed is not None
        if self.has_line_feed:
            places = (self.last.match(value, it) for it in range(line_end, position - 1, -1))
            last = next((it for it in places if it is not None), None)
            return None if last is None else (start, last.end())
        place = self.last_reversed.search(value[position:line_end][::-1])
        return None if place is None else (start, line_end - place.start())


@cached(256)
def compile_pattern(pattern: str) -> ShellPattern:
    """Compile a pattern; raises `PatternError`. BuildKit: shell/lex.go, convertShellPatternToRegex."""
    texts: list[list[str]] = [[]]
    chars = iter(pattern)
    for char in chars:
        if char == "*":
            texts.append([])
        elif char == "?":
            texts[-1].append(".")
        elif char == "\\":
            escaped = next(chars, "")
            if escaped not in ("*", "?", "\\", "}", "/"):
                raise PatternError(_("the escape `\\{escaped}` is not supported in a pattern", escaped=escaped))
            texts[-1].append(re.escape(escaped))
        else:
            texts[-1].append(re.escape(char))
    first, *others = texts
    last = others.pop() if others else None
    return ShellPattern(
        re.compile("".join(first)),
        tuple(re.compile("".join(it)) for it in others if it),
        None if last is None else re.compile("".join(last)),
        None if last is None else re.compile("".join(reversed(last))),
        "\n" in pattern,
    )


def _line_end(value: str, position: int) -> int:
    end = value.find("\n", position)
    return len(value) if end < 0 else end
