"""The regular expressions of HCL, which are those of RE2, computed with Python's `re`.

Python may take exponential time where RE2 takes linear time, and any clone may contain a hostile file:
a pattern whose time cannot be bounded, or which Python understands differently, raises `UnknownPatternError`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.values import EvaluationError, UnknownPatternError
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_WORK: Final = 2_000_000
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_CLASS: Final = lazy_regex(r"\[:(\w+):\]")
_TOKEN: Final = lazy_regex(
    r"\\(.)|\[\^?\]?(?:\\.|[^\]\\])*\]|\((\?[^:)>]*[:>)])?|\)|[*+?]\??|\{\d*,?\d*\}\??|.", re.DOTALL
)
_REFERENCE: Final = lazy_regex(r"\$(?:\{(\w+)\}|(\w+)|(\$))")
_MOST_PATTERN: Final = 500


def find_all(pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern from left to right. As in Go, none is empty directly after another one."""
    compiled = _compiled(pattern, len(text))
    if "\n" in text and "$" in pattern:
        raise UnknownPatternError
    end = -1
    for match in compiled.finditer(text):
        if match.end() > match.start() or match.start() != end:
            yield match
        end = match.end()


def replace_all(pattern: str, text: str, replacement: str) -> str:
    """Replace each match in a text; `$1` and `${name}` insert groups."""
    parts: list[str] = []
    end = 0
    for match in find_all(pattern, text):
        parts += text[end : match.start()], _REFERENCE.sub(functools.partial(_group, match), replacement)
        end = match.end()
    return "".join((*parts, text[end:]))


def _group(match: re.Match[str], reference: re.Match[str]) -> str:
    if reference[3]:
        return "$"
    name = reference[1] or reference[2]
    try:
        return match[int(name) if name.isdecimal() else name] or ""
    except (IndexError, OverflowError):
        return ""


def _compiled(pattern: str, length: int) -> re.Pattern[str]:
    if len(pattern) > _MOST_PATTERN:
        raise UnknownPatternError
    translated, work, choices = _translated(pattern)
    if (length + 1) ** min(work, 20) << min(choices, 32) > _MOST_WORK:
        raise UnknownPatternError
    try:
        return re.compile(translated, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        raise EvaluationError(_("{pattern} is not a regular expression", pattern=f"{pattern!r:.40}")) from None


@functools.lru_cache(maxsize=100)
def _translated(pattern: str) -> tuple[str, int, int]:
    """Return a pattern for Python, the exponent of the text's length in the bound of its time, and how often that time may double.

    Each alternative in a group may double the time: `(a|a)(a|a)b`.
    """
    parts: list[str] = []
    work = 1
    choices = 0
    repeats_in: list[bool] = [False]
    previous = ""
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if token[1] is not None:
            text = _escape(token[1], text)
        elif text.startswith("("):
            text = _opening(text)
            repeats_in.append(False)
        elif text == ")":
            inner = repeats_in.pop() if len(repeats_in) > 1 else False
            repeats_in[-1] = repeats_in[-1] or inner
            previous = "repeating group" if inner else ")"
            parts.append(text)
            continue
        elif text[0] in "*+?{" and len(parts) > 0 and (text[0] != "{" or len(text) > 2):
            if previous == "repeating group" and text[0] != "?":
                raise UnknownPatternError
            repeats_in[-1] = True
            work += 1
        elif text == "|":
            repeats_in[-1] = repeats_in[-1] or len(repeats_in) > 1
            choices += len(repeats_in) > 1
        elif text.startswith("["):
            text = _CLASS.sub(lambda it: _CLASSES.get(it[1], it[0]), text)
            if "[:" in text:
                raise UnknownPatternError
        previous = text
        parts.append(text)
    return "".join(parts), work, choices


def _escape(letter: str, text: str) -> str:
    if letter == "z":
        return r"\Z"
    if letter in "pPQECGkZX" or letter in "123456789":
        raise (
            UnknownPatternError if letter in "pPQEC" else EvaluationError(_("this is not a regular expression of RE2"))
        )
    return text


def _opening(text: str) -> str:
    if text.startswith("(?<") and text[3:4] not in "=!":
        return "(?P<" + text[3:]
    if re.fullmatch(r"\((?:\?(?:P<\w+>|[ims]*:))?", text):
        return text
    if re.fullmatch(r"\(\?[im]+\)", text):
        return text
    if re.match(r"\(\?(?:[=!>#(]|<[=!]|P[=>])", text):
        raise EvaluationError(_("this is not a regular expression of RE2"))
    raise UnknownPatternError
