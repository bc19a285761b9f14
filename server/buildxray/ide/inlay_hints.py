"""Inlay hints after each RUN: the number of executions, those under emulation, and the time in a log."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.ide.analysis import Analysis
from buildxray.ide.times_text import instruction_times, times_label
from buildxray.localization import _
from buildxray.records import dataclass
from buildxray.semantics.build import Run
from buildxray.semantics.cost import Sharing, execution, split_reason
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class InlayHint:
    """A note at an offset, with an explanation in Markdown."""

    offset: int
    label: str
    tooltip: str


def inlay_hints(analysis: Analysis, place: TextRange) -> Iterator[InlayHint]:
    """The hints of the RUN instructions that a range touches."""
    for run in analysis.build.instructions:
        if not isinstance(run, Run) or not run.range.touches(place):
            continue
        executed = execution(run)
        labels: list[str] = []
        tooltips: list[str] = []
        if executed.sharing is Sharing.SEVERAL:
            labels.append(executed.count_word)
            tooltips.append(split_reason(run))
        elif executed.sharing is Sharing.SHARED:
            labels.append(executed.count_word)
            tooltips.append(_("Executed once for {n} platforms.", n=executed.n_served))
        times = analysis.times_of(run.idx)
        if times is not None:
            labels.append(times_label(times))
            tooltips.append(instruction_times(analysis, run))
        if executed.emulated:
            # The hint with the time mentions the emulation already.
            if times is None or not times.is_current or not any(it.step.is_emulated for it in times.times):
                labels.append(executed.emulation)
            tooltips.append(
                _(
                    "Under emulation for {platforms}; built on {machine}.",
                    platforms=_(", ").join(map(str, executed.emulated_platforms)),
                    machine=analysis.request.build_platform,
                )
            )
        if labels:
            yield InlayHint(_end_of_first_line(analysis, run.range), "  ".join(labels), "\n\n".join(tooltips))


def _end_of_first_line(analysis: Analysis, range_: TextRange) -> int:
    """The offset of a hint; at the end of a long heredoc, it would be out of sight."""
    line = analysis.lines.line_of(range_.start)
    return min(analysis.lines.ends[line], range_.end)
