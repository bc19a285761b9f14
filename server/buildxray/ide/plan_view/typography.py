"""The widths of texts, estimated without a screen.

The widths are those of DejaVu, the widest of the common user-interface fonts; texts in other fonts are narrower.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from buildxray.caching import cached
from buildxray.records import dataclass

ELLIPSIS: Final = "…"
_MONO: Final = 0.602
_SANS: Final = tuple(
    int(it) / 100
    for it in [
        "32",
        "40",
        "46",
        "84",
        "64",
        "95",
        "78",
        "27",
        "39",
        "39",
        "50",
        "84",
        "32",
        "36",
        "32",
        "34",
        "64",
        "64",
        "64",
        "64",
        "64",
        "64",
        "64",
        "64",
        "64",
        "64",
        "34",
        "34",
        "84",
        "84",
        "84",
        "53",
        "100",
        "68",
        "69",
        "70",
        "77",
        "63",
        "58",
        "77",
        "75",
        "29",
        "29",
        "66",
        "56",
        "86",
        "75",
        "79",
        "60",
        "79",
        "69",
        "63",
        "61",
        "73",
        "68",
        "99",
        "69",
        "61",
        "69",
        "39",
        "34",
        "39",
        "84",
        "50",
        "50",
        "61",
        "63",
        "55",
        "63",
        "62",
        "35",
        "63",
        "63",
        "28",
        "28",
        "58",
        "28",
        "97",
        "63",
        "61",
        "63",
        "63",
        "41",
        "52",
        "39",
        "63",
        "59",
        "82",
        "59",
        "59",
        "52",
        "64",
        "34",
        "64",
        "84",
    ]
)
"""The widths of the printable characters of ASCII, from the blank on."""
_OTHER: Final = 0.85
"""The width of other characters, without the wide ones of East Asia; few are wider."""
_BOLD: Final = 1.16


@dataclass(frozen=True, slots=True)
class Style:
    """A kind of text; its name is its class in the stylesheet."""

    name: str
    size: float
    is_mono: bool = False
    is_bold: bool = False


TITLE: Final = Style("title", 17, is_bold=True)
SUBTITLE: Final = Style("subtitle", 12)
FIGURE: Final = Style("figure", 22, is_bold=True)
CAPTION: Final = Style("caption", 11)
STAGE: Final = Style("stage-name", 13.5, is_bold=True)
DETAIL: Final = Style("detail", 11)
BADGE: Final = Style("badge", 11, is_bold=True)
LINE: Final = Style("line", 11, is_mono=True)
CODE: Final = Style("code", 11.5, is_mono=True)
KEYWORD: Final = Style("keyword", 11.5, is_mono=True, is_bold=True)
LABEL: Final = Style("label", 11)
WORD: Final = Style("word", 11, is_bold=True)
CAUSE: Final = Style("cause", 11)
STYLES: Final = (
    TITLE,
    SUBTITLE,
    FIGURE,
    CAPTION,
    STAGE,
    DETAIL,
    BADGE,
    LINE,
    CODE,
    KEYWORD,
    LABEL,
    WORD,
    CAUSE,
)


@cached(1024)
def width(text: str, style: Style) -> float:
    """The greatest width that a text may have, in pixels."""
    return style.size * sum(_advance(it, style) for it in text)


def _advance(character: str, style: Style) -> float:
    if not character.isascii():
        if unicodedata.east_asian_width(character) in "WF":
            return 1.05
        if unicodedata.combining(character):
            return 0.0
    if style.is_mono:
        return _MONO
    position = ord(character) - ord(" ")
    advance = _SANS[position] if 0 <= position < len(_SANS) else 1.0 if character == ELLIPSIS else _OTHER
    return advance * (_BOLD if style.is_bold else 1)


def elided(text: str, style: Style, room: float) -> str:
    """Shorten a text to a width, with an ellipsis."""
    if width(text, style) <= room:
        return text
    left = room - style.size * _advance(ELLIPSIS, style)
    for n_kept, character in enumerate(text):
        left -= style.size * _advance(character, style)
        if left < 0:
            return text[:n_kept].rstrip() + ELLIPSIS
    return text


def wrapped(text: str, style: Style, room: float) -> list[str]:
    """Break a text into lines of limited width: at blanks, or anywhere in a long word."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, style) <= room:
            lines[-1] = joined
            continue
        rest = word
        while width(rest, style) > room:
            n_fitting = len(elided(rest, style, room)) - 1
            lines.append(rest[: max(1, n_fitting)])
            rest = rest[max(1, n_fitting) :]
        lines.append(rest)
    return [it for it in lines if it]
