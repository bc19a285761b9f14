"""Group physical lines into instructions, whose continuations may contain comments and blank lines.

`dockerfile-parse` does the grouping. `_masked` first replaces what the library would misread by text of the same
lines, in which a line continues exactly where BuildKit continues it. Columns and the bodies of heredocs are read from
the original text.

BuildKit: frontend/dockerfile/parser/parser.go, Parse.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from dockerfile_parse import DockerfileParser

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange
from buildxray.syntax.whitespace import SPACE

BYTE_ORDER_MARK: Final = "\ufeff"


LONGEST_LINE: Final = 65_535
"""Bytes; Go's bufio.Scanner, and so BuildKit, refuses longer lines."""


def readable_lines(text: str) -> list[str]:
    """The physical lines before the first line that is too long, where BuildKit stops reading."""
    lines = physical_lines(text)
    if len(text) <= LONGEST_LINE // 4 or max(map(len, lines), default=0) <= LONGEST_LINE // 4:
        return lines
    return lines[: next((idx for idx, line in enumerate(lines) if is_too_long(line)), len(lines))]


def is_too_long(line: str) -> bool:
    """True if BuildKit refuses the line because of its length."""
    return len(line) > LONGEST_LINE // 4 and len(line.encode("utf-8", "replace")) > LONGEST_LINE


class InstructionLines(NamedTuple):
    """The physical lines of one instruction, 0-based and inclusive, without heredoc bodies."""

    first: int
    last: int


def physical_lines(text: str) -> list[str]:
    r"""Split `text` into lines with their line ends; like BuildKit, only at `\\n`."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def split_instructions(lines: Sequence[str], first: int, stop: int, escape: str) -> list[InstructionLines]:
    """Group the physical lines `[first, stop)` into instructions; `first` must not be a continuation line.

    Comment and blank lines between instructions are left out. Lines of a heredoc body are grouped like any others,
    because only the parser of the instruction above knows that they are its body.
    """
    text = "".join(lines[first:stop])
    if first == 0:
        text = text.removeprefix(BYTE_ORDER_MARK)
    # The library reads directives from the first line; the blank line prevents that, as `parser` reads them.
    source = io.BytesIO(f"\n{_masked(text, escape)}".encode("utf-8", "replace"))
    shift, last_line = first - 1, min(stop, len(lines)) - 1
    return [
        InstructionLines(entry["startline"] + shift, min(entry["endline"] + shift, last_line))
        for entry in DockerfileParser(fileobj=source).structure
        if not entry["content"].lstrip().startswith("#")
    ]


def is_comment(line: str) -> bool:
    """True if BuildKit takes the physical line for a comment, also between the lines of an instruction."""
    return line.lstrip(SPACE).startswith("#")


def is_blank(line: str) -> bool:
    """True if the physical line contains only white space."""
    return not line.strip(SPACE)


def continuation(line: str, escape: str) -> int | None:
    """The column of the escape token that joins `line` to the next one; None if the line does not continue.

    A doubled escape token does not continue a line. BuildKit: parser/parser.go, setEscapeToken.
    """
    content = line.rstrip("\r\n").rstrip(" \t")
    if content.endswith(escape) and not content.endswith(escape + escape):
        return len(content) - 1
    return None


_OFFSET: Final = itemgetter(0)


class LogicalText(NamedTuple):
    """The text of an instruction as BuildKit reads it: continuation lines joined, outer white space removed."""

    text: str
    pieces: tuple[tuple[int, int], ...]
    """Pairs of an offset in `text` and the offset in the source of the piece that begins there, ascending."""

    def range(self, start: int, end: int) -> TextRange:
        """The range of `text[start:end]` in the source, including the line breaks inside."""
        if len(self.pieces) == 1:
            shift = self.pieces[0][1]
            return TextRange(start + shift, max(start, end) + shift)
        first = self.source_offset(start)
        return TextRange(first, self.source_offset(end - 1) + 1 if end > start else first)

    def locating(self, start: int) -> Callable[[int, int], TextRange]:
        """The function `range` for many spans, which count from `start`."""
        if len(self.pieces) == 1:
            shift = self.pieces[0][1] + start
            return lambda first, last: TextRange(first + shift, max(first, last) + shift)
        starts = [piece - start for piece, _source in self.pieces]
        shifts = [source - piece + start for piece, source in self.pieces]

        def locate(first: int, last: int) -> TextRange:
            begin = first + shifts[bisect_right(starts, first) - 1]
            return TextRange(begin, last + shifts[bisect_right(starts, last - 1) - 1] if last > first else begin)

        return locate

    def source_offset(self, offset: int) -> int:
        """The offset in the source of the character at `offset`."""
        if len(self.pieces) == 1:
            return self.pieces[0][1] + offset
        start, source = self.pieces[bisect_right(self.pieces, offset, key=_OFFSET) - 1]
        return source + offset - start


def join_lines(source: str, escape: str) -> LogicalText:
    """Join the physical lines of one instruction; offsets in the result refer to `source`."""
    head = source.rstrip("\r\n")
    start = len(head) - len(head.lstrip(SPACE))
    if "\n" not in head and continuation(head, escape) is None:
        return LogicalText(head[start:].rstrip(SPACE), ((0, start),))
    texts: list[str] = []
    pieces: list[tuple[int, int]] = []
    length = 0
    position = 0
    for idx, line in enumerate(physical_lines(source)):
        text = line.rstrip("\r\n")
        if idx == 0 or not (is_comment(line) or is_blank(line)):
            end = continuation(line, escape)
            text = text[start if idx == 0 else 0 : end]
            pieces.append((length, position + (start if idx == 0 else 0)))
            texts.append(text)
            length += len(text)
        position += len(line)
    return LogicalText("".join(texts).rstrip(SPACE), tuple(pieces))


_SWAP_ESCAPES: Final = str.maketrans("`\\", "\\`")
_ONLY_PYTHON_SPACE: Final = lazy_regex(r"[\x1c-\x1f]")
_LINE_END: Final = r"(?:\n|\Z)"
_FALSE_CONTINUATION: Final = lazy_regex(rf"\\(?=[^\S\n]*{_LINE_END})(?:(?<=\\\\)|(?![ \t]*\r*{_LINE_END}))")
_CONTINUATION_GAP: Final = lazy_regex(r"(\\[ \t]*\r*\n)((?:[^\S\n]*(?:#[^\n]*)?\n)+)")
_MANY_CONTINUATIONS: Final = 100
_BLANK_LINE: Final = lazy_regex(r"^[^\S\n]*(?=\n)", re.MULTILINE)


def _masked(text: str, escape: str) -> str:
    """Replace in `text` what `dockerfile-parse` 2.0 would misread; the number of lines is unchanged."""
    text = _ONLY_PYTHON_SPACE.sub("?", text)
    if escape == "`":
        text = text.translate(_SWAP_ESCAPES)
    # The library reads a doubled escape token, or one before other white space, as a continuation.
    text = _FALSE_CONTINUATION.sub(".", text)
    # The library ends an instruction at a blank line; BuildKit skips blank lines inside a continuation.
    text = _CONTINUATION_GAP.sub(lambda gap: gap[1] + _BLANK_LINE.sub("#", gap[2]), text)
    if text.count("\\\n") > _MANY_CONTINUATIONS:
        text = "".join(_without_middles(physical_lines(text)))
    # The library drops an instruction that still continues at the end of the text.
    return text + "\n\n"


def _without_middles(lines: Iterable[str]) -> Iterator[str]:
    """Reduce each line that both is a continuation and continues to its escape token.

    `dockerfile-parse` copies the instruction so far at each of its lines, which takes quadratic time.
    """
    is_continued = False
    for line in lines:
        if line.lstrip().startswith("#"):
            yield line
            continue
        continues = line.rstrip().endswith("\\")
        yield "\\\n" if is_continued and continues else line
        is_continued = continues
