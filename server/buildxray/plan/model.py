"""The plan: the steps that `docker buildx build` would execute.

Stages and instructions are identified by their index in the Dockerfile, steps by their index in the plan.
"""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from buildxray.plan.convert import Conversion
from buildxray.plan.environment import Environment
from buildxray.plan.graph import Occurrence, Vertex, in_build_order
from buildxray.plan.labels import write_label
from buildxray.plan.operations import StepKind
from buildxray.plan.outline import Cause, Outline, StageOutline
from buildxray.plan.request import BuildRequest
from buildxray.plan.scope import Scope
from buildxray.plan.stages import ResolvedStage, ResolvedStages
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property, dataclass
from buildxray.syntax.instructions import Instruction, Node
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.text import TextRange


class PlanError(NamedTuple):
    """A reason why BuildKit refuses the build."""

    message: str
    line: int
    """The 1-based line."""
    range: TextRange
    """The range of the smallest wrong token; empty at the start of the text if the request is wrong."""
    replacement: str | None = None
    """The text that was probably meant instead of the text of `range`; None if no known name is close."""
    cause: Cause = Cause.FILE


@dataclass(slots=True)
class _Build:
    """The data that all steps of a plan share."""

    request: BuildRequest
    resolved: list[ResolvedStages] = field(default_factory=list)
    """The stages for each target platform, in the order of the request."""
    steps: dict[object, dict[Vertex, int]] = field(default_factory=dict)
    """The index of each step, by machine and vertex. Steps refer to this object, so it does not refer to them."""


class Step:
    """A deduplicated operation: a machine executes it once, however many targets depend on it."""

    def __init__(self, idx: int, vertex: Vertex, machine: object, node: Platform, build: _Build) -> None:
        self.idx = idx
        self.machine = machine
        """The identity of the machine that executes it."""
        self.node = node
        """The platform of the machine that executes it."""
        self.vertex = vertex
        """Its content: steps of two plans are the same if their vertices are."""
        self._build = build
        self.places: list[tuple[int, Occurrence]] = []
        """The occurrences of the vertex, each with the number of the target in whose graph it is, in the order of the plan."""

    @cached_property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that depend on the step, in the order of the request."""
        platforms = self._build.request.target_platforms
        return tuple([platforms[it] for it in dict.fromkeys([target for target, _ in self.places])])

    @cached_property
    def instructions(self) -> tuple[int, ...]:
        """Indices of the instructions that this step comes from; empty for BuildKit-internal steps."""
        resolved = self._build.resolved
        return tuple(
            dict.fromkeys(
                [
                    resolved[target].instruction(it.source, it.command)
                    for target, it in self.places
                    if it.source is not None and it.operation.has_line
                ]
            )
        )

    @cached_property
    def line(self) -> int | None:
        """The 1-based first line of the first instruction of the step; None if BuildKit does not know the line."""
        lines: list[int] = []
        for it in self._first_occurrences:
            instruction = self._instruction(self._first_target, it)
            if it.source is not None and instruction is not None and self._resolved.has_line(it.source):
                lines.append(self._resolved.outline.dockerfile.instructions[instruction].first_line)
        return min(lines, default=None)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the steps whose files it reads."""
        steps = self._build.steps[self.machine]
        return tuple([steps[it] for it in self.vertex.inputs])

    @cached_property
    def is_emulated(self) -> bool:
        """True if it executes on another architecture than that of its machine."""
        platform = self.platform
        return self.kind == "exec" and platform is not None and not self._build.request.can_run(self.node, platform)

    @property
    def kind(self) -> StepKind:
        """The kind of operation."""
        return self.vertex.operation.kind

    @property
    def platform(self) -> Platform | None:
        """The platform on which a RUN executes or for which an image is pulled; None for other steps."""
        return self.vertex.platform

    @property
    def environment(self) -> Environment | None:
        """The environment in the container of a RUN; None for other steps."""
        return self._shown.operation.environment

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line in the container of a RUN; empty for other steps."""
        return self.vertex.operation.arguments

    @property
    def stage(self) -> str:
        """The name of its stage in the progress output; empty for a step without a stage."""
        if not self._shown.operation.label.is_numbered:
            return ""
        return self._resolved.label_name(self._shown.source)

    @property
    def label(self) -> str:
        """The label in the progress output."""
        return self._label(self._first_target, self._shown)

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that the progress output may show, the likeliest first.

        BuildKit shows the label of the target that it solves first, so there is one for each target that depends on
        the step and each instruction of the step.
        """
        return tuple(dict.fromkeys([self.label, *(self._label(*it) for it in self.places)]))

    def _label(self, target: int, occurrence: Occurrence) -> str:
        """The label of one occurrence."""
        resolved = self._build.resolved[target]
        source = occurrence.source
        stage = resolved.stage_of(source)
        label = occurrence.operation.label
        return write_label(
            label,
            stage=resolved.label_name(source) if label.is_numbered else "",
            number=occurrence.number,
            n_numbers=0 if stage is None else stage.n_numbers,
            is_trigger=stage is not None and 0 <= occurrence.command < len(stage.triggers),
            is_multi=resolved.is_multi,
        )

    @property
    def _first_target(self) -> int:
        """The number of the first target that depends on the step, from which BuildKit takes label and line."""
        return self.places[0][0]

    @property
    def _first_occurrences(self) -> list[Occurrence]:
        return [it for target, it in self.places if target == self._first_target]

    @property
    def _shown(self) -> Occurrence:
        """The occurrence with the label: if several instructions are one step, BuildKit shows the last."""
        return self._first_occurrences[-1]

    @property
    def _resolved(self) -> ResolvedStages:
        return self._build.resolved[self._first_target]

    def _instruction(self, target: int, occurrence: Occurrence) -> int | None:
        if occurrence.source is None or not occurrence.operation.has_line:
            return None
        return self._build.resolved[target].instruction(occurrence.source, occurrence.command)


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """The build for one target platform."""

    platform: Platform
    conversion: Conversion
    _build: _Build

    @property
    def stages(self) -> list[ResolvedStage]:
        """The stages with their resolved bases."""
        return self.conversion.resolved.stages

    def is_needed(self, stage: int) -> bool:
        """True if the target stage depends on a stage."""
        return stage in self.conversion.runs

    def scope_before(self, stage: StageOutline, instruction: int) -> Scope | None:
        """The scope before an instruction of a stage; None if the stage is not needed."""
        run = self.conversion.runs.get(stage.idx)
        if run is None:
            return None
        return run.recipe.scopes[self._position(stage, instruction)]

    def scope_in_text(self, stage: StageOutline, instruction: int) -> Scope | None:
        """The scope before an instruction, even in a stage that is not needed; None if it depends on ONBUILD triggers."""
        recipe = self.conversion.recipe(stage.idx)
        if recipe is None:
            return None
        n_triggers = len(recipe.scopes) - 1 - len(stage.nodes)
        return recipe.scopes[instruction - stage.from_idx - 1 + n_triggers]

    def step_of(self, stage: StageOutline, instruction: int) -> int | None:
        """The index of the last step of an instruction; None if it has no step or its stage is not needed."""
        run = self.conversion.runs.get(stage.idx)
        return None if run is None else self._step(run.occurrences[self._position(stage, instruction)])

    def triggers(self, stage: int) -> tuple[tuple[Node, int | None], ...]:
        """The ONBUILD triggers that a stage inherits, each with the index of its last step."""
        run = self.conversion.runs.get(stage)
        if run is None:
            return ()
        inherited = self.stages[stage].triggers
        steps = run.occurrences[: len(inherited)]
        return tuple([(it.node, self._step(occurrence)) for it, occurrence in zip(inherited, steps, strict=True)])

    def _step(self, occurrence: Occurrence | None) -> int | None:
        request = self._build.request
        machine = request.machine(request.target_platforms.index(self.platform))
        return None if occurrence is None else self._build.steps[machine].get(occurrence.vertex)

    def _position(self, stage: StageOutline, instruction: int) -> int:
        return instruction - stage.from_idx - 1 + len(self.stages[stage.idx].triggers)


class StepCollector:
    """Joins the graphs of all target platforms into steps."""

    def __init__(self, request: BuildRequest) -> None:
        self.targets: list[TargetPlan] = []
        self._build = _Build(request)
        self._steps: list[Step] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps so far, in topological order: inputs first."""
        return tuple(self._steps)

    def add(self, conversion: Conversion, platform: Platform) -> None:
        """Add the graph of one target platform; call in the order of the request."""
        build, steps = self._build, self._steps
        target = len(self.targets)
        self.targets.append(TargetPlan(platform, conversion, build))
        build.resolved.append(conversion.resolved)
        node, machine = build.request.node(platform), build.request.machine(target)
        known = build.steps.setdefault(machine, {})
        for occurrence in in_build_order(conversion.result):
            vertex = occurrence.vertex
            idx = known.get(vertex)
            if idx is None:
                idx = known[vertex] = len(steps)
                steps.append(Step(idx, vertex, machine, node, build))
            steps[idx].places.append((target, occurrence))


@dataclass(frozen=True)
class Plan:
    """The steps of one build, for all its target platforms."""

    dockerfile: Dockerfile
    request: BuildRequest
    outline: Outline
    target_stage: int | None
    """The index of the stage that becomes the image; None in a file without stages."""
    targets: tuple[TargetPlan, ...]
    """The builds for each target platform, in the order of the request."""
    steps: tuple[Step, ...]
    """The steps in topological order: inputs first."""
    errors: tuple[PlanError, ...]
    """All errors, syntax errors first, then in BuildKit's order; BuildKit stops at the first one."""
    failing: PlanError | None = None
    """The error of a build that fails only because one of BuildKit's checks warns and the check options set `error=true`."""

    @property
    def stages(self) -> tuple[StageOutline, ...]:
        """The stages of the file."""
        return self.outline.stages

    @property
    def error(self) -> PlanError | None:
        """The error that BuildKit reports for the build, if any."""
        return self.errors[0] if self.errors else self.failing

    def instruction(self, idx: int) -> Instruction:
        """The instruction with that index."""
        return self.dockerfile.instructions[idx]

    def node(self, idx: int) -> Node:
        """The node of the instruction with that index."""
        return self.dockerfile.instructions[idx].node
