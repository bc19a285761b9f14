"""Unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from buildxray.cli.console import Output
from buildxray.syntax.lazy_regex import lazy_regex


def write_diff(out: Output, path: str, old: str, new: str) -> None:
    """Effect: write a diff for `patch`: with control characters escaped on a terminal, otherwise byte for byte."""
    for line in _diff(path, old, new):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        style = "bold" if line.startswith(("+++", "---")) else style
        if out.is_terminal or out.has_colors:
            out.line((line, style))
        else:
            out.data(line)


def _diff(path: str, old: str, new: str) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(old), _lines(new), _quoted(f"a/{path}"), _quoted(f"b/{path}")):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    """The lines with their line feeds, which the last one may lack."""
    *lines, last = text.split("\n")
    return [*(f"{it}\n" for it in lines), *([last] if last else [])]


def _quoted(name: str) -> str:
    """A file name as Git writes it in a diff: in quotation marks if it has control characters. Source: git/quote.c."""
    if not _SPECIAL.search(name):
        return name
    return '"' + _SPECIAL.sub(lambda it: _ESCAPES.get(it[0]) or f"\\{ord(it[0]):03o}", name) + '"'


_SPECIAL: Final = lazy_regex(r'[\x00-\x1f\x7f"\\]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
