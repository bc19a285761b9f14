r"""Positions and edits in a text, as all layers exchange them.

Each offset counts code points from the start of the document, and each range is half-open. Lines and columns exist
only in `lsp` and `cli`, which convert with `LineIndex`:

- LSP ends a line at `\\n`, `\\r\\n` or `\\r`, and nothing else; so does `LineIndex`.
- LSP counts columns in UTF-16 code units unless the client prefers UTF-8 or UTF-32.
- BuildKit ends a line at `\\n` only; its line numbers are on `Instruction`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Literal, NamedTuple

from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

ColumnUnit = Literal["utf-8", "utf-16", "utf-32"]
"""The unit of columns: UTF-8 bytes, UTF-16 code units or code points."""

_LINE_END = lazy_regex(r"\r\n|\n|\r")


class TextRange(NamedTuple):
    """A half-open range `[start, end)` of code-point offsets."""

    start: int
    end: int

    def contains(self, offset: int) -> bool:
        """True if `offset` touches the range; both ends count, as for a cursor."""
        return self.start <= offset <= self.end

    def touches(self, other: TextRange) -> bool:
        """True if the two ranges overlap or meet, as a selection and a token may."""
        return self.start <= other.end and other.start <= self.end

    def shifted(self, distance: int) -> TextRange:
        """The same range, moved by `distance` code points."""
        return TextRange(self.start + distance, self.end + distance)


def first_line(text: str, place: TextRange) -> TextRange:
    """The part of a range in its first line, without the backslash and the blanks that end that line."""
    line = text[slice(*place)].partition("\n")[0].rstrip("\r\\ \t")
    return TextRange(place.start, place.start + len(line))


class Edit(NamedTuple):
    """Replace `range` of the *original* text by `new_text`."""

    range: TextRange
    new_text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply disjoint edits, whose offsets all refer to `text`.

    Insertions at the same offset keep their order.

    Raises `ValueError` if edits overlap, which is a bug of the caller.
    """
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda it: it.range):
        if edit.range.start < done:
            raise ValueError(f"overlapping edits at offset {edit.range.start}")
        pieces += [text[done : edit.range.start], edit.new_text]
        done = edit.range.end
    return "".join([*pieces, text[done:]])


def edits_between(old: str, new: str) -> tuple[Edit, ...]:
    """A minimal line-based diff that turns `old` into `new`; equal ends of the changed lines are left out."""
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, old_lines))]
    edits: list[Edit] = []
    for tag, first, last, new_first, new_last in SequenceMatcher(
        None, old_lines, new_lines, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        before, after = "".join(old_lines[first:last]), "".join(new_lines[new_first:new_last])
        n_same = _n_common(before, after)
        n_same_end = _n_common(before[n_same:][::-1], after[n_same:][::-1])
        range_ = TextRange(starts[first] + n_same, starts[last] - n_same_end)
        edits.append(Edit(range_, after[n_same : len(after) - n_same_end]))
    return tuple(edits)


def _n_common(first: str, second: str) -> int:
    """Count the leading characters that two texts have in common."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((idx for idx, (one, other) in pairs if one != other), min(len(first), len(second)))


@dataclass(frozen=True, slots=True)
class LineIndex:
    """Maps offsets to lines and columns (both 0-based) and back."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> LineIndex:
        """Index the lines of `text`; a text has at least one line, which may be empty."""
        breaks = [it.span() for it in _LINE_END.finditer(text)]
        return cls(text, (0, *(end for _, end in breaks)), (*(start for start, _ in breaks), len(text)))

    def line_of(self, offset: int) -> int:
        """The line that contains `offset`; a line end belongs to the line before it."""
        return bisect_right(self.starts, offset) - 1

    def position(self, offset: int, unit: ColumnUnit = "utf-32") -> tuple[int, int]:
        """The line and the column of `offset`, the column in `unit`."""
        line = self.line_of(offset)
        before = self.text[self.starts[line] : offset]
        return line, _length(before, unit)

    def offset(self, line: int, column: int, unit: ColumnUnit = "utf-32") -> int:
        """The offset at `line` and `column`, clamped to the text, as LSP demands.

        A column inside a surrogate pair or a multi-byte sequence counts as the start of the character.
        """
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[line], self.ends[line]
        content = self.text[start:end]
        if unit == "utf-32" or content.isascii():
            return min(start + max(column, 0), end)
        for idx, char in enumerate(content):
            column -= _length(char, unit)
            if column < 0:
                return start + idx
        return end


def _length(text: str, unit: ColumnUnit) -> int:
    if unit == "utf-32" or text.isascii():
        return len(text)
    if unit == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)
