"""What stands above each FROM: where the stage runs, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from buildxray.ide.analysis import Analysis
from buildxray.plan.outline import StageOutline
from buildxray.syntax.instructions import From, Run
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class CodeLens:
    """A line of text above a range."""

    range: TextRange
    title: str


def code_lenses(analysis: Analysis) -> Iterator[CodeLens]:
    """The lens of each stage."""
    for stage in analysis.plan.stages:
        instruction = analysis.plan.instruction(stage.from_idx)
        yield CodeLens(instruction.range_of(instruction.node.keyword), _title(analysis, stage))


def _title(analysis: Analysis, stage: StageOutline) -> str:
    facts = analysis.context.facts
    if stage.idx not in facts.needed_stages:
        return "not needed for the image"
    platforms = ", ".join(dict.fromkeys(map(str, facts.platforms(stage.idx))))
    parts = [f"{platforms} ({_origin(analysis, stage)})"]
    steps = {step.idx: step for idx in range(stage.from_idx, stage.end_idx) for step in facts.steps(idx)}
    parts.append(f"{len(steps)} step{'' if len(steps) == 1 else 's'}")
    emulated = sum(it.is_emulated for it in steps.values())
    if emulated:
        parts.append(f"{emulated} emulated")
    repeated = sum(
        len(facts.steps(idx)) > 1
        for idx in range(stage.from_idx, stage.end_idx)
        if isinstance(analysis.plan.node(idx), Run)
    )
    if repeated and stage.idx in facts.native_stages:
        parts.append(f"{repeated} RUN once per platform")
    return " · ".join(parts)


def _origin(analysis: Analysis, stage: StageOutline) -> str:
    """Where the platform of a stage comes from."""
    if analysis.context.facts.bases(stage.idx):
        return "from the stage that it is built on"
    node = analysis.plan.node(stage.from_idx)
    has_flag = isinstance(node, From) and node.platform is not None and node.image is not None
    if has_flag and any(it.stages[stage.idx].base_name != "scratch" for it in analysis.plan.targets):
        assert isinstance(node, From) and node.platform is not None and node.platform.value is not None  # noqa: PT018 - one fact
        return f"--platform={node.platform.value.text}"
    return "the target"
