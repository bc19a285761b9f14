"""Control characters: removed when a log is read, escaped when its text is shown."""

from __future__ import annotations

import re
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_SEQUENCE: Final = lazy_regex(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI: colours, movements of the cursor
    r"|[\]_P^X][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?"  # OSC, APC, DCS, PM, SOS: titles, links, marks of a CI
    r"|[ -/]{0,8}[0-Z\\^-~])"
)
_ANY_CONTROL: Final = lazy_regex(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def without_sequences(line: str) -> str:
    """A line without escape sequences. Text before a carriage return is kept, since CI systems use it as a line end."""
    if "\x1b" in line:
        line = _SEQUENCE.sub("", line)
    return line


def visible(text: str) -> str:
    """A text of a log for display, with control characters and marks of writing direction escaped."""
    return _ANY_CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
