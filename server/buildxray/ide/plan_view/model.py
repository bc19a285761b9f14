"""The content of the picture of a plan: stages as columns, instructions as rows, steps as boxes.

It has no coordinates, so that editors may draw it in their own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from buildxray.ide.analysis import Analysis
from buildxray.ide.plan_view.heat import BoxTime, BuildTime, Heat
from buildxray.ide.plan_view.order import dependency_order
from buildxray.localization import _, localized, ngettext
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.rules.fixing.placement import needlessly_repeated
from buildxray.semantics import build
from buildxray.semantics.build import Step, StepKind
from buildxray.semantics.cost import (
    Cost,
    build_totals,
    context_note,
    cost_word,
    platform_origin,
    split_label,
    split_reason,
    step_cost,
)
from buildxray.syntax.instructions import Node


@dataclass(frozen=True, slots=True)
class Box:
    """A step in the picture."""

    step: int
    """The index of the step in the plan."""
    kind: StepKind
    cost: Cost
    platform: Platform | None
    """The platform on which a RUN executes, or for which an image is pulled."""
    targets: tuple[Platform, ...]
    label: str
    """The name of the step in BuildKit's progress output."""
    time: BoxTime | None = None
    """The measured time; None if the step is in no log."""


RowKind = Literal["from", "image", "trigger", "instruction"]
"""A FROM; an image that another instruction names; an ONBUILD trigger; any other instruction."""


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction, or a part of one, with its steps."""

    kind: RowKind
    instruction: int
    line: int
    """The 1-based line."""
    last_line: int
    keyword: str
    """Empty for an image."""
    text: str
    """The text after the keyword, on one line."""
    boxes: tuple[Box, ...]
    """One step for all targets, or several side by side; none for a FROM of a stage."""
    cause: str
    """The reason, in a few words, why the targets have separate steps from here on; empty if they do not."""
    reason: str
    """The reason for several steps, in a sentence; empty if there is only one."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that some target needs."""

    idx: int
    name: str
    line: int
    platforms: tuple[Platform, ...]
    """The distinct platforms."""
    origin: str
    """The source of the stage's platform, for people."""
    is_image: bool
    """True if it becomes the image."""
    targets: tuple[Platform, ...]
    """The target platforms that need the stage; empty if all do."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Unneeded:
    """A stage that no target needs."""

    name: str
    line: int


EdgeKind = Literal["from", "copy", "mount"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency of one stage on the files of another."""

    source: int
    """Number of the stage in the file."""
    target: int
    instruction: int
    """The index of the instruction that uses the files."""
    kind: EdgeKind
    is_critical: bool = False
    """True if the critical path of a logged build includes it."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The cost of the whole build."""

    steps: int
    runs: int
    emulated: int
    emulated_platforms: tuple[Platform, ...]
    repeated: int
    """RUN instructions that execute once per platform."""
    needless: int
    """The number of these instructions that could execute once."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """The content of the picture."""

    build_platform: Platform
    target_platforms: tuple[Platform, ...]
    origin: str
    """The source of the target platforms, for people; empty if it is unknown."""
    error: tuple[str, int] | None
    """The reason why BuildKit refuses the file, with the line; empty if it does not."""
    totals: Totals
    stages: tuple[Stage, ...]
    """The stages in topological order."""
    unneeded: tuple[Unneeded, ...]
    edges: tuple[Edge, ...]
    time: BuildTime | None = None
    """The measured times of the whole build; None without a log."""
    note: str = ""
    """A sentence about a build context that BuildKit loads several times; empty for others."""


def plan_view(analysis: Analysis) -> PlanView:
    """Return the content of the picture for a document."""
    reader = _Reader(analysis)
    edges = tuple(reader.edges())
    stages = {it.idx: reader.stage(it) for it in reader.build.needed_stages}
    order = dependency_order([*stages], [(it.source, it.target) for it in edges])
    error = reader.build.refusal
    return PlanView(
        analysis.request.build_platform,
        analysis.request.target_platforms,
        localized(analysis.shown_origin),
        None if error is None else (localized(error.message), error.line),
        reader.totals(),
        tuple(stages[it] for it in order),
        tuple(Unneeded(it.display_name, it.from_.line) for it in reader.build.stages if not it.is_needed),
        edges,
        reader.heat.build,
        context_note(reader.build),
    )


class _Reader:
    """Creates the picture of one build."""

    def __init__(self, analysis: Analysis) -> None:
        self.build = analysis.build
        self._needless = needlessly_repeated(analysis.context)
        self.heat = Heat(analysis)
        self._continuation = re.compile(rf"{re.escape(self.build.dockerfile.escape)}[ \t]*\r?\n|\s+")

    def stage(self, stage: build.Stage) -> Stage:
        return Stage(
            stage.idx,
            stage.display_name,
            stage.from_.line,
            tuple(dict.fromkeys(stage.platforms)),
            platform_origin(stage),
            stage.is_target,
            stage.targets if stage.is_chosen else (),
            tuple(self._rows(stage)),
        )

    def _rows(self, stage: build.Stage) -> Iterator[Row]:
        from_ = stage.from_
        yield self._row("from", from_, "FROM", _(", ").join(dict.fromkeys(stage.base_names)), from_.steps)
        for node, steps in stage.trigger_steps:
            yield self._row("trigger", from_, node.name, self._text(node), steps)
        for instruction in stage.instructions:
            if not instruction.steps:
                continue
            for name, images in _images(instruction):
                yield self._row("image", instruction, "", name, images)
            text = self._text(instruction.node)
            yield self._row("instruction", instruction, instruction.keyword, text, instruction.steps)

    def _row(
        self, kind: RowKind, instruction: build.Instruction, keyword: str, text: str, steps: tuple[Step, ...]
    ) -> Row:
        is_whole = kind == "instruction"
        is_needless = is_whole and instruction in self._needless
        return Row(
            kind,
            instruction.idx,
            instruction.line,
            instruction.syntax.last_line,
            keyword,
            text,
            tuple(self._box(it, is_needless=is_needless) for it in steps),
            split_label(instruction) if is_whole else "",
            split_reason(instruction) if is_whole else "",
        )

    def _box(self, step: Step, *, is_needless: bool) -> Box:
        cost = step_cost(step, is_needless=is_needless)
        return Box(step.idx, step.kind, cost, step.platform, step.targets, step.label, self.heat.of(step.idx))

    def _text(self, node: Node) -> str:
        return self._continuation.sub(" ", node.text.strip()[len(node.keyword.text) :]).strip()

    def edges(self) -> Iterator[Edge]:
        """The edges from the needed stages to the stages that use their files."""
        critical = self._critical_edges()
        for source in self.build.needed_stages:
            for it in source.consumers:
                kind: EdgeKind = "copy"
                if isinstance(it, build.From):
                    kind = "from"
                elif isinstance(it, build.Run):
                    kind = "mount"
                assert it.stage is not None, "what takes files belongs to a stage"
                yield Edge(source.idx, it.stage.idx, it.idx, kind, (source.idx, it.stage.idx) in critical)

    def _critical_edges(self) -> set[tuple[int, int]]:
        """The pairs of stages that are adjacent on the critical path."""
        stages = {
            step.idx: stage.idx
            for stage in self.build.needed_stages
            for instruction in (stage.from_, *stage.instructions)
            for step in instruction.steps
        }
        along = [stages[it] for it in self.heat.path if it in stages]
        return {(one, other) for one, other in pairwise(along) if one != other}

    def totals(self) -> Totals:
        totals = build_totals(self.build)
        return Totals(
            totals.n_steps,
            totals.n_runs,
            totals.n_emulated,
            totals.emulated_platforms,
            len(totals.repeated),
            len(self._needless),
        )


def _images(instruction: build.Instruction) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Images that an instruction copies files from, each with the steps that pull it."""
    by_name: dict[str, list[Step]] = {}
    for step in instruction.pulled_images:
        by_name.setdefault(step.label.removeprefix("FROM "), []).append(step)
    for name, steps in by_name.items():
        yield name.removeprefix("docker.io/").removeprefix("library/"), tuple(steps)


def spoken(stage: Stage, row: Row, box: Box) -> str:
    """A step in words, for a screen reader and as a tooltip's headline."""
    targets = _(", ").join(map(_name, box.targets))
    parts = [
        _("stage {stage}, line {line}", stage=stage.name, line=row.line),
        f"{row.keyword} {row.text}".strip(),
        _("on {platform}, for {targets}", platform=_name(box.platform), targets=targets)
        if box.platform is not None
        else _("for {targets}", targets=targets),
        _cost(box),
    ]
    if box.time is not None and box.time.text:
        parts.append(box.time.text)
    if box.time is not None and box.time.is_critical:
        parts.append(_("on the critical path"))
    return _("; ").join(parts)


@lru_cache(maxsize=256)
def _name(platform: Platform) -> str:
    return str(platform)


def _cost(box: Box) -> str:
    match box.cost:
        case Cost.SHARED:
            return ngettext("shared by {n} platform", "shared by {n} platforms", len(box.targets))
        case Cost.REPEATED:
            return _("repeated without need")
        case _:
            return cost_word(box.cost)
