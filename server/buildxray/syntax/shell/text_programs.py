"""Patterns and programs that edit a known text: parameter expansion, `cut`, `tr`, `sed`.

Source: POSIX.1-2024, Shell & Utilities, 2.6.2 "Parameter Expansion", 2.14.1 "Pattern Matching", and the pages of the programs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import Final

from buildxray.caching import cached

UNKNOWN: Final = "\0"
"""Replaces a part of a value that is not known; no value of the shell contains this character."""
LONGEST: Final = 4096
"""Code points of a value; longer values are unknown."""
_LONGEST_SCRIPT: Final = 500
"""Code points of a `sed` script; the time to split it may grow quadratically."""
_MOST_ALTERNATIVES: Final = 8
"""Bars in a regular expression with groups; the time to match it may double with each."""


@cached(512)
def glob_regex(pattern: str) -> re.Pattern[str] | None:
    """A shell pattern as a regular expression; None if it uses the extensions of bash."""
    if re.search(r"[?*+@!]\(", pattern):
        return None
    try:
        return re.compile(translate(pattern), re.DOTALL)
    except re.error:
        return None


@cached(512)
def posix_regex(pattern: str) -> re.Pattern[str] | None:
    """Compile a POSIX regular expression that means the same in Python: letters, digits, anchors and alternatives; else None."""
    if len(pattern) > LONGEST or not re.fullmatch(r"[\w/.^$|()\\-]*", pattern) or re.search(r"\\[^./-]", pattern):
        return None
    # Without repetitions, only alternatives in groups multiply the time: each group of `(a|a)(a|a)…` doubles it.
    if "(" in pattern and pattern.count("|") > _MOST_ALTERNATIVES:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None


def without_prefix(value: str, pattern: str, *, longest: bool) -> str:
    """Expand `${X#pattern}` and `${X##pattern}`; `UNKNOWN` for a pattern that is not supported."""
    regex = glob_regex(pattern)
    if regex is None:
        return UNKNOWN
    ends = range(len(value), -1, -1) if longest else range(len(value) + 1)
    return next((value[end:] for end in ends if regex.fullmatch(value[:end])), value)


def without_suffix(value: str, pattern: str, *, longest: bool) -> str:
    """Expand `${X%pattern}` and `${X%%pattern}`; `UNKNOWN` for a pattern that is not supported."""
    regex = glob_regex(pattern)
    if regex is None:
        return UNKNOWN
    starts = range(len(value) + 1) if longest else range(len(value), -1, -1)
    return next((value[:start] for start in starts if regex.fullmatch(value[start:])), value)


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """Expand `${X/pattern/replacement}` and `${X//pattern/replacement}` for a literal pattern; `UNKNOWN` for others."""
    if not pattern or re.search(r"[*?\[\\]", pattern) or pattern[0] in "#%":
        return UNKNOWN
    return value.replace(pattern, replacement, -1 if everywhere else 1)


def cut(arguments: Sequence[str], text: str) -> str | None:
    """`cut -d/ -f2`: one field, or all from one on, of each line."""
    joined = " ".join(arguments)
    delimiter = re.search(r"(?:^| )(?:-d ?|--delimiter[= ])['\"]?(\S)", joined)
    fields = re.search(r"(?:^| )(?:-f ?|--fields[= ])(\d+)(-)?(?: |$)", joined)
    if delimiter is None or fields is None or int(fields[1]) < 1:
        return None
    lines: list[str] = []
    for line in text.splitlines():
        pieces = line.split(delimiter[1])
        first = int(fields[1]) - 1
        chosen = pieces[first:] if fields[2] else pieces[first : first + 1]
        lines.append(line if len(pieces) == 1 else delimiter[1].join(chosen))
    return "".join(f"{it}\n" for it in lines)


def tr(arguments: Sequence[str], text: str) -> str | None:
    """`tr / -`, `tr -d v`: single characters and ranges of letters."""
    if len(arguments) != 2:
        return None
    first, second = arguments
    if first in ("-d", "--delete"):
        return None if re.search(r"[\[\\]|.-.", second) else text.translate({ord(it): None for it in second})
    known = {"[:upper:]": "A-Z", "[:lower:]": "a-z"}
    first, second = known.get(first, first), known.get(second, second)
    if (first, second) == ("A-Z", "a-z"):
        return text.lower()
    if (first, second) == ("a-z", "A-Z"):
        return text.upper()
    if not first or not second or re.search(r"[\[\\]|.-.", first + " " + second):
        return None
    second += second[-1] * (len(first) - len(second))
    return text.translate(
        {ord(old): new for old, new in zip(reversed(first), reversed(second[: len(first)]), strict=True)}
    )


def sed(arguments: Sequence[str], text: str) -> str | None:
    """`sed -e s/old/new/g`: substitutions of plain text, with anchors."""
    scripts = [it for it in arguments if it not in ("-e", "-E", "-r")]
    if sum(map(len, scripts)) > _LONGEST_SCRIPT:
        return None
    for script in ";".join(scripts).split(";"):
        match = re.fullmatch(r"\s*s([/|,#:@!])(\^?)([\w/., -]+)(\$?)\1([\w/., -]*)\1(g?)\s*", script)
        if match is None or match[1] in match[3] + match[5] or "." in match[3]:
            return None
        pattern = f"{match[2]}{re.escape(match[3])}{match[4]}"
        new = match[5]
        text = re.sub(pattern, lambda _, new=new: new, text, count=0 if match[6] else 1, flags=re.MULTILINE)
    return text
