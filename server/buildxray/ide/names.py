"""The names of a Dockerfile: stages and variables, where each is declared and where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.syntax.instructions import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    From,
    Healthcheck,
    Instruction,
    Node,
    Onbuild,
    Run,
    Token,
    WithPairs,
)
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import variable_references


class Kind(Enum):
    """What a name is the name of."""

    STAGE = "stage"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class Name:
    """What a name stands for: a stage, or variables that are one because they get their value from each other."""

    kind: Kind
    text: str
    """Stages in lower case, as BuildKit knows them."""
    declared_at: int
    """Index of the instruction that declares it first; -1 where none does."""


class Occurrence(NamedTuple):
    """A place where a name stands."""

    name: Name
    range: TextRange
    instruction: int
    is_declaration: bool
    is_number: bool = False
    """Whether it is not the name but the number of a stage that stands there."""


@lru_cache(maxsize=2)
def occurrences(analysis: Analysis) -> tuple[Occurrence, ...]:
    """All places of all names, in the order of the text; kept, since an editor asks at every move of the cursor."""
    return tuple(sorted((*_stages(analysis), *_variables(analysis)), key=lambda it: it.range))


def occurrence_at(analysis: Analysis, offset: int) -> Occurrence | None:
    """The name at an offset; the innermost where one stands in another."""
    found = [it for it in occurrences(analysis) if it.range.contains(offset)]
    return min(found, key=lambda it: it.range.end - it.range.start, default=None)


def places_of(analysis: Analysis, name: Name) -> list[Occurrence]:
    """All places of one name."""
    return [it for it in occurrences(analysis) if it.name == name]


def _stages(analysis: Analysis) -> Iterator[Occurrence]:
    stages = analysis.plan.stages
    names = {it.idx: Name(Kind.STAGE, it.name, it.from_idx) for it in stages}
    for stage in stages:
        instruction = analysis.dockerfile.instructions[stage.from_idx]
        node = instruction.node
        assert isinstance(node, From), "a stage begins with FROM"
        earlier = {it.name: it.idx for it in stages[: stage.idx] if it.name}
        if node.image is not None and node.image.text.lower() in earlier:
            used = names[earlier[node.image.text.lower()]]
            yield Occurrence(used, instruction.range_of(node.image), stage.from_idx, is_declaration=False)
        if node.alias is not None:
            yield Occurrence(names[stage.idx], instruction.range_of(node.alias), stage.from_idx, is_declaration=True)
        numbers = {str(it.idx): it.idx for it in stages[: stage.idx]}
        for idx in range(stage.from_idx + 1, stage.end_idx):
            instruction = analysis.dockerfile.instructions[idx]
            for token in _sources(instruction.node):
                text = token.text.lower()
                source = earlier.get(text, numbers.get(text))
                if source is not None:
                    range_ = instruction.range_of(token)
                    is_number = text not in earlier
                    yield Occurrence(names[source], range_, idx, is_declaration=False, is_number=is_number)


def _sources(node: Node | None) -> Iterator[Token]:
    """Where an instruction names what it takes files from."""
    if isinstance(node, Onbuild):
        node = node.trigger
    if isinstance(node, Copy) and node.source_stage is not None and node.source_stage.value is not None:
        yield node.source_stage.value
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            yield from (it.value for it in mount_options(flag) if it.key == "from" and it.value is not None)
        except MountSyntaxError:
            continue


def _variables(analysis: Analysis) -> Iterator[Occurrence]:
    first = _Declarations(analysis)
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        node: Node | None = instruction.node
        if isinstance(node, Onbuild):
            node = node.trigger
        if isinstance(node, Arg | Env) and isinstance(node, WithPairs):
            for pair in node.pairs:
                name = pair.name.text
                if name:
                    declared = Name(Kind.VARIABLE, name, first.of_declaration(idx, name))
                    yield Occurrence(declared, instruction.range_of(pair.name), idx, is_declaration=True)
        for name, range_ in _uses(analysis, idx, instruction):
            used = Name(Kind.VARIABLE, name, first.of_use(idx, name))
            yield Occurrence(used, range_, idx, is_declaration=False)


def _uses(analysis: Analysis, idx: int, instruction: Instruction) -> Iterator[tuple[str, TextRange]]:
    scopes = analysis.context.facts.scopes(idx)
    shell = scopes[0].shell_command if scopes else ("/bin/sh", "-c")
    own = _set_by_script(analysis, idx, instruction)
    for it in variable_references(instruction, analysis.dockerfile.escape, shell):
        if not (it.is_shell and it.name in own and own[it.name] < it.range.start):
            yield it.name, it.name_range
    if isinstance(instruction.node, Cmd | Entrypoint | Healthcheck):
        for variable in read_script(instruction.node, shell).variables:
            yield variable.name, instruction.place(variable.name_range)


def _set_by_script(analysis: Analysis, idx: int, instruction: Instruction) -> dict[str, int]:
    """The variables that the script of a RUN sets itself, and from where on."""
    found: dict[str, int] = {}
    for command in analysis.context.inventory.script(idx).commands if isinstance(instruction.node, Run) else ():
        for name, assignments in command.variables.items():
            start = min(instruction.place(it.range).start for it in assignments)
            found[name] = min(start, found.get(name, start))
    return found


class _Declarations:
    """Which instruction declares a variable first."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._arguments: dict[str, int] = {}
        for idx, instruction in enumerate(analysis.dockerfile.instructions):
            if isinstance(instruction.node, Arg):
                for pair in instruction.node.pairs:
                    # One build argument may give all ARGs of a name their value.
                    self._arguments.setdefault(pair.name.text, idx)

    def of_declaration(self, idx: int, name: str) -> int:
        node = self._analysis.dockerfile.instructions[idx].node
        if isinstance(node, Onbuild):
            return idx
        if isinstance(node, Arg):
            return self._arguments[name]
        before = self._analysis.context.facts.declaration(name, idx)
        if before is None or isinstance(self._analysis.dockerfile.instructions[before].node, Arg):
            return idx
        return self.of_declaration(before, name)

    def of_use(self, idx: int, name: str) -> int:
        facts = self._analysis.context.facts
        stage = facts.stage_of(idx)
        if stage is None or stage.from_idx == idx:
            first_from = self._analysis.plan.stages[0].from_idx if self._analysis.plan.stages else idx
            declared = self._arguments.get(name, -1)
            return declared if declared < first_from else -1
        before = facts.declaration(name, idx)
        return -1 if before is None else self.of_declaration(before, name)
