"""The instructions of a stage, one after the other: scopes, operations and what they make of the files.

A run knows nothing of where its stage stands in the file, so that a stage which an edit leaves alone, and
whose files come from the same steps as before, is run once.

BuildKit: dockerfile2llb/convert.go, dispatchStages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from buildxray.plan.dispatch import BuildArguments, dispatch
from buildxray.plan.graph import Occurrence, vertex
from buildxray.plan.memo import Memo
from buildxray.plan.operations import CommandSource, Input, Operation, Origin
from buildxray.plan.scope import Scope
from buildxray.platforms.platform import Platform
from buildxray.syntax.instructions import Arg, Cmd, Entrypoint, Healthcheck, Maintainer, Node, Onbuild, Problem

_WITHOUT_EFFECT: Final = (Cmd, Entrypoint, Healthcheck, Maintainer, Onbuild)
"""What only the configuration of the image keeps."""


class Command(NamedTuple):
    """An instruction of a stage, or a trigger that it inherits."""

    node: Node
    sources: tuple[Occurrence | None, ...]
    """The files of the stages and images that it names; None for empty ones."""


@dataclass(frozen=True, slots=True, eq=False)
class StageRun:
    """A stage, run. Positions count its commands, triggers first."""

    scopes: tuple[Scope, ...]
    """The scope in front of each command, and the one behind the last."""
    occurrences: tuple[Occurrence | None, ...]
    """What each command makes; None for one that makes no step."""
    files: Occurrence | None
    """What the stage has in the end; None for nothing."""
    problems: tuple[tuple[int, Problem], ...]
    """Positions of commands that BuildKit refuses, and why."""

    @property
    def final_scope(self) -> Scope:
        """The scope behind the last command."""
        return self.scopes[-1]


class Surroundings(NamedTuple):
    """What a run depends on besides its stage."""

    arguments: BuildArguments
    target_platform: Platform
    context: Occurrence
    """The build context."""


class Start(NamedTuple):
    """How a stage begins."""

    stage: int
    """Its number."""
    scope: Scope
    files: Occurrence | None
    """Those of what it is built on."""
    n_numbered: int
    """1 where the image it is built on counts as its first step, else 0."""


def run_stage(commands: Sequence[Command], start: Start, surroundings: Surroundings, memo: Memo) -> StageRun:
    """Run the commands of a stage."""
    runner = _Runner(start.stage, start.scope, start.files, start.n_numbered, surroundings, memo)
    for command in commands:
        runner.step(command)
    return StageRun((*runner.scopes, runner.scope), tuple(runner.occurrences), runner.files, tuple(runner.problems))


@dataclass(slots=True)
class _Runner:
    stage: int
    scope: Scope
    files: Occurrence | None
    n_numbered: int
    """How many steps of the stage have a number so far."""
    surroundings: Surroundings
    memo: Memo
    scopes: list[Scope] = field(default_factory=list)
    occurrences: list[Occurrence | None] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)

    def step(self, command: Command) -> None:
        node = command.node
        self.scopes.append(self.scope)
        occurrence: Occurrence | None = None
        if node.problem is None and not isinstance(node, _WITHOUT_EFFECT):
            arguments = self.surroundings.arguments
            outcome = self.memo.recall(self._key(node, arguments), dispatch, node, self.scope, arguments)
            if outcome.problem is not None:
                self.problems.append((len(self.occurrences), outcome.problem))
            self.scope = outcome.scope
            if outcome.operation is not None:
                self.n_numbered += 1
                self.files = occurrence = self._occurrence(outcome.operation, command)
        self.occurrences.append(occurrence)

    def _key(self, node: Node, arguments: BuildArguments) -> tuple[object, ...]:
        if isinstance(node, Arg):
            # Only here does an instruction depend on more than the scope.
            inherited = [arguments.inherited.assignment(it.name.text) for it in node.pairs if it.value is None]
            return (self.scope, node, *inherited)
        return (self.scope, node)

    def _occurrence(self, operation: Operation, command: Command) -> Occurrence:
        inputs = [self._input(it, command) for it in operation.inputs]
        if operation.kind == "merge" and None in inputs:
            # Merged with an empty directory, files are what they are.
            return next(it for it in inputs if it is not None)
        platform = operation.platform
        if operation.kind == "exec" and platform is None:
            platform = self.surroundings.target_platform
        content = vertex(self.memo, operation, platform, [None if it is None else it.vertex for it in inputs])
        return Occurrence(
            content,
            operation,
            inputs,
            source=self.stage,
            command=len(self.occurrences),
            number=self.n_numbered,
        )

    def _input(self, input_: Input | None, command: Command) -> Occurrence | None:
        match input_:
            case None:
                return None
            case Origin.PREVIOUS:
                return self.files
            case Origin.CONTEXT:
                return self.surroundings.context
            case CommandSource(idx):
                return command.sources[idx] if idx < len(command.sources) else None
            case Operation():
                return self._occurrence(input_, command)
