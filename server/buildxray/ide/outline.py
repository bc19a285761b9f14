"""The shape of a Dockerfile: its stages with their instructions, and what can be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.syntax.instructions import Arg, Instruction
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class Symbol:
    """A stage or an instruction."""

    name: str
    detail: str
    kind: Literal["stage", "instruction", "argument"]
    range: TextRange
    selection: TextRange
    """The part of it that says what it is."""
    children: tuple[Symbol, ...] = ()


class Fold(NamedTuple):
    """Lines that can be folded into the first of them; 0-based, the last one included."""

    first_line: int
    last_line: int
    is_comment: bool = False
    """What is not a comment has no kind: editors take `region` for what `#region` marks."""


def symbols(analysis: Analysis) -> Iterator[Symbol]:
    """The global arguments, then the stages with their instructions."""
    yield from (_symbol(it.syntax) for it in analysis.build.global_instructions)
    for stage in analysis.build.stages:
        start, end = stage.from_.syntax, stage.last.syntax.end
        platforms = ", ".join(dict.fromkeys(map(str, stage.platforms)))
        yield Symbol(
            stage.display_name,
            f"{start.node.text.partition(' ')[2]} · {platforms}" if platforms else start.node.text.partition(" ")[2],
            "stage",
            TextRange(start.range.start, max(end, start.range.end)),
            start.range_of(start.node.arguments[2] if len(start.node.arguments) > 2 else start.node.keyword),
            tuple(_symbol(it.syntax) for it in stage.instructions),
        )


def folds(analysis: Analysis) -> Iterator[Fold]:
    """Stages, instructions of several lines with their heredocs, and blocks of comments; each range once."""
    line_of = analysis.lines.line_of
    instructions = analysis.dockerfile.instructions
    lines = [(line_of(it.range.start), line_of(it.end)) for it in instructions]
    stages = [(lines[it.from_.idx][0], lines[it.last.idx][1]) for it in analysis.build.stages]
    for first, last in dict.fromkeys((*stages, *lines)):
        if last > first:
            yield Fold(first, last)
    comments = sorted(line_of(it.range.start) for it in analysis.dockerfile.comments)
    for _, group in groupby(enumerate(comments), key=lambda it: it[1] - it[0]):
        block = [line for _, line in group]
        if len(block) > 1:
            yield Fold(block[0], block[-1], is_comment=True)


def _symbol(instruction: Instruction) -> Symbol:
    node = instruction.node
    name, _, rest = node.text.strip().partition(" ")
    is_argument = isinstance(node, Arg)
    shown = f"{name} {rest.split('=')[0].split()[0]}" if is_argument and rest.split() else name.upper() or "?"
    return Symbol(
        shown,
        rest.strip()[:80],
        "argument" if is_argument else "instruction",
        instruction.range,
        instruction.range_of(node.keyword),
    )
