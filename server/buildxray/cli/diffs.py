"""Unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from buildxray.cli.console import Output


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
    old_lines, new_lines = old.split("\n"), new.split("\n")
    missing = "\\ No newline at end of file"
    for text_lines in (old_lines, new_lines):
        if text_lines[-1] == "":
            text_lines.pop()
    for line in difflib.unified_diff(old_lines, new_lines, f"a/{path}", f"b/{path}", lineterm=""):
        yield line
        ends_old = line[0] in "- " and not old.endswith("\n") and line[1:] == old_lines[-1]
        ends_new = line[0] in "+ " and not new.endswith("\n") and line[1:] == new_lines[-1]
        if (ends_old or ends_new) and not line.startswith(("+++", "---")):
            yield missing
