"""Physical lines to instructions at their places: all of them, or only those that an edit touches.

From the first line of an instruction on, reading does not depend on the lines above, but for the escape
token. So the lines below an edit need not be read again once reading has come to an instruction there. And
an instruction that another one follows does not depend on the lines below it.

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
    """Reads the instructions of one text. Lines are counted from 0."""

    def __init__(self, text: str) -> None:
        self.lines = readable_lines(text)
        self.starts = [0, *accumulate(map(len, self.lines))]
        """The offset of each line, and after them the length of what is read."""

    def read(self, escape: str) -> list[Instruction]:
        """All instructions."""
        return self._read_to(len(self.lines), 0, escape)[0]

    def read_again(self, escape: str, old: Sequence[Instruction], old_text: str) -> list[Instruction]:
        """All instructions; `old` are those of another text with the same escape token."""
        old_lines = readable_lines(old_text)
        n_same = _n_equal(self.lines, old_lines)
        # The first line of a file is special: a byte order mark is not part of it.
        n_rest = min(len(self.lines), len(old_lines)) - max(n_same, 1)
        n_same_below = min(_n_equal(reversed(self.lines), reversed(old_lines)), n_rest)
        # The last instruction may go on only as far as the text does.
        kept = old[: bisect_right(old, n_same, hi=max(len(old) - 1, 0), key=_LAST_LINE)]
        first = kept[-1].last_line if kept else 0
        below = old[bisect_left(old, len(old_lines) - n_same_below + 1, key=_FIRST_LINE) :]
        n_lines = len(self.lines) - len(old_lines)
        stop = below[0].first_line - 1 + n_lines if below else len(self.lines)
        between, is_there = self._read_to(stop, first, escape)
        if not is_there:
            return [*kept, *self._read_to(len(self.lines), first, escape)[0]]
        n_characters = self.starts[-1] - len("".join(old_lines))
        return [*kept, *between, *(it.moved(n_characters, n_lines) for it in below)]

    def _read_to(self, stop: int, first: int, escape: str) -> tuple[list[Instruction], bool]:
        """The instructions from the line `first` on up to the line `stop`, and whether one begins there.

        None goes on at `first`. The end of the text counts as the beginning of another one.
        """
        found: list[Instruction] = []
        groups = iter(split_instructions(self.lines, first, stop + 1, escape))
        while (group := next(groups, None)) is not None:
            if group.first < first:
                # The group begins inside the body of a heredoc; where it goes on after it, BuildKit splits again.
                if group.last >= first:
                    groups = iter(split_instructions(self.lines, first, stop + 1, escape))
                continue
            if group.first == stop:
                return found, True
            found.append(self._instruction(group.first, group.last, escape))
            first = found[-1].last_line
        return found, stop == len(self.lines)

    def _instruction(self, first: int, last: int, escape: str) -> Instruction:
        """The instruction on the lines from `first` to `last`, with the heredoc bodies below."""
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
    """How many items two sequences begin with in common."""
    n = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        n += 1
    return n
