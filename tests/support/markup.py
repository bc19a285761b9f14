"""The fixture mini-language: `<|>` cursors, `^^^ label` lines and `#- name` files.

A line whose first non-blank character is `^` is an annotation: it labels the range above it and is removed
before the text is used. It needs no comment sign, so column 0 can be labelled, and continuations and heredocs
keep their meaning.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from buildxray.syntax.text import TextRange

CURSOR = "<|>"
_ANNOTATION = re.compile(r"\s*(?P<carets>\^+)(?P<label>[^^].*)?")
_FILE = re.compile(r"^#- (?P<name>\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Fixture:
    """A text without its markup, and the cursors and annotations of the markup."""

    text: str
    cursors: tuple[int, ...]
    annotations: tuple[tuple[TextRange, str], ...]

    @property
    def cursor(self) -> int:
        (cursor,) = self.cursors
        return cursor


def fixture(markup: str) -> Fixture:
    """Dedent a text, remove its markup, and record the positions of the markup."""
    kept: list[str] = []
    annotations: list[tuple[TextRange, str]] = []
    cursors: list[int] = []
    start_of_last = length = 0
    for marked_line in textwrap.dedent(markup.removeprefix("\n")).splitlines(keepends=True):
        match = _ANNOTATION.fullmatch(marked_line.rstrip("\n"))
        if match:
            first, last = match.span("carets")
            where = TextRange(start_of_last + first, start_of_last + last)
            annotations.append((where, (match["label"] or "").strip()))
            continue
        line = marked_line
        while CURSOR in line:
            cursors.append(length + line.index(CURSOR))
            line = line.replace(CURSOR, "", 1)
        start_of_last, length = length, length + len(line)
        kept.append(line)
    return Fixture("".join(kept), tuple(cursors), tuple(annotations))


def annotate(text: str, annotations: Iterable[tuple[TextRange, str]]) -> str:
    """The inverse of `fixture`: write the annotations under the lines that they label."""
    out: list[str] = []
    start = 0
    todo = sorted(annotations)
    for line in text.splitlines(keepends=True):
        out.append(line if line.endswith("\n") else line + "\n")
        for where, label in todo:
            if start <= where.start < start + len(line):
                assert where.end <= start + len(line), "annotate one line, not a block"
                carets = "^" * (where.end - where.start)
                out.append(f"{' ' * (where.start - start)}{carets} {label}".rstrip() + "\n")
        start += len(line)
    return "".join(out)


def files(markup: str) -> dict[str, str]:
    """The files of a fixture, each under its `#- name` line."""
    text = textwrap.dedent(markup.removeprefix("\n"))
    _, *parts = _FILE.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))
