"""What the picture of a plan shows, in plain values: stages as columns, instructions as rows, steps as boxes.

It knows nothing of coordinates; other editors draw from it as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Literal

from buildxray.ide.analysis import Analysis
from buildxray.ide.plan_view.order import dependency_order
from buildxray.ide.reasons import platform_origin, split_reason
from buildxray.localization import _, localized, ngettext
from buildxray.plan.model import Step
from buildxray.plan.operations import StepKind
from buildxray.plan.outline import StageOutline
from buildxray.platforms.platform import Platform
from buildxray.rules.placement import needlessly_repeated
from buildxray.semantics.stage_graph import Facts, SplitCause
from buildxray.syntax.instructions import From, Node, Run


class State(Enum):
    """What a step costs."""

    SHARED = "shared"
    """Executed once, for several platforms."""
    NATIVE = "native"
    """A RUN on the build machine, for one platform."""
    EMULATED = "emulated"
    """A RUN on another architecture than the build machine's."""
    REPEATED = "repeated"
    """A RUN that executes once per platform and need not."""
    SEPARATE = "separate"
    """Files of one platform: nothing is executed."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step."""

    step: int
    """Its index in the plan."""
    kind: StepKind
    state: State
    platform: Platform | None
    """Where a RUN executes, or what an image is pulled for."""
    targets: tuple[Platform, ...]
    label: str
    """What the progress output of BuildKit calls it."""


RowKind = Literal["from", "image", "trigger", "instruction"]
"""A FROM; an image that another instruction names; an ONBUILD trigger; any other instruction."""


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction, or a part of one, that makes steps."""

    kind: RowKind
    instruction: int
    line: int
    """1-based."""
    last_line: int
    keyword: str
    """Empty for an image."""
    text: str
    """What stands behind the keyword, on one line."""
    boxes: tuple[Box, ...]
    """One step for all targets, or several side by side; none for a FROM of a stage."""
    cause: str
    """What splits the steps from here on, in a few words; empty where nothing does."""
    reason: str
    """Why there are several steps, in a sentence; empty where there are not."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that some target needs."""

    idx: int
    name: str
    line: int
    platforms: tuple[Platform, ...]
    """Different ones only."""
    origin: str
    """Where its platform comes from, for people."""
    is_image: bool
    """Whether it becomes the image."""
    targets: tuple[Platform, ...]
    """Those that need it, where others do not; else empty."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Unneeded:
    """A stage that no target needs."""

    name: str
    line: int


EdgeKind = Literal["from", "copy", "mount"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A stage works on the files of another one."""

    source: int
    """Number of the stage in the file."""
    target: int
    instruction: int
    """That of the target which says so."""
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Totals:
    """What the whole build costs."""

    steps: int
    runs: int
    emulated: int
    emulated_platforms: tuple[Platform, ...]
    repeated: int
    """RUN instructions that execute once per platform."""
    needless: int
    """Those of them that need not."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """All that the picture shows."""

    build_platform: Platform
    target_platforms: tuple[Platform, ...]
    origin: str
    """Where the target platforms come from, for people; empty where nobody has chosen them."""
    error: tuple[str, int] | None
    """Why BuildKit refuses the file, and the line."""
    totals: Totals
    stages: tuple[Stage, ...]
    """In dependency order."""
    unneeded: tuple[Unneeded, ...]
    edges: tuple[Edge, ...]


def plan_view(analysis: Analysis) -> PlanView:
    """What the picture of a document's plan shows."""
    plan, reader = analysis.plan, _Reader(analysis)
    needed = [it for it in plan.stages if it.idx in reader.facts.needed_stages]
    edges = tuple(reader.edges())
    stages = {it.idx: reader.stage(it) for it in needed}
    order = dependency_order([*stages], [(it.source, it.target) for it in edges])
    error = plan.error
    return PlanView(
        analysis.request.build_platform,
        analysis.request.target_platforms,
        localized(analysis.origin),
        None if error is None else (localized(error.message), error.line),
        reader.totals(),
        tuple(stages[it] for it in order),
        tuple(Unneeded(it.display_name, reader.line(it.from_idx)) for it in plan.stages if it.idx not in stages),
        edges,
    )


class _Reader:
    """Reads one plan."""

    def __init__(self, analysis: Analysis) -> None:
        self.plan = analysis.plan
        self.facts: Facts = analysis.context.facts
        self._needless = {it.idx for it in needlessly_repeated(analysis.context)}
        self._continuation = re.compile(rf"{re.escape(self.plan.dockerfile.escape)}[ \t]*\r?\n|\s+")
        self._sources: dict[int, list[Step]] = {}
        for step in self.plan.steps:
            if step.kind == "source":
                for instruction in step.instructions:
                    self._sources.setdefault(instruction, []).append(step)

    def line(self, instruction: int) -> int:
        return self.plan.instruction(instruction).first_line

    def stage(self, stage: StageOutline) -> Stage:
        is_chosen = stage.idx in self.facts.chosen_stages
        return Stage(
            stage.idx,
            stage.display_name,
            self.line(stage.from_idx),
            tuple(dict.fromkeys(self.facts.platforms(stage.idx))),
            platform_origin(self.facts, stage),
            stage.idx == self.plan.target_stage,
            tuple(it.platform for it in self.plan.targets if it.is_needed(stage.idx)) if is_chosen else (),
            tuple(self._rows(stage)),
        )

    def _rows(self, stage: StageOutline) -> Iterator[Row]:
        yield self._row("from", stage.from_idx, "FROM", self._base(stage), self.facts.steps(stage.from_idx))
        for node, steps in self.facts.trigger_steps(stage.idx):
            yield self._row("trigger", stage.from_idx, node.name, self._text(node), steps)
        for idx in range(stage.from_idx + 1, stage.end_idx):
            steps = self.facts.steps(idx)
            if not steps:
                continue
            for name, images in self._images(idx):
                yield self._row("image", idx, "", name, images)
            node = self.plan.node(idx)
            yield self._row("instruction", idx, node.name, self._text(node), steps)

    def _row(self, kind: RowKind, idx: int, keyword: str, text: str, steps: tuple[Step, ...]) -> Row:
        instruction = self.plan.instruction(idx)
        is_whole = kind == "instruction"
        return Row(
            kind,
            idx,
            instruction.first_line,
            instruction.last_line,
            keyword,
            text,
            tuple(self._box(it, is_needless=is_whole and idx in self._needless) for it in steps),
            self._cause(idx) if is_whole else "",
            split_reason(self.facts, idx) if is_whole else "",
        )

    def _box(self, step: Step, *, is_needless: bool) -> Box:
        if step.is_emulated:
            state = State.EMULATED
        elif is_needless:
            state = State.REPEATED
        elif len(step.targets) > 1:
            state = State.SHARED
        else:
            state = State.NATIVE if step.kind == "exec" else State.SEPARATE
        return Box(step.idx, step.kind, state, step.platform, step.targets, step.label)

    def _base(self, stage: StageOutline) -> str:
        return _(", ").join(dict.fromkeys(it.stages[stage.idx].base_name for it in self.plan.targets))

    def _images(self, idx: int) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Images that an instruction takes files from."""
        by_name: dict[str, list[Step]] = {}
        for step in self._sources.get(idx, ()):
            by_name.setdefault(step.label.removeprefix("FROM "), []).append(step)
        for name, steps in by_name.items():
            yield name.removeprefix("docker.io/").removeprefix("library/"), tuple(steps)

    def _text(self, node: Node) -> str:
        return self._continuation.sub(" ", node.text.strip()[len(node.keyword.text) :]).strip()

    def _cause(self, idx: int) -> str:
        """What an instruction is the first to differ by."""
        split = self.facts.split(idx)
        if split is None or split.origin != idx:
            return ""
        match split.cause:
            case SplitCause.ENVIRONMENT | SplitCause.TEXT:
                names = _(", ").join(split.variables)
                if split.declared_at is None:
                    return _("split by {names}", names=names)
                return _("split by {names}, line {line}", names=names, line=self.line(split.declared_at))
            case SplitCause.FILES:
                return _("split: its files differ")
            case SplitCause.PLATFORM:
                return ""

    def edges(self) -> Iterator[Edge]:
        """Who takes files from whom."""
        for source, consumers in self.facts.consumers.items():
            for it in consumers:
                node = self.plan.node(it.instruction)
                kind: EdgeKind = "from" if isinstance(node, From) else "mount" if isinstance(node, Run) else "copy"
                if source in self.facts.needed_stages:
                    yield Edge(source, it.stage, it.instruction, kind)

    def totals(self) -> Totals:
        runs = [it for it in self.plan.steps if it.kind == "exec"]
        emulated = [it for it in runs if it.is_emulated]
        return Totals(
            len(self.plan.steps),
            len(runs),
            len(emulated),
            tuple(dict.fromkeys(it.platform for it in emulated if it.platform is not None)),
            self.facts.repeated_runs(self.facts.needed_stages),
            len(self._needless),
        )


def state_word(state: State) -> str:
    """A state in a word."""
    match state:
        case State.SHARED:
            return _("shared")
        case State.NATIVE:
            return _("native")
        case State.EMULATED:
            return _("emulated")
        case State.REPEATED:
            return _("repeated")
        case State.SEPARATE:
            return _("per platform")


def spoken(stage: Stage, row: Row, box: Box) -> str:
    """A step in words, for a screen reader and as a tooltip's headline."""
    targets = _(", ").join(map(_name, box.targets))
    parts = [
        _("stage {stage}, line {line}", stage=stage.name, line=row.line),
        f"{row.keyword} {row.text}".strip(),
        _("on {platform}, for {targets}", platform=_name(box.platform), targets=targets)
        if box.platform is not None
        else _("for {targets}", targets=targets),
        _said(box),
    ]
    return _("; ").join(parts)


@lru_cache(maxsize=256)
def _name(platform: Platform) -> str:
    return str(platform)


def _said(box: Box) -> str:
    match box.state:
        case State.SHARED:
            return ngettext("shared by {n} platform", "shared by {n} platforms", len(box.targets))
        case State.REPEATED:
            return _("repeated without need")
        case _:
            return state_word(box.state)
