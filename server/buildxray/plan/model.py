"""The plan: what `docker buildx build` would execute.

Stages and instructions are known by their index in the Dockerfile, steps by their index in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from buildxray.plan.convert import Conversion
from buildxray.plan.environment import Environment
from buildxray.plan.graph import Occurrence, Vertex, in_build_order
from buildxray.plan.labels import write_label
from buildxray.plan.operations import StepKind
from buildxray.plan.outline import StageOutline
from buildxray.plan.request import BuildRequest
from buildxray.plan.scope import Scope
from buildxray.plan.stages import ResolvedStage, ResolvedStages
from buildxray.platforms.platform import Platform, can_run
from buildxray.syntax.instructions import Instruction, Node
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.text import TextRange


class PlanError(NamedTuple):
    """Why BuildKit refuses the build."""

    message: str
    line: int
    """1-based."""
    range: TextRange


@dataclass(slots=True)
class _Build:
    """What all steps of a plan have in common."""

    request: BuildRequest
    indices: dict[Vertex, int]
    """The index of each vertex's step."""


class Step:
    """One operation, which BuildKit executes once whoever needs it."""

    __slots__ = ("_build", "_occurrence", "_resolved", "_targets", "idx", "instructions", "line")

    def __init__(
        self, idx: int, occurrence: Occurrence, resolved: ResolvedStages, line: int | None, build: _Build
    ) -> None:
        self.idx = idx
        self.line = line
        """The first line of the first instruction that it is, 1-based, where BuildKit knows it."""
        self.instructions: list[int] = []
        """Indices of the instructions that it is; empty for what BuildKit does of its own accord."""
        self._occurrence = occurrence
        self._resolved = resolved
        self._targets = 0
        self._build = build

    def show_as(self, occurrence: Occurrence, line: int | None) -> None:
        """Take the label of another occurrence, and its line if that is earlier."""
        self._occurrence = occurrence
        self.line = min(filter(None, (self.line, line)), default=None)

    def need(self, target: int, instruction: int | None) -> None:
        """Note that the target with this bit needs it, by way of this instruction."""
        self._targets |= target
        if instruction is not None and instruction not in self.instructions:
            self.instructions.append(instruction)

    @property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that need it, in the order of the request."""
        platforms = self._build.request.target_platforms
        return tuple(it for idx, it in enumerate(platforms) if self._targets >> idx & 1)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the steps whose files it works on."""
        return tuple(self._build.indices[it] for it in self.vertex.inputs)

    @property
    def is_emulated(self) -> bool:
        """Whether it executes on another architecture than the build machine's."""
        platform = self.platform
        return (
            self.kind == "exec" and platform is not None and not can_run(self._build.request.build_platform, platform)
        )

    @property
    def kind(self) -> StepKind:
        """What it does."""
        return self._occurrence.operation.kind

    @property
    def platform(self) -> Platform | None:
        """Where a RUN executes or for what an image is pulled; None for other steps, which have no platform."""
        return self._occurrence.vertex.platform

    @property
    def environment(self) -> Environment | None:
        """What the container of a RUN sees; None for other steps."""
        return self._occurrence.operation.environment

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the container of a RUN executes."""
        return self._occurrence.operation.arguments

    @property
    def vertex(self) -> Vertex:
        """Its content: steps of two plans are the same where their vertices are."""
        return self._occurrence.vertex

    @property
    def stage(self) -> str:
        """What the progress output calls its stage; empty for what belongs to none."""
        if not self._occurrence.operation.label.is_numbered:
            return ""
        return self._resolved.label_name(self._occurrence.source)

    @property
    def label(self) -> str:
        """What the progress output shows."""
        occurrence, resolved = self._occurrence, self._resolved
        source = occurrence.source
        stage = resolved.stages[source] if source is not None and source < len(resolved.stages) else None
        return write_label(
            occurrence.operation.label,
            stage=self.stage,
            number=occurrence.number,
            n_numbers=0 if stage is None else stage.n_numbers,
            is_trigger=stage is not None and 0 <= occurrence.command < len(stage.triggers),
            is_multi=resolved.is_multi,
        )


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What one target platform asks for."""

    platform: Platform
    conversion: Conversion
    _build: _Build

    @property
    def stages(self) -> list[ResolvedStage]:
        """What each stage is built on."""
        return self.conversion.resolved.stages

    def is_needed(self, stage: int) -> bool:
        """Whether the target stage needs a stage."""
        return stage in self.conversion.runs

    def scope_before(self, stage: StageOutline, instruction: int) -> Scope | None:
        """The scope in front of an instruction of a stage; None where the stage is not needed."""
        run = self.conversion.runs.get(stage.idx)
        if run is None:
            return None
        return run.scopes[self._position(stage, instruction)]

    def step_of(self, stage: StageOutline, instruction: int) -> int | None:
        """The index of the last step that an instruction makes; None where it makes none that is needed."""
        run = self.conversion.runs.get(stage.idx)
        if run is None:
            return None
        occurrence = run.occurrences[self._position(stage, instruction)]
        return None if occurrence is None else self._build.indices.get(occurrence.vertex)

    def _position(self, stage: StageOutline, instruction: int) -> int:
        return instruction - stage.from_idx - 1 + len(self.stages[stage.idx].triggers)


class StepCollector:
    """Joins the graphs of all target platforms into steps."""

    def __init__(self, request: BuildRequest) -> None:
        self.steps: list[Step] = []
        self.targets: list[TargetPlan] = []
        self._build = _Build(request, {})

    def add(self, conversion: Conversion, platform: Platform) -> None:
        """Add what one target platform needs; in the order of the request."""
        resolved, build, steps = conversion.resolved, self._build, self.steps
        instructions = resolved.outline.dockerfile.instructions
        target = 1 << len(self.targets)
        n_known = len(steps)
        self.targets.append(TargetPlan(platform, conversion, build))
        for occurrence in in_build_order(conversion.result):
            instruction = line = None
            if occurrence.source is not None and occurrence.operation.has_line:
                instruction = resolved.instruction(occurrence.source, occurrence.command)
                line = instructions[instruction].first_line if resolved.has_line(occurrence.source) else None
            idx = build.indices.get(occurrence.vertex)
            if idx is None:
                idx = build.indices[occurrence.vertex] = len(steps)
                step = Step(idx, occurrence, resolved, line, build)
                steps.append(step)
            else:
                step = steps[idx]
                if idx >= n_known:
                    # Two instructions are one step: BuildKit shows the later label and the earlier line.
                    step.show_as(occurrence, line)
            step.need(target, instruction)


@dataclass(frozen=True)
class Plan:
    """The steps of one build, for all its target platforms."""

    dockerfile: Dockerfile
    request: BuildRequest
    stages: tuple[StageOutline, ...]
    target_stage: int | None
    """The stage that becomes the image; None in a file without stages."""
    targets: tuple[TargetPlan, ...]
    """In the order of the request."""
    steps: tuple[Step, ...]
    """Inputs before those who use them."""
    errors: tuple[PlanError, ...]
    """Syntax first, then in the order in which BuildKit would meet them: it stops at the first."""

    @property
    def error(self) -> PlanError | None:
        """BuildKit's verdict: why it refuses the build, if it does."""
        return self.errors[0] if self.errors else None

    def instruction(self, idx: int) -> Instruction:
        """The instruction with that index."""
        return self.dockerfile.instructions[idx]

    def node(self, idx: int) -> Node:
        """The node of the instruction with that index."""
        return self.dockerfile.instructions[idx].node
