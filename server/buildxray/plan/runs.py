"""The instructions of a stage, one after the other: first what they ask for, then what that makes of files.

A `Recipe` knows nothing of files, and a `StageRun` nothing of the place of its stage in the document. So an edit
costs a new recipe for the stage that it touches, and for those that take files from there only a new run.

BuildKit: dockerfile2llb/convert.go, dispatchStages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from buildxray.plan.dispatch import BuildArguments, dispatch
from buildxray.plan.graph import Occurrence, vertex
from buildxray.plan.memo import Memo
from buildxray.plan.operations import CommandSource, Input, Operation, Origin
from buildxray.plan.outline import StageRef
from buildxray.plan.scope import Scope
from buildxray.platforms.platform import Platform
from buildxray.syntax.instruction_table import CONFIGURING
from buildxray.syntax.instructions import Arg, Node, Problem, Run


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What the commands of a stage ask for. Positions count the commands, inherited triggers first."""

    scopes: tuple[Scope, ...]
    """The scope before each command, and the one after the last."""
    operations: tuple[tuple[int, Operation], ...]
    """Positions of commands that make a step, and what each does."""
    problems: tuple[tuple[int, Problem], ...]
    """Positions of commands that BuildKit refuses, and why."""

    @property
    def final_scope(self) -> Scope:
        """The scope after the last command."""
        return self.scopes[-1]


def read_recipe(nodes: Sequence[Node], scope: Scope, arguments: BuildArguments, memo: Memo) -> Recipe:
    """The recipe of a stage with these commands, which begins in this scope."""
    scopes: list[Scope] = []
    operations: list[tuple[int, Operation]] = []
    problems: list[tuple[int, Problem]] = []
    for position, node in enumerate(nodes):
        scopes.append(scope)
        if _can_dispatch(node):
            outcome = memo.recall(_key(node, scope, arguments), dispatch, node, scope, arguments)
            scope = outcome.scope
            if outcome.operation is not None:
                operations.append((position, outcome.operation))
            known = {it.span for it in node.problems}
            problems += [(position, it) for it in outcome.problems if it.span not in known]
    return Recipe((*scopes, scope), tuple(operations), tuple(problems))


def _can_dispatch(node: Node) -> bool:
    """True if an instruction can be looked at: a RUN with a wrong flag still runs something, all others say too little."""
    if not node.problems:
        return not isinstance(node, CONFIGURING)
    return isinstance(node, Run) and not any(it.is_syntax for it in node.problems)


def _key(node: Node, scope: Scope, arguments: BuildArguments) -> tuple[object, ...]:
    if isinstance(node, Arg):
        # Only here does an instruction depend on more than the scope.
        inherited = [arguments.inherited.assignment(it.name.text) for it in node.pairs if it.value is None]
        return (scope, node, *inherited)
    return (scope, node)


@dataclass(frozen=True, slots=True, eq=False)
class StageRun:
    """A recipe, carried out."""

    recipe: Recipe
    occurrences: tuple[Occurrence | None, ...]
    """What each command makes, by position; None for one that makes no step."""
    files: Occurrence | None
    """What the stage has in the end; None for nothing."""


class Start(NamedTuple):
    """How a stage begins."""

    stage: StageRef
    files: Occurrence | None
    """Those of what it is built on."""
    n_numbered: int
    """1 where the image it is built on counts as its first step, else 0."""
    platform: Platform
    """Where RUN executes."""
    context: Occurrence
    """The build context."""


Sources = Mapping[int, Sequence["Occurrence | None"]]
"""The files of the stages and images that commands name, by the position of the command; None for empty ones."""


def run_stage(recipe: Recipe, start: Start, sources: Sources, memo: Memo) -> StageRun:
    """Carry out a recipe."""
    runner = _Runner(start, memo)
    occurrences: list[Occurrence | None] = [None] * (len(recipe.scopes) - 1)
    for position, operation in recipe.operations:
        occurrences[position] = runner.step(operation, position, sources.get(position, ()))
    return StageRun(recipe, tuple(occurrences), runner.files)


class _Runner:
    """Carries out one operation after the other."""

    def __init__(self, start: Start, memo: Memo) -> None:
        self.files = start.files
        """What the stage has so far."""
        self._start = start
        self._memo = memo
        self._position = 0
        self._n_numbered = start.n_numbered
        self._sources: Sequence[Occurrence | None] = ()

    def step(self, operation: Operation, position: int, sources: Sequence[Occurrence | None]) -> Occurrence:
        """The step of the command at a position, whose files are those of the stage from now on."""
        self._n_numbered += 1
        self._position, self._sources = position, sources
        self.files = occurrence = self._occurrence(operation)
        return occurrence

    def _occurrence(self, operation: Operation) -> Occurrence:
        inputs = [self._input(it) for it in operation.inputs]
        if operation.kind == "merge" and None in inputs:
            # Merged with an empty directory, files are what they are.
            return next(it for it in inputs if it is not None)
        platform = self._start.platform if operation.kind == "exec" else None
        content = vertex(self._memo, operation, platform, [None if it is None else it.vertex for it in inputs])
        return Occurrence(
            content, operation, inputs, source=self._start.stage, command=self._position, number=self._n_numbered
        )

    def _input(self, input_: Input | None) -> Occurrence | None:
        if input_ is Origin.PREVIOUS:
            return self.files
        if input_ is Origin.CONTEXT:
            return self._start.context
        match input_:
            case CommandSource(idx):
                return self._sources[idx] if idx < len(self._sources) else None
            case Operation():
                return self._occurrence(input_)
            case _:
                return None
