"""The names in a Dockerfile (stages, variables, heredocs), with their declarations and uses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.declarations import Declaration, declarations_of, declared_pairs, declaring_node
from buildxray.records import dataclass
from buildxray.semantics.build import Instruction as View
from buildxray.semantics.build import Run as RunView
from buildxray.semantics.build import Stage
from buildxray.syntax.heredocs import heredoc_name_spans, terminator_range
from buildxray.syntax.instructions import (
    Arg,
    Cmd,
    Entrypoint,
    Healthcheck,
    Instruction,
)
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import variable_references


class Kind(Enum):
    """The kind of thing that a name denotes."""

    STAGE = "stage"
    VARIABLE = "variable"
    HEREDOC = "heredoc"


@dataclass(frozen=True, slots=True)
class Name:
    """The meaning of a name: a stage, a heredoc, or a group of variables that get their values from each other."""

    kind: Kind
    text: str
    """The name; of stages in lower case, as BuildKit compares them."""
    declared_at: int
    """The index of the instruction that declares it first; -1 if none does."""
    ordinal: int = 0
    """Distinguishes names that are otherwise equal.

    The number of a heredoc in its instruction, or the root stage of the uses of an undeclared variable (-1 for the global scope).
    """


class Occurrence(NamedTuple):
    """One use or declaration of a name."""

    name: Name
    range: TextRange
    instruction: int
    is_declaration: bool
    is_number: bool = False
    """True if the text is the number of a stage."""
    origins: tuple[Declaration, ...] = ()
    """The declarations of a variable that can give it its value here, the nearest first."""


def occurrences(analysis: Analysis) -> tuple[Occurrence, ...]:
    """All occurrences of all names, in the order of the text; cached, since editors ask at every cursor movement."""
    return analysis.cached(_occurrences)


def _occurrences(analysis: Analysis) -> tuple[Occurrence, ...]:
    places = (*_stages(analysis), *_variables(analysis), *_heredocs(analysis))
    return tuple(sorted(places, key=lambda it: it.range))


def occurrence_at(analysis: Analysis, offset: int) -> Occurrence | None:
    """The name at an offset; the innermost if one is part of another."""
    index = analysis.cached(_index)
    last = bisect_right(index.starts, offset)
    first = bisect_left(index.starts, offset - index.longest)
    touched = [it for it in occurrences(analysis)[first:last] if it.range.contains(offset)]
    return min(touched, key=lambda it: it.range.end - it.range.start, default=None)


def places_of(analysis: Analysis, name: Name) -> tuple[Occurrence, ...]:
    """All occurrences of one name, in the order of the text."""
    return analysis.cached(_index).by_name.get(name, ())


class _Index(NamedTuple):
    """The occurrences of a text, indexed by place and by name."""

    starts: list[int]
    longest: int
    """The length of the longest occurrence, which limits how far before an offset an occurrence can begin."""
    by_name: dict[Name, tuple[Occurrence, ...]]


def _index(analysis: Analysis) -> _Index:
    by_name: dict[Name, list[Occurrence]] = defaultdict(list)
    for it in occurrences(analysis):
        by_name[it.name].append(it)
    starts = [it.range.start for it in occurrences(analysis)]
    longest = max((it.range.end - it.range.start for it in occurrences(analysis)), default=0)
    return _Index(starts, longest, {name: tuple(places) for name, places in by_name.items()})


def stage_name(stage: Stage) -> Name:
    """The name of a stage."""
    return Name(Kind.STAGE, stage.name, stage.from_.idx)


def _stages(analysis: Analysis) -> Iterator[Occurrence]:
    earlier: dict[str, Name] = {}
    # BuildKit refuses to copy from the same or a later stage, but the name still refers to that stage.
    later = {it.name: stage_name(it) for it in analysis.build.stages if it.name}
    numbers: dict[str, Name] = {}
    for stage in analysis.build.stages:
        from_ = stage.from_
        if from_.image is not None and from_.image.text.lower() in earlier:
            base = earlier[from_.image.text.lower()]
            yield Occurrence(base, from_.range_of(from_.image), from_.idx, is_declaration=False)
        if from_.alias is not None:
            yield Occurrence(stage_name(stage), from_.range_of(from_.alias), from_.idx, is_declaration=True)
        for instruction in stage.instructions:
            for token in instruction.sources_named:
                text = token.text.lower()
                source = earlier.get(text, numbers.get(text, later.get(text)))
                if source is not None:
                    range_ = instruction.range_of(token)
                    is_number = text not in earlier and text in numbers
                    yield Occurrence(source, range_, instruction.idx, is_declaration=False, is_number=is_number)
        numbers[str(stage.idx)] = stage_name(stage)
        if stage.name:
            earlier[stage.name] = stage_name(stage)


def _variables(analysis: Analysis) -> Iterator[Occurrence]:
    declarations = declarations_of(analysis)
    uses: list[tuple[str, TextRange, int, tuple[Declaration, ...]]] = []
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        for text, range_ in _uses(analysis, idx, instruction):
            origins = declarations.reaching(idx, text, _pairs_before(instruction, range_.start))
            declarations.join(origins)
            uses.append((text, range_, idx, origins))
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        for number, pair in enumerate(declared_pairs(declaring_node(instruction.node))):
            text = pair.name.text
            if text:
                own = Declaration(idx, number)
                name = Name(Kind.VARIABLE, text, declarations.first(own))
                range_ = instruction.range_of(pair.name)
                origins = declarations.origins(own, text)
                yield Occurrence(name, range_, idx, is_declaration=True, origins=origins)
    for text, range_, idx, origins in uses:
        declared = Name(Kind.VARIABLE, text, declarations.first(origins[0])) if origins else None
        used = declared or Name(Kind.VARIABLE, text, -1, declarations.root(idx))
        yield Occurrence(used, range_, idx, is_declaration=False, origins=origins)


def _pairs_before(instruction: Instruction, offset: int) -> int:
    """The number of pairs of an ARG that are set before a place in it; an ENV sets all its pairs at once."""
    node = instruction.node
    return sum(instruction.range_of(it).end < offset for it in node.pairs) if isinstance(node, Arg) else 0


def _uses(analysis: Analysis, idx: int, instruction: Instruction) -> Iterator[tuple[str, TextRange]]:
    shell = shell_at(analysis, idx)
    own = _set_by_script(analysis.build.instructions[idx])
    for it in variable_references(instruction, analysis.dockerfile.escape, shell):
        if not (it.is_shell and it.name in own and own[it.name] < it.range.start):
            yield it.name, it.name_range
    if isinstance(instruction.node, Cmd | Entrypoint | Healthcheck):
        for variable in read_script(instruction.node, shell).variables:
            yield variable.name, instruction.place(variable.name_range)


def shell_at(analysis: Analysis, idx: int) -> tuple[str, ...]:
    """The shell that executes the shell text of an instruction."""
    return analysis.build.instructions[idx].shell


def _set_by_script(instruction: View) -> dict[str, int]:
    """The variables that the script of a RUN sets, each with the offset from which it is set."""
    starts: dict[str, int] = {}
    for command in instruction.script.commands if isinstance(instruction, RunView) else ():
        for name, assignments in command.variables.items():
            start = min(instruction.shell_range(it.range).start for it in assignments)
            starts[name] = min(start, starts.get(name, start))
    return starts


def _heredocs(analysis: Analysis) -> Iterator[Occurrence]:
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        heredocs = instruction.node.heredocs
        spans = heredoc_name_spans(instruction.node) if heredocs else ()
        for ordinal, (heredoc, span) in enumerate(zip(heredocs, spans, strict=True)):
            if span is None:
                continue
            name = Name(Kind.HEREDOC, heredoc.name, idx, ordinal)
            yield Occurrence(name, instruction.range_of(span), idx, is_declaration=True)
            end = terminator_range(analysis.text, instruction, heredoc)
            if end is not None:
                yield Occurrence(name, end, idx, is_declaration=False)
