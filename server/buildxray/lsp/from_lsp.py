"""Convert protocol types to ours; each function is named after what it returns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path

from buildxray.ide.formatting import FormatOptions
from buildxray.projects.builds import absolute
from buildxray.syntax.text import ColumnUnit, LineIndex, TextRange

_MOST_DIRECTORIES: Final = 200
"""Directories above a file that are searched for a project, which takes time with the square of their number: 0.3 s for so many."""


def offset(lines: LineIndex, position: types.Position, unit: ColumnUnit) -> int:
    """The offset of a position, clamped into the text."""
    return lines.offset(position.line, position.character, unit)


def text_range(lines: LineIndex, range_: types.Range, unit: ColumnUnit) -> TextRange:
    """The range of offsets; a range that ends before it starts is empty."""
    start = offset(lines, range_.start, unit)
    return TextRange(start, max(start, offset(lines, range_.end, unit)))


def changed_text(text: str, changes: Sequence[types.TextDocumentContentChangeEvent], unit: ColumnUnit) -> str:
    """The text after the changes. The server requests full synchronization, but accepts incremental changes too."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            range_ = text_range(LineIndex.of(text), change.range, unit)
            text = text[: range_.start] + change.text + text[range_.end :]
        else:
            text = change.text
    return text


def file_name(uri: str) -> str:
    """The last part of a URI's path."""
    return unquote(urlsplit(uri).path).rpartition("/")[2]


def path(uri: str) -> Path | None:
    """The path of a file on this machine; None for other URIs, and for one in too many directories."""
    name = to_fs_path(uri) if uri.startswith("file:") else None
    return absolute(name) if name and name.count(os.sep) <= _MOST_DIRECTORIES else None


def section(raw: object) -> object:
    """The section `buildxray` of settings, or the settings themselves if they have no such section."""
    settings = raw["buildxray"] if isinstance(raw, Mapping) and "buildxray" in raw else raw
    # Neovim sends an empty table as a list.
    return {} if settings in ([], ()) else settings


def named_diagnostics(
    lines: LineIndex, diagnostics: Sequence[types.Diagnostic], unit: ColumnUnit
) -> frozenset[tuple[str, TextRange]]:
    """The rules and ranges of the diagnostics in a code action request."""
    return frozenset((str(it.code), text_range(lines, it.range, unit)) for it in diagnostics if it.code is not None)


def format_options(options: types.FormattingOptions) -> FormatOptions:
    """The indentation settings of a formatting request."""
    return FormatOptions(" " * max(1, min(options.tab_size, 16)) if options.insert_spaces else "\t")
