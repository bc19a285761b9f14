"""Escape text of a document for Markdown."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_CONTROLS: Final = lazy_regex(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST: Final = 500
"""The most characters of a value that are shown."""


def literal(text: str) -> str:
    """Return a text that is safe between backticks, also in a table.

    A backtick, which would end the code, is shown as its modifier letter; line ends and other controls as escapes.
    """
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    text = _CONTROLS.sub(lambda it: f"\\u{ord(it[0]):04x}", text)
    return text.replace("`", "\u02cb").replace("|", "\\|")
