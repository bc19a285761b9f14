"""Read physical lines into instructions with their places: all, or only those that an edit affects.

The reading of an instruction does not depend on the lines above it, apart from the escape token. So the lines below an
edit are not read again once reading arrives at the first line of an earlier instruction. And an instruction with
another one after it does not depend on the lines below it.

BuildKit: frontend/dockerfile/parser/parser.go, Parse.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Final

from buildxray.syntax.instructions import Instruction
from buildxray.syntax.lines import BYTE_ORDER_MARK, readable_lines, split_instructions
from buildxray.syntax.nodes import is_terminator, parse_node

_FIRST_LINE: Final = attrgetter("first_line")
_LAST_LINE: Final = attrgetter("last_line")


class Reader:
    """Reads the instructions of one text. Line numbers are 0-based."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(readable_lines(text))
        self.starts = [0, *accumulate(map(len, self.lines))]
        """The offset of each line, followed by the length of the lines that are read."""

    def read(self, escape: str) -> list[Instruction]:
        """Read all instructions."""
        return self._read_to(len(self.lines), 0, escape)[0]

    def read_again(self, escape: str, old: Sequence[Instruction], old_lines: Sequence[str]) -> list[Instruction]:
        """Read all instructions, reusing the nodes of `old`, which were read from other lines with the same escape token."""
        n_same = _n_equal(self.lines, old_lines)
        # The first line of a file is special: a byte order mark is not part of it.
        n_rest = min(len(self.lines), len(old_lines)) - max(n_same, 1)
        n_same_below = min(_n_equal(reversed(self.lines), reversed(old_lines)), n_rest)
        # The last instruction ends with the text, so text appended after it may continue it.
        kept = old[: bisect_right(old, n_same, hi=max(len(old) - 1, 0), key=_LAST_LINE)]
        first = kept[-1].last_line if kept else 0
        below = old[bisect_left(old, len(old_lines) - n_same_below + 1, key=_FIRST_LINE) :]
        n_lines = len(self.lines) - len(old_lines)
        stop = below[0].first_line - 1 + n_lines if below else len(self.lines)
        between, is_there = self._read_to(stop, first, escape)
        if not is_there:
            return [*kept, *self._read_to(len(self.lines), first, escape)[0]]
        n_characters = self.starts[-1] - sum(map(len, old_lines))
        return [*kept, *between, *(it.moved(n_characters, n_lines) for it in below)]

    def _read_to(self, stop: int, first: int, escape: str) -> tuple[list[Instruction], bool]:
        """Read the instructions on the lines `[first, stop)`; returns them, and whether an instruction begins at `stop`.

        `first` must not be a continuation line. The end of the text counts as the beginning of an instruction.
        """
        instructions: list[Instruction] = []
        groups = iter(split_instructions(self.lines, first, stop + 1, escape))
        while (group := next(groups, None)) is not None:
            if group.first < first:
                # The group begins inside a heredoc body. If it extends below the body, BuildKit groups the
                # lines there again.
                if group.last >= first:
                    groups = iter(split_instructions(self.lines, first, stop + 1, escape))
                continue
            if group.first == stop:
                return instructions, True
            instructions.append(self._instruction(group.first, group.last, escape))
            first = instructions[-1].last_line
        return instructions, stop == len(self.lines)

    def _instruction(self, first: int, last: int, escape: str) -> Instruction:
        """The instruction on the lines from `first` to `last`, inclusive, with the heredoc bodies below them."""
        lines = self.lines
        head, start = "".join(lines[first : last + 1]), self.starts[first]
        if first == 0 and head.startswith(BYTE_ORDER_MARK):
            head, start = head[1:], start + 1
        node = parse_node(head, len(head), escape)
        if node.heredocs:
            end = last + 1
            for heredoc in node.heredocs:
                while end < len(lines) and not is_terminator(lines[end], heredoc.marker):
                    end += 1
                end += 1
            bodies = lines[last + 1 : end]
            node = parse_node(head + "".join(bodies), len(head), escape)
            last += len(bodies)
        return Instruction(node, start, self.starts[last] + len(lines[last].rstrip("\r\n")), first + 1, last + 1)


def _n_equal(first: Iterable[str], second: Iterable[str]) -> int:
    """Count the leading items that two sequences have in common."""
    n = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        n += 1
    return n
