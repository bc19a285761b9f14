"""Run the instructions of a stage: first into a recipe of operations, then into steps with files.

A `Recipe` does not depend on files, and a `StageRun` does not depend on the place of its stage in the document. So an
edit invalidates the recipe of its own stage, and only the runs of the stages that take files from it.

BuildKit: dockerfile2llb/convert.go, dispatchStages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from buildxray.plan.dispatch import BuildArguments, dispatch
from buildxray.plan.graph import Occurrence, vertex
from buildxray.plan.memo import Memo
from buildxray.plan.operations import CommandSource, Input, Operation, Origin
from buildxray.plan.outline import StageRef
from buildxray.plan.scope import Scope
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.syntax.instruction_table import CONFIGURING
from buildxray.syntax.instructions import Arg, Node, Problem, Run


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """The operations of a stage's commands. Positions count the commands, inherited triggers first."""

    scopes: tuple[Scope, ...]
    """The scope before each command, and the scope after the last."""
    operations: tuple[tuple[int, Operation], ...]
    """The operations, each with the position of its command."""
    problems: tuple[tuple[int, Problem], ...]
    """The problems that BuildKit reports, each with the position of its command."""

    @property
    def final_scope(self) -> Scope:
        """The scope after the last command."""
        return self.scopes[-1]


def read_recipe(nodes: Sequence[Node], scope: Scope, arguments: BuildArguments, memo: Memo) -> Recipe:
    """The recipe of a stage with these commands that begins with `scope`."""
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
            if outcome.problems:
                known = {it.span for it in node.problems}
                problems += [(position, it) for it in outcome.problems if it.span not in known]
    return Recipe((*scopes, scope), tuple(operations), tuple(problems))


def _can_dispatch(node: Node) -> bool:
    """True if an instruction can be dispatched: a RUN with a wrong flag still has a command, but other instructions are unusable."""
    if not node.problems:
        return not isinstance(node, CONFIGURING)
    return isinstance(node, Run) and not any(it.is_syntax for it in node.problems)


def _key(node: Node, scope: Scope, arguments: BuildArguments) -> tuple[object, ...]:
    if isinstance(node, Arg):
        # ARG is the only instruction that depends on more than the scope.
        inherited = [arguments.inherited.assignment(it.name.text) for it in node.pairs if it.value is None]
        return (scope, node, *inherited)
    return (scope, node)


@dataclass(frozen=True, slots=True, eq=False)
class StageRun:
    """A recipe applied to files."""

    recipe: Recipe
    occurrences: tuple[Occurrence | None, ...]
    """The step of each command, by position; None for a command without a step."""
    files: Occurrence | None
    """The files of the stage after its last command; None for an empty directory."""


class Start(NamedTuple):
    """The state of a stage before its first command."""

    stage: StageRef
    files: Occurrence | None
    """The files of its base."""
    n_numbered: int
    """1 if the base image is the first numbered step, else 0."""
    platform: Platform
    """The platform on which RUN executes."""
    context: Occurrence
    """The build context."""


Sources = Mapping[int, Sequence["Occurrence | None"]]
"""The files of the stages and images that commands name, by position of the command; None for an empty directory."""


def run_stage(recipe: Recipe, start: Start, sources: Sources, memo: Memo) -> StageRun:
    """Apply a recipe to files."""
    runner = _Runner(start, memo)
    occurrences: list[Occurrence | None] = [None] * (len(recipe.scopes) - 1)
    for position, operation in recipe.operations:
        occurrences[position] = runner.step(operation, position, sources.get(position, ()))
    return StageRun(recipe, tuple(occurrences), runner.files)


class _Runner:
    """Applies one operation after the other."""

    def __init__(self, start: Start, memo: Memo) -> None:
        self.files = start.files
        """The files of the stage so far."""
        self._start = start
        self._memo = memo
        self._position = 0
        self._n_numbered = start.n_numbered
        self._sources: Sequence[Occurrence | None] = ()

    def step(self, operation: Operation, position: int, sources: Sequence[Occurrence | None]) -> Occurrence:
        """Apply the operation of the command at a position; its result becomes the files of the stage."""
        self._n_numbered += 1
        self._position, self._sources = position, sources
        self.files = occurrence = self._occurrence(operation)
        return occurrence

    def _occurrence(self, operation: Operation) -> Occurrence:
        inputs = [self._input(it) for it in operation.inputs]
        if operation.kind == "merge" and None in inputs:
            # Merging with an empty directory changes nothing.
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
        if isinstance(input_, CommandSource):
            return self._sources[input_.idx] if input_.idx < len(self._sources) else None
        return self._occurrence(input_) if isinstance(input_, Operation) else None
