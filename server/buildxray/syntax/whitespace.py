"""The white space of Go's `unicode.IsSpace`, and so of BuildKit.

Python's `str.isspace` also counts U+001C to U+001F, which would move the start of an instruction.
"""

from __future__ import annotations

from typing import Final

SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Characters for `str.strip`, `str.lstrip` and `str.rstrip`."""

INLINE: Final = r"[\t\v\f\r ]"
"""A regular expression for the blanks that separate the arguments of an instruction.

BuildKit: parser/parser.go, reWhitespace.
"""
