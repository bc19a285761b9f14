"""Remove what CI systems write before each line of a log: time stamps, names of jobs, marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_ISO: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_CLOCK: Final = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
SECONDS: Final = r"\d{1,8}(?:\.\d{1,9})?"
"""The pattern of seconds in a log: up to three years, because a number without a limit may be infinite in Python."""
_KNOWN: Final = lazy_regex(
    rf"\ufeff?(?P<stamp>{_ISO})(?: [0-9a-f]{{2}}[OE]\+?)?[ \t]?"  # GitHub, GitLab, Azure
    rf"|[^\t\n#]{{1,200}}\t[^\t\n]{{1,200}}\t\ufeff?(?P<listed>{_ISO})[ ]?"  # gh run view --log
    rf"|\[(?P<bracketed>{_ISO}|{_CLOCK})\]\s?"  # Jenkins, moreutils
    rf"|(?P<clock>{_CLOCK})\s{{1,2}}"  # Jenkins' plain form
)
_STAMP: Final = lazy_regex(rf"(?P<iso>{_ISO})|(?P<clock>(?<!\d){_CLOCK})")
_TELLING: Final = lazy_regex(
    r"(?P<prefix>.{1,200}?)(?:#\d{1,6} (?:\[|DONE|CACHED|ERROR|CANCELED|\d+\.\d+ )|\{\"(?:vertexes|statuses|logs)\"|(?:\[\+\] Building| => \[))"
)
_DIGITS: Final = lazy_regex(r"\d+")
_BLANKS: Final = lazy_regex(r"[ \t]+")
_LEAST: Final = 3
"""Lines that must agree before a prefix is accepted."""
_SECONDS_PER_DAY: Final = 86400.0


class Stamps:
    """Takes the prefix of a CI system off each line."""

    def __init__(self, beginning: Iterable[str]) -> None:
        """Learn from the first lines of a log what precedes each line, apart from the usual time stamps."""
        self._wrapper = _learn(beginning)

    def strip(self, line: str) -> tuple[str, str]:
        """The time stamp of a line as written, empty if there is none, and the line without its prefix."""
        if line[:1] in "#{":
            return "", line
        stamp, rest = _known(line)
        if self._wrapper is not None:
            match = self._wrapper.match(rest)
            if match is not None:
                inner = None if stamp else _STAMP.search(match[0])
                return stamp if inner is None else inner[0], rest[match.end() :]
        return stamp, rest


def _known(line: str) -> tuple[str, str]:
    """The usual time stamp of a line, and the line without it."""
    match = _KNOWN.match(line)
    if match is None:
        return "", line
    return match["stamp"] or match["listed"] or match["bracketed"] or match["clock"], line[match.end() :]


def seconds_between(first: str, last: str) -> float | None:
    """The seconds from one time stamp to a later one; None if one of them cannot be read.

    A clock without a date continues after midnight.
    """
    start, end = _time(first), _time(last)
    if start is None or end is None:
        return None
    return end - start + (_SECONDS_PER_DAY if end < start and "-" not in first else 0.0)


def _time(text: str) -> float | None:
    """Seconds since 1970, or since midnight for a clock without a date."""
    if len(text) > 4 and text[4] == "-":
        return _seconds(text)
    hours, minutes, seconds = text.replace(",", ".").split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0 + float(seconds)


def _learn(beginning: Iterable[str]) -> re.Pattern[str] | None:
    """The prefix of the lines of a build log: the pattern that most lines share, with any numbers, and blanks of any length."""
    shapes: Counter[str] = Counter()
    for line in beginning:
        rest = _known(line)[1]
        if rest[:1] in "#{" or rest.startswith(("[+] Building", " => ")):
            continue
        match = _TELLING.match(rest)
        if match is not None:
            shapes[_BLANKS.sub(" ", _DIGITS.sub("0", match["prefix"])).removeprefix(" ")] += 1
    if not shapes:
        return None
    shape, n_lines = shapes.most_common(1)[0]
    if n_lines < _LEAST:
        return None
    # Numbers of lines are padded with blanks.
    words = (r"\d+".join(map(re.escape, word.split("0"))) for word in shape.split(" "))
    return re.compile(r"[ \t]*" + r"[ \t]+".join(words))


_FRACTION: Final = lazy_regex(r"[.,](\d{1,9})")


def _seconds(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time; a time without a zone counts as UTC, because only differences matter."""
    fraction = _FRACTION.search(text)
    whole = _FRACTION.sub("", text).replace("Z", "+00:00").replace(" ", "T", 1)
    if re.search(r"[+-]\d{4}$", whole):
        whole = f"{whole[:-2]}:{whole[-2:]}"
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp() + (float(f"0.{fraction[1]}") if fraction else 0.0)


def seconds_of(text: str) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; None for another text."""
    return _seconds(text) if re.match(_ISO, text) else None
