"""What stands above each FROM: where the stage runs, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from buildxray.ide.analysis import Analysis
from buildxray.ide.reasons import platform_origin
from buildxray.localization import _, ngettext
from buildxray.plan.outline import StageOutline
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
        return _("not needed for the image")
    platforms = _(", ").join(dict.fromkeys(map(str, facts.platforms(stage.idx))))
    parts = [_("{platforms} ({origin})", platforms=platforms, origin=platform_origin(facts, stage))]
    steps = {step.idx: step for idx in range(stage.from_idx, stage.end_idx) for step in facts.steps(idx)}
    parts.append(ngettext("{n} step", "{n} steps", len(steps)))
    emulated = sum(it.is_emulated for it in steps.values())
    if emulated:
        parts.append(_("{n} emulated", n=emulated))
    repeated = facts.repeated_runs([stage.idx])
    if repeated and stage.idx in facts.native_stages:
        parts.append(_("{n} RUN once per platform", n=repeated))
    return " · ".join(parts)
