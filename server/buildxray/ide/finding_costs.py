"""What findings cost in a logged build: the seconds that their fix saves, and those of the RUN instructions that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.seconds import WORTH_SAYING, about_seconds, exact_seconds
from buildxray.localization import _
from buildxray.semantics.build import Run


class FindingCost(NamedTuple):
    """What a log says of a finding."""

    seconds: float
    """Of all executions of the RUN instructions that the finding is about."""
    emulated: float
    """The part of them under emulation."""
    saved: float | None
    """What the first fix saves, alone; None without a fix, or where the log tells too little."""
    total: float
    """Seconds of the logged build."""

    @property
    def order(self) -> float:
        """What findings are sorted by: what the fix saves, and without a fix the seconds under emulation."""
        return self.emulated if self.saved is None else max(0.0, self.saved)

    @property
    def words(self) -> str:
        """What a message says in addition: `the fix saves about 140 s of 440 s`; empty for what is not worth saying."""
        total = about_seconds(self.total)
        if self.saved is not None and self.saved >= WORTH_SAYING:
            return _("the fix saves about {saved} of {total}", saved=about_seconds(self.saved), total=total)
        if self.saved is None and self.emulated >= WORTH_SAYING:
            return _("{seconds} under emulation in the log", seconds=exact_seconds(self.emulated))
        return ""


class LoggedCosts(NamedTuple):
    """What a log says of a checked file; plain data."""

    findings: tuple[FindingCost, ...]
    """Of each finding, in the order of the findings."""
    seconds: float
    """Of the logged build; of a text that was edited since, the least that it will take."""
    summary: str
    """What all safe fixes together save, in a sentence; empty for one fix alone, and where they save nothing to speak of."""


def costs_of(analysis: Analysis) -> LoggedCosts | None:
    """What the log of an analysis says of its findings; None without a log."""
    if analysis.seconds is None:
        return None
    findings = tuple(_cost(analysis, it) for it in analysis.diagnostics)
    return LoggedCosts(findings, analysis.seconds.least, _summary(analysis))


def _summary(analysis: Analysis) -> str:
    measured = analysis.measured
    if measured is None or analysis.text != measured.text or measured.repaired is None or measured.prediction is None:
        return ""
    if measured.prediction.saved < WORTH_SAYING or len(measured.savings) < 2:
        return ""
    saved, total = about_seconds(measured.prediction.saved), about_seconds(measured.times.total)
    if measured.repaired.is_safe:
        return _("All safe fixes together save about {saved} of {total}.", saved=saved, total=total)
    return _("All suggested fixes together save about {saved} of {total}.", saved=saved, total=total)


def _cost(analysis: Analysis, diagnostic: Diagnostic) -> FindingCost:
    assert analysis.measured is not None, "costs are those of a log"
    logged = [analysis.logged[it.idx] for it in _runs(analysis, diagnostic) if it.idx in analysis.logged]
    executions = [it for of_run in logged for it in of_run.times if not it.is_cached]
    fixes = diagnostic.fixes if analysis.measured.can_predict else ()
    return FindingCost(
        sum(it.seconds or 0.0 for it in executions),
        sum(it.seconds or 0.0 for it in executions if it.step.is_emulated),
        analysis.saved_by(fixes[0].edits) if fixes else None,
        analysis.measured.times.total,
    )


def _runs(analysis: Analysis, diagnostic: Diagnostic) -> Iterator[Run]:
    """The RUN instructions in the range of a finding, and those that it points to."""
    ranges = (diagnostic.range, *(it.range for it in diagnostic.related))
    for run in analysis.build.instructions:
        if isinstance(run, Run) and any(run.range.touches(it) for it in ranges):
            yield run
