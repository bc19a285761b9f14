"""What stands behind each RUN: how often it is executed, and where under emulation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from buildxray.ide.analysis import Analysis
from buildxray.ide.reasons import split_reason
from buildxray.localization import _
from buildxray.syntax.instructions import Run
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class InlayHint:
    """A note at an offset, with an explanation in Markdown."""

    offset: int
    label: str
    tooltip: str


def inlay_hints(analysis: Analysis, place: TextRange) -> Iterator[InlayHint]:
    """The hints of the RUN instructions that a range touches."""
    facts = analysis.context.facts
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        if not isinstance(instruction.node, Run) or not instruction.range.touches(place):
            continue
        steps = facts.steps(idx)
        emulated = dict.fromkeys(str(it.platform) for it in steps if it.is_emulated)
        labels: list[str] = []
        tooltips: list[str] = []
        if len(steps) > 1:
            labels.append(f"×{len(steps)}")
            tooltips.append(split_reason(facts, idx))
        elif steps and len(steps[0].targets) > 1:
            labels.append(_("shared"))
            tooltips.append(_("Executed once for {n} platforms.", n=len(steps[0].targets)))
        if emulated:
            platforms = _(", ").join(emulated)
            labels.append(_("emulated: {platforms}", platforms=platforms))
            tooltips.append(
                _(
                    "Under emulation for {platforms}; built on {machine}.",
                    platforms=platforms,
                    machine=analysis.request.build_platform,
                )
            )
        if labels:
            yield InlayHint(_end_of_first_line(analysis, instruction.range), "  ".join(labels), "\n\n".join(tooltips))


def _end_of_first_line(analysis: Analysis, range_: TextRange) -> int:
    """Behind the last line a hint of a long heredoc would be out of sight."""
    line = analysis.lines.line_of(range_.start)
    return min(analysis.lines.ends[line], range_.end)
