"""Selection ranges: word, argument, flags and arguments, instruction, stage, file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.syntax.instructions import Instruction, Node, Onbuild, Run, Span, WithPairs
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import TextRange

_WORD: Final = lazy_regex(r"\w+")


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
    yield TextRange(0, len(analysis.text))
    line = analysis.lines.line_of(offset)
    start, end = analysis.lines.starts[line], analysis.lines.ends[line]
    for match in _WORD.finditer(analysis.text, start, end):
        yield TextRange(*match.span())
    yield from (it.range for it in analysis.dockerfile.comments)
    yield from (it.range for it in analysis.dockerfile.directives)
    for stage in analysis.build.stages:
        instructions = [stage.from_.syntax, *(it.syntax for it in stage.instructions)]
        yield TextRange(instructions[0].range.start, max(it.end for it in instructions))
    instruction = analysis.dockerfile.instruction_at(offset)
    if instruction is not None:
        yield instruction.range
        yield from _parts(instruction, instruction.node)


def _parts(instruction: Instruction, node: Node) -> Iterator[TextRange]:
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
        yield from _parts(instruction, node.trigger)
