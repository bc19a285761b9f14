"""What would change in a file, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console


def print_diff(console: Console, path: str, old: str, new: str) -> None:
    """Effect: print the diff; nothing where the texts are equal."""
    for line in _diff(path, old, new):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        console.print(Text(line, "bold" if line.startswith(("+++", "---")) else style), soft_wrap=True)


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
