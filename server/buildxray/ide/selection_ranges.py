"""Selection ranges: word, argument, flags and arguments, instruction, stage, file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.syntax.instructions import Instruction, Node, Onbuild, Run, Span, WithPairs, of_node
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import TextRange

_WORD: Final = lazy_regex(r"\w")


def selection_ranges(analysis: Analysis, offset: int) -> list[TextRange]:
    """The ranges around an offset, from the smallest to the largest."""
    ranges = sorted(
        {it for it in _candidates(analysis, offset) if it.contains(offset)}, key=lambda it: (it.end - it.start, it)
    )
    nested = ranges[:1]
    for it in ranges[1:]:
        if it.start <= nested[-1].start and nested[-1].end <= it.end:
            nested.append(it)
    return nested


def _candidates(analysis: Analysis, offset: int) -> Iterator[TextRange]:
    """Yield the ranges that may contain an offset. A client may ask for thousands of offsets at once."""
    yield TextRange(0, len(analysis.text))
    yield from _word(analysis, offset)
    comments = analysis.dockerfile.comments
    yield from (it.range for it in comments[: bisect_right(comments, offset, key=lambda it: it.range.start)][-1:])
    yield from (it.range for it in analysis.dockerfile.directives)
    stages = analysis.build.stages
    for stage in stages[: bisect_right(stages, offset, key=lambda it: it.from_.syntax.range.start)][-1:]:
        yield TextRange(stage.from_.syntax.range.start, stage.last.syntax.end)
    instruction = analysis.dockerfile.instruction_at(offset)
    if instruction is not None:
        yield instruction.range
        yield from _parts_at(instruction, offset)


def _word(analysis: Analysis, offset: int) -> Iterator[TextRange]:
    """Yield the word that touches an offset, if any."""
    text, line = analysis.text, analysis.lines.line_of(offset)
    start = end = offset
    first, last = analysis.lines.starts[line], analysis.lines.ends[line]
    while start > first and _WORD.match(text, start - 1, start):
        start -= 1
    while end < last and _WORD.match(text, end, end + 1):
        end += 1
    if start < end:
        yield TextRange(start, end)


def _parts_at(instruction: Instruction, offset: int) -> Iterator[TextRange]:
    """Yield the parts of an instruction that contain an offset."""
    own = offset - instruction.start
    parts = _parts(instruction.node)
    before = parts[: bisect_right(parts, own, key=itemgetter(0))]
    return (it.shifted(instruction.start) for it in before if it.end >= own)


@of_node
def _parts(node: Node) -> tuple[TextRange, ...]:
    """The parts of an instruction, in ascending order; offsets count from the start of the instruction."""
    return tuple(sorted(_all_parts(node, Instruction(node, 0, 0, 1, 1))))


def _all_parts(node: Node, instruction: Instruction) -> Iterator[TextRange]:
    """Yield the parts of a node, placed as those of an instruction: that of a trigger is its ONBUILD."""
    for flag in node.flags:
        yield instruction.range_of(flag)
        yield instruction.range_of(flag.name)
        if flag.value is not None:
            yield instruction.range_of(flag.value)
    spans = [*(it.span for it in node.flags), *(it.span for it in node.arguments)]
    if spans:
        yield instruction.range_of(Span(min(spans)[0], max(it.end for it in spans)))
    yield from map(instruction.range_of, node.arguments)
    if isinstance(node, WithPairs):
        for pair in node.pairs:
            yield instruction.range_of(pair)
            yield instruction.range_of(pair.name)
            if pair.value is not None:
                yield instruction.range_of(pair.value)
    for heredoc in node.heredocs:
        yield instruction.body_range(heredoc)
    if isinstance(node, Run):
        for command in read_script(node).commands:
            yield instruction.place(command.range)
            yield from (instruction.place(it.range) for it in command.words)
    if isinstance(node, Onbuild) and node.trigger is not None:
        yield from _all_parts(node.trigger, instruction)
