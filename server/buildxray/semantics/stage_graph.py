"""The graph of a plan's stages: their dependencies, scopes and steps.

Each fact is computed lazily and cached.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, Step
from buildxray.plan.outline import StageOutline, StageRef, outline
from buildxray.plan.resolution import resolve_stages
from buildxray.plan.scope import Scope
from buildxray.platforms.platform import Platform, normalize
from buildxray.records import cached_property, dataclass
from buildxray.semantics.path_index import PathIndex
from buildxray.syntax.instructions import Arg, Env, Node, Run

_PROBE_PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))


class SplitCause(Enum):
    """The reason why an instruction is executed more than once."""

    PLATFORM = "platform"
    """It executes on each target platform."""
    ENVIRONMENT = "environment"
    """A variable with a value per target platform is in its environment."""
    TEXT = "text"
    """A variable with a value per target platform is expanded in its text."""
    FILES = "files"
    """It reads files that differ."""


@dataclass(frozen=True, slots=True)
class Split:
    """An instruction that is executed several times for the target platforms."""

    n_steps: int
    cause: SplitCause
    variables: tuple[str, ...]
    """The variables that differ, for ENVIRONMENT and TEXT."""
    declared_at: int | None
    """The index of the instruction that sets the first of these variables."""
    origin: int
    """Index of the instruction at which the split begins: itself, unless the cause is FILES."""


class Consumer(NamedTuple):
    """An instruction that uses files of a stage."""

    stage: int
    instruction: int
    """The index of a FROM that names the stage, of a COPY, or of a RUN with a mount."""


class StageGraph:
    """The stages of one plan with their dependencies, platforms, scopes and steps."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._scopes: dict[int, tuple[Scope, ...]] = {}
        self._families: dict[int, tuple[int, ...]] = {}
        self._roots: dict[int, int | None] = {}
        self._splits: dict[int, Split | None] = {}
        self.ways_into_image: dict[tuple[int, str], Consumer | None] = {}
        """The cache of `file_flow.way_into_image`, by stage and path."""
        self.arrivals: dict[tuple[int, str], bool] = {}
        """For files of stages, by stage and path: True if they reach the image; `file_flow` fills it."""
        self.takers: dict[int, PathIndex] = {}
        """The positions among the consumers of each stage, by the paths that they take; `file_flow` fills it."""

    def stage_of(self, instruction: int) -> StageOutline | None:
        """The stage that an instruction belongs to, its FROM included; None before the first."""
        stages = self._stages_of_instructions
        return stages[instruction] if 0 <= instruction < len(stages) else None

    @cached_property
    def _stages_of_instructions(self) -> list[StageOutline | None]:
        stages: list[StageOutline | None] = [None] * len(self.plan.dockerfile.instructions)
        for stage in self.plan.stages:
            stages[stage.from_idx : stage.end_idx] = [stage] * (stage.end_idx - stage.from_idx)
        return stages

    @cached_property
    def native_stages(self) -> frozenset[int]:
        """Stages whose platform does not depend on the target, so that all targets can share their steps."""
        platforms = [it.platform for it in self.plan.targets]
        resolved = [it.conversion.resolved for it in self.plan.targets]
        if len(platforms) < 2 and resolved:
            # One target alone does not show it, so two others are resolved.
            outlined = outline(self.plan.dockerfile)
            resolved = [resolve_stages(outlined, self.plan.request, it, Memo()) for it in _PROBE_PLATFORMS]
        return frozenset(
            stage.idx
            for stage in self.plan.stages
            if len({it.stages[stage.idx].platform for it in resolved}) == 1
            and any(it.stages[stage.idx].base_name != "scratch" for it in resolved)
        )

    @cached_property
    def needed_stages(self) -> frozenset[int]:
        """Stages that some target platform needs."""
        return frozenset(
            stage.idx for stage in self.plan.stages if any(it.is_needed(stage.idx) for it in self.plan.targets)
        )

    @cached_property
    def chosen_stages(self) -> frozenset[int]:
        """Stages that only some target platforms need, because the platform chooses them."""
        return frozenset(
            stage for stage in self.needed_stages if not all(it.is_needed(stage) for it in self.plan.targets)
        )

    @cached_property
    def image_stages(self) -> frozenset[int]:
        """The target stage and its ancestors, which together become the image."""
        stages: set[int] = set()
        todo = [] if self.plan.target_stage is None else [self.plan.target_stage]
        while todo:
            stage = todo.pop()
            if stage not in stages:
                stages.add(stage)
                todo += self.bases(stage)
        return frozenset(stages)

    def bases(self, stage: int) -> tuple[int, ...]:
        """The stages on which a stage is built; several if its FROM names one by platform."""
        return self._bases[stage]

    @cached_property
    def _bases(self) -> list[tuple[int, ...]]:
        together = zip(*([it.base for it in target.stages] for target in self.plan.targets), strict=True)
        bases = [tuple(it for it in dict.fromkeys(them) if it is not None) for them in together]
        return bases or [()] * len(self.plan.stages)

    def root(self, stage: int) -> int | None:
        """The ancestor of a stage that is built on an image; None if it depends on the target."""
        path: list[int] = []
        root: int | None = stage
        while root is not None and root not in self._roots and (bases := self.bases(root)):
            path.append(root)
            is_sure = len(bases) == 1 and all(it.stages[root].base is not None for it in self.plan.targets)
            root = bases[0] if is_sure else None
        root = None if root is None else self._roots.get(root, root)
        self._roots |= dict.fromkeys(path, root)
        return root

    def family(self, root: int) -> tuple[int, ...]:
        """A stage and its descendants, in the order of the file."""
        known = self._families.get(root)
        if known is None:
            members = {root}
            todo = [root]
            while todo:
                more = [it for it in self.children(todo.pop()) if it not in members]
                members.update(more)
                todo += more
            known = self._families[root] = tuple(sorted(members))
        return known

    def ancestry(self, stage: int) -> tuple[int, ...]:
        """A stage and its ancestors, nearest first, of all targets together."""
        return tuple(self._ancestors(stage))

    def _ancestors(self, stage: int) -> Iterator[int]:
        """Yield the items of `ancestry` lazily, because a chain of FROMs may be long."""
        known = {stage}
        todo = deque(known)
        while todo:
            current = todo.popleft()
            yield current
            for base in self.bases(current):
                if base not in known:
                    known.add(base)
                    todo.append(base)

    @cached_property
    def consumers(self) -> dict[int, tuple[Consumer, ...]]:
        """The instructions of needed stages that use files of each stage."""
        consumers: dict[int, list[Consumer]] = {stage.idx: [] for stage in self.plan.stages}
        for stage in self.plan.stages:
            if stage.idx not in self.needed_stages:
                continue
            for base in self.bases(stage.idx):
                consumers[base].append(Consumer(stage.idx, stage.from_idx))
            for position, sources in stage.sources.items():
                for source in dict.fromkeys(sources):
                    if isinstance(source, StageRef):
                        consumers[source.idx].append(Consumer(stage.idx, stage.from_idx + 1 + position))
        return {stage: tuple(users) for stage, users in consumers.items()}

    def platforms(self, stage: int) -> tuple[Platform, ...]:
        """The platform of a stage for each target, normalised."""
        return tuple(normalize(it.stages[stage].platform) for it in self.plan.targets)

    def steps(self, instruction: int) -> tuple[Step, ...]:
        """The distinct steps of an instruction, for all targets."""
        stage = self.stage_of(instruction)
        if stage is None:
            return ()
        if instruction == stage.from_idx:
            return tuple(it for it in self.plan.steps if it.kind == "source" and instruction in it.instructions)
        indices = dict.fromkeys(it.step_of(stage, instruction) for it in self.plan.targets)
        return tuple(self.plan.steps[it] for it in indices if it is not None)

    def trigger_steps(self, stage: int) -> tuple[tuple[Node, tuple[Step, ...]], ...]:
        """The ONBUILD triggers that a stage inherits, and the steps of each."""
        triggers = [it.triggers(stage) for it in self.plan.targets if it.is_needed(stage)]
        longest = max(triggers, key=len, default=())
        by_trigger: list[tuple[Node, tuple[Step, ...]]] = []
        for position, (node, _) in enumerate(longest):
            indices = dict.fromkeys(inherited[position][1] for inherited in triggers if position < len(inherited))
            steps = tuple(self.plan.steps[it] for it in indices if it is not None)
            if steps:
                by_trigger.append((node, steps))
        return tuple(by_trigger)

    def runs(self, stage: int) -> list[int]:
        """The indices of the RUN instructions of a stage."""
        outlined = self.plan.stages[stage]
        return [it for it in range(outlined.from_idx + 1, outlined.end_idx) if isinstance(self.plan.node(it), Run)]

    def repeated_runs(self, stages: Iterable[int]) -> int:
        """The number of RUN instructions of these stages that execute several times."""
        return sum(len(self.steps(idx)) > 1 for stage in stages for idx in self.runs(stage))

    def run_steps(self) -> int:
        """The number of RUN steps that BuildKit executes."""
        return sum(it.kind == "exec" for it in self.plan.steps)

    def emulated_steps(self) -> int:
        """The number of emulated RUN steps."""
        return sum(it.is_emulated for it in self.plan.steps)

    def scopes(self, instruction: int) -> tuple[Scope, ...]:
        """The scope before an instruction for each target that needs its stage."""
        known = self._scopes.get(instruction)
        if known is None:
            stage = self.stage_of(instruction)
            known = ()
            if stage is not None and instruction != stage.from_idx:
                scopes = (it.scope_before(stage, instruction) for it in self.plan.targets)
                known = tuple(it for it in scopes if it is not None)
            self._scopes[instruction] = known
        return known

    def scopes_by_machine(self, instruction: int) -> Iterator[tuple[object, Scope]]:
        """Yield `scopes`, each with the identity of the machine that builds for its target."""
        stage = self.stage_of(instruction)
        if stage is None or instruction == stage.from_idx:
            return
        request = self.plan.request
        for planned in self.plan.targets:
            scope = planned.scope_before(stage, instruction)
            if scope is not None:
                yield request.machine(request.target_platforms.index(planned.platform)), scope

    def scopes_after(self, instruction: int) -> tuple[Scope, ...]:
        """The scope after an instruction for each target that needs its stage."""
        stage = self.stage_of(instruction)
        if stage is None:
            return ()
        scopes = (it.scope_before(stage, instruction + 1) for it in self.plan.targets)
        return tuple(it for it in scopes if it is not None)

    def children(self, stage: int) -> tuple[int, ...]:
        """The stages that are built directly on a stage."""
        return self._children.get(stage, ())

    @cached_property
    def _children(self) -> dict[int, tuple[int, ...]]:
        children: dict[int, tuple[int, ...]] = {}
        for stage in self.plan.stages:
            for base in self.bases(stage.idx):
                children[base] = (*children.get(base, ()), stage.idx)
        return children

    def declaration(self, name: str, instruction: int) -> int | None:
        """The index of the ARG or ENV that last sets a variable before an instruction of a stage; None if none does.

        Ancestors of the stage count.
        """
        stage = self.stage_of(instruction)
        if stage is None:
            return None
        for ancestor in self._ancestors(stage.idx):
            setting = self._settings[ancestor].get(name, [])
            position = bisect_left(setting, instruction) if ancestor == stage.idx else len(setting)
            if position > 0:
                return setting[position - 1]
        return None

    @cached_property
    def _settings(self) -> list[dict[str, list[int]]]:
        """For each stage, the indices of the ARG and ENV instructions that set each variable, in order."""
        settings: list[dict[str, list[int]]] = []
        for stage in self.plan.stages:
            of_stage: dict[str, list[int]] = {}
            for idx in range(stage.from_idx + 1, stage.end_idx):
                node = self.plan.node(idx)
                for pair in node.pairs if isinstance(node, Arg | Env) else ():
                    indices = of_stage.setdefault(pair.name.text, [])
                    if not indices or indices[-1] != idx:
                        indices.append(idx)
            settings.append(of_stage)
        return settings

    def split(self, instruction: int) -> Split | None:
        """The reason why an instruction has several steps; None if it has at most one."""
        # Without recursion: a stage may have more instructions than Python's recursion limit.
        todo: list[int] = []
        current: int | None = instruction
        while current is not None and current not in self._splits:
            todo.append(current)
            is_split = len(self.steps(current)) > 1 and self.stage_of(current) is not None
            current = self._previous(current) if is_split else None
        before = None if current is None else self._splits[current]
        for idx in reversed(todo):
            before = self._splits[idx] = self._split(idx, before)
        return self._splits[instruction]

    def _split(self, instruction: int, split_before: Split | None) -> Split | None:
        steps = self.steps(instruction)
        stage = self.stage_of(instruction)
        if len(steps) < 2 or stage is None:
            return None
        if split_before is not None:
            return Split(len(steps), SplitCause.FILES, (), None, split_before.origin)
        if len({it.platform for it in steps}) > 1 or stage.idx not in self.native_stages:
            return Split(len(steps), SplitCause.PLATFORM, (), None, stage.from_idx)
        if isinstance(self.plan.node(instruction), Run):
            names = self._differing(steps)
            if names:
                return Split(
                    len(steps), SplitCause.ENVIRONMENT, names, self.declaration(names[0], instruction), instruction
                )
        elif len({it.label for it in steps}) > 1 and (names := self._per_target(instruction)):
            declared = self.declaration(names[0], instruction)
            return Split(len(steps), SplitCause.TEXT, names, declared, instruction)
        return Split(len(steps), SplitCause.FILES, (), None, instruction)

    def _previous(self, instruction: int) -> int | None:
        """The instruction whose result an instruction works on, in its stage or an ancestor."""
        stage = self.stage_of(instruction)
        assert stage is not None, "a step belongs to a stage"
        for ancestor in self._ancestors(stage.idx):
            outlined = self.plan.stages[ancestor]
            end = instruction if ancestor == stage.idx else outlined.end_idx
            for idx in range(end - 1, outlined.from_idx, -1):
                if self.steps(idx):
                    return idx
        return None

    def _differing(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        values: dict[str, set[str]] = {}
        for step in steps:
            for it in step.environment.in_order() if step.environment is not None else ():
                values.setdefault(it.name, set()).add(it.value)
        return tuple(name for name, different in values.items() if len(different) > 1)

    def names_per_target(self, instruction: int) -> tuple[str, ...]:
        """Variables in the scope of an instruction whose values depend on the target."""
        scopes = self.scopes(instruction)
        names = dict.fromkeys(it.name for scope in scopes for it in scope.environment.in_order())
        return tuple(name for name in names if len({it.environment.get(name) for it in scopes}) > 1)

    def _per_target(self, instruction: int) -> tuple[str, ...]:
        """The variables among these that the text of the instruction names."""
        text = self.plan.node(instruction).text
        return tuple(name for name in self.names_per_target(instruction) if name in text)
