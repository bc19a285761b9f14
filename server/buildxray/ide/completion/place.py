"""The place of the cursor in the syntax of a Dockerfile."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.records import dataclass
from buildxray.semantics.build import Instruction, Stage
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import continuation, join_lines
from buildxray.syntax.text import Edit, TextRange

_END: Final = "\0"
_FLAG: Final = lazy_regex(r"--(?P<name>[\w-]*)(?P<separator>=?)")


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor, and the text before it."""

    analysis: Analysis
    offset: int
    instruction: Instruction | None
    """The instruction at the cursor; None between instructions."""
    line: str
    """The physical line up to the cursor."""
    before: str
    """The instruction up to the cursor on one line, without comments; for ONBUILD, its trigger."""
    is_trigger: bool
    """True if the instruction is that of an ONBUILD."""
    is_comment: bool
    in_heredoc: bool

    @property
    def idx(self) -> int:
        """The index of the instruction, or the index that a new one would have."""
        if self.instruction is not None:
            return self.instruction.idx
        return sum(it.start <= self.offset for it in self.analysis.dockerfile.instructions)

    @property
    def keyword(self) -> str:
        """The keyword in upper case; empty while it is being typed."""
        words = self.before.split(None, 1)
        return words[0].upper() if words and re.match(r"\S+\s", self.before) else ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words between the keyword and the word at the cursor."""
        words = self.before.split()
        return tuple(words[1 : len(words) - (self.typed != "")])

    @property
    def typed(self) -> str:
        """The part of the word at the cursor that is typed already."""
        return re.split(r"\s", self.before)[-1]

    @property
    def given_flags(self) -> frozenset[str]:
        """The names of the flags before the cursor."""
        return frozenset(it["name"] for word in self.words if (it := _FLAG.match(word)) is not None)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words before the cursor that are not flags."""
        words = self.words
        start = next((idx for idx, it in enumerate(words) if not it.startswith("--")), len(words))
        return words[start:]

    @property
    def stage(self) -> Stage | None:
        """The stage that the cursor is in, the line of its FROM left out."""
        if self.instruction is None:
            return self.analysis.build.instructions[self.idx - 1].stage if self.idx > 0 else None
        return None if self.instruction.is_global else self.instruction.stage

    @property
    def is_literal(self) -> bool:
        """True in a file that COPY or ADD writes without expanding variables, since the name of its heredoc is quoted."""
        if not self.in_heredoc or self.instruction is None or not isinstance(self.instruction.node, Copying):
            return False
        begun = [it for it in self.instruction.node.heredocs if self.instruction.syntax.start + it.start <= self.offset]
        return bool(begun) and not begun[-1].marker.expand

    def edit(self, text: str, typed: str | None = None) -> Edit:
        """Replace the typed part of a word, or the last component of it."""
        if self.analysis.text[self.offset : self.offset + 1] in (" ", "\t"):
            text = text.removesuffix(" ")
        n_typed = len(self.typed if typed is None else typed)
        return Edit(TextRange(self.offset - n_typed, self.offset), text)


def place_at(analysis: Analysis, offset: int) -> Place:
    """The place at an offset."""
    line = analysis.text[analysis.lines.starts[analysis.lines.line_of(offset)] : offset].removeprefix("\ufeff")
    is_comment = line.lstrip().startswith("#")
    instruction = _instruction_at(analysis, offset)
    if instruction is None:
        return Place(
            analysis, offset, None, line, line.lstrip(), is_trigger=False, is_comment=is_comment, in_heredoc=False
        )
    start = instruction.syntax.start
    heredocs = instruction.node.heredocs
    if heredocs and offset >= start + heredocs[0].start:
        return Place(analysis, offset, instruction, line, line, is_trigger=False, is_comment=False, in_heredoc=True)
    escape = analysis.dockerfile.escape
    before = join_lines(analysis.text[start:offset] + _END, escape).text.removesuffix(_END).removeprefix("\ufeff")
    trigger = re.match(r"ONBUILD\s+", before, re.IGNORECASE)
    before = before[trigger.end() :] if trigger is not None else before
    return Place(
        analysis,
        offset,
        instruction,
        line,
        before,
        is_trigger=trigger is not None,
        is_comment=is_comment,
        in_heredoc=False,
    )


def _instruction_at(analysis: Analysis, offset: int) -> Instruction | None:
    instructions = analysis.build.instructions
    n_before = bisect_right(instructions, offset, key=lambda it: it.syntax.start)
    if not n_before:
        return None
    last = instructions[n_before - 1]
    if offset <= last.syntax.end:
        return last
    # The last instruction may continue in lines that are not typed yet.
    line = analysis.text[last.syntax.start : last.syntax.end].rsplit("\n", 1)[-1]
    goes_on = not last.node.heredocs and continuation(line, analysis.dockerfile.escape) is not None
    between = analysis.text[last.syntax.end : offset].split("\n")
    return last if goes_on and all(it.strip() == "" or it.lstrip().startswith("#") for it in between[:-1]) else None
