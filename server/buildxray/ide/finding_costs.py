"""The cost of findings in a logged build: the seconds that a fix saves, and those of the RUN instructions concerned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.seconds import WORTH_SAYING, about_seconds, exact_seconds
from buildxray.localization import _
from buildxray.semantics.build import Run


class FindingCost(NamedTuple):
    """The cost of one finding according to a log."""

    seconds: float
    """Seconds of all executions of the RUN instructions that the finding concerns."""
    emulated: float
    """The part of these seconds that ran under emulation."""
    saved: float | None
    """Seconds that the first fix alone saves; None without a fix, or if the log is not enough to tell."""
    total: float
    """Seconds of the logged build."""

    @property
    def order(self) -> float:
        """The sort key: seconds that the fix saves, or without a fix the seconds under emulation."""
        return self.emulated if self.saved is None else max(0.0, self.saved)

    @property
    def words(self) -> str:
        """A suffix for the message: `the fix saves about 140 s of 440 s`; empty for negligible times."""
        total = about_seconds(self.total)
        if self.saved is not None and self.saved >= WORTH_SAYING:
            return _("the fix saves about {saved} of {total}", saved=about_seconds(self.saved), total=total)
        if self.saved is None and self.emulated >= WORTH_SAYING:
            return _("{seconds} under emulation in the log", seconds=exact_seconds(self.emulated))
        return ""


class LoggedCosts(NamedTuple):
    """The costs of a checked file according to a log; plain data."""

    findings: tuple[FindingCost, ...]
    """One for each finding, in the same order."""
    seconds: float
    """Seconds of the logged build; for a text that was edited since, the lower bound of its prediction."""
    summary: str
    """A sentence on what all safe fixes together save; empty for a single fix, and for negligible savings."""


def costs_of(analysis: Analysis) -> LoggedCosts | None:
    """The costs of the findings of an analysis; None without a log."""
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
    """The RUN instructions in the range of a finding and in its related ranges."""
    ranges = (diagnostic.range, *(it.range for it in diagnostic.related))
    for run in analysis.build.instructions:
        if isinstance(run, Run) and any(run.range.touches(it) for it in ranges):
            yield run
