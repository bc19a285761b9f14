"""The times of a build: the plan of the built text with the times of its log."""

from __future__ import annotations

from typing import Final

from buildxray.logs.critical_path import Path, critical_path
from buildxray.logs.matching import Matching, StepTime, match
from buildxray.logs.model import LoggedBuild, Status
from buildxray.logs.names import read_name
from buildxray.logs.requests import possible_requests
from buildxray.plan.model import Plan, Step
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.records import cached_property, dataclass
from buildxray.syntax.parser import Dockerfile, parse

_TOLERANCE: Final = 0.1
"""The share of the total by which the critical path may differ without a note."""
_LEAST_DIFFERENCE: Final = 2.0
"""Differences of fewer seconds are ignored: the start of a build and its containers."""
_AFTER: Final = ("exporting", "pushing", "sending", "unpacking to", "naming to")
_BEFORE: Final = ("load metadata", "load .dockerignore", "importing", "resolve image config")
_FIRST: Final = "load build definition"
_UNMATCHED: Final = 10.0
"""The weight of a log step that is not in the plan, where a plan step that is not in the log weighs 1, because a log may be cut."""
_MOST_ROUNDS: Final = 12
"""Requests that are tried for one build."""


@dataclass(frozen=True)
class Times:
    """The times of one build of a Dockerfile."""

    matching: Matching

    @property
    def plan(self) -> Plan:
        """The plan of the logged build."""
        return self.matching.plan

    @property
    def build(self) -> LoggedBuild:
        """The build in the log."""
        return self.matching.build

    def of(self, step: Step) -> StepTime | None:
        """The time of a step; None if the log does not have the step."""
        return self.matching.times.get(step.idx)

    def seconds(self, step: Step) -> float:
        """Seconds of a step; 0 if the log does not have the step."""
        time = self.of(step)
        return 0.0 if time is None or time.seconds is None else time.seconds

    @cached_property
    def critical_path(self) -> Path:
        """The longest chain of steps, with the time before and after all steps included in its seconds."""
        path = critical_path(self.plan.steps, self.seconds)
        return Path(path.steps, path.seconds + self.before + self.after)

    @cached_property
    def before(self) -> float:
        """Seconds before the first step: loading the Dockerfile, then the metadata of images."""
        others = self.matching.others
        first = max((it.seconds or 0.0 for it in others if _FIRST in it.name), default=0.0)
        return first + max(
            (it.seconds or 0.0 for it in others if any(word in it.name for word in _BEFORE)), default=0.0
        )

    @cached_property
    def after(self) -> float:
        """Seconds after the last step, for exporting the result."""
        return sum(it.seconds or 0.0 for it in self.matching.others if read_name(it.name).text.startswith(_AFTER))

    @property
    def total(self) -> float:
        """Seconds of the whole build; those of the critical path if the log does not report a total."""
        return self.critical_path.seconds if self.build.total is None else self.build.total

    @property
    def is_total_logged(self) -> bool:
        """True if the log reports the total."""
        return self.build.total is not None

    @property
    def deviation(self) -> float | None:
        """The difference between critical path and total as a fraction of the total; None if the log does not report a total.

        Targets of a Bake file share one total, which is not that of any single target.
        """
        if not self.build.total or self.build.name:
            return None
        return (self.critical_path.seconds - self.build.total) / self.build.total

    @property
    def is_doubtful(self) -> bool:
        """True if plan and log do not agree: another Dockerfile, or a machine that did more than this build."""
        if self.deviation is None or self.build.is_failed:
            return False
        difference = abs(self.critical_path.seconds - self.total)
        return abs(self.deviation) > _TOLERANCE and difference > _LEAST_DIFFERENCE

    @property
    def has_changed(self) -> bool:
        """True if the text differs from the logged one."""
        recorded = self.build.dockerfile
        if recorded is not None:
            return recorded != self.plan.dockerfile.text
        return bool(self.matching.unmatched) or any(not it.is_exact for it in self.matching.times.values())

    @cached_property
    def measured(self) -> tuple[StepTime, ...]:
        """All steps that the log has, the longest first."""
        return tuple(sorted(self.matching.times.values(), key=lambda it: -(it.seconds or 0.0)))

    @property
    def fits(self) -> bool:
        """True if the build is of this Dockerfile, because most of its steps are in the plan."""
        steps = [it for it in self.build.vertices if read_name(it.name).is_step]
        return len(self.matching.unmatched) * 2 <= len(steps) and bool(self.matching.times)


def measure(text: str | Dockerfile, build: LoggedBuild, request: BuildRequest) -> Times:
    """The times of a build of a Dockerfile, with the plan that fits the log best.

    `request` is that of the project; platforms, arguments and target in the log override it.
    """
    dockerfile = parse(text) if isinstance(text, str) else text
    plan = Planner(request).plan(dockerfile)
    stages = tuple(it.name for it in plan.stages if it.name)
    best: tuple[float, Matching] | None = None
    for possible in possible_requests(build, request, stages)[:_MOST_ROUNDS]:
        matching = match(plan if possible == request else Planner(possible).plan(dockerfile), build)
        score = _misfit(matching)
        if best is None or score < best[0]:
            best = (score, matching)
        if score == 0.0:
            break
    assert best is not None, "there is always a request"
    return Times(best[1])


def _misfit(matching: Matching) -> float:
    """The number of steps that only the plan or only the log has; edited steps weigh less."""
    build = matching.build
    n_missing = float(matching.n_missing)
    if build.is_failed or not build.is_complete:
        # A step that never started is not in the log.
        n_missing *= 0.1
    n_guessed = sum(not it.is_exact for it in matching.times.values())
    n_twins = sum(it.status is not Status.UNFINISHED for it in matching.unmatched)
    return _UNMATCHED * len(matching.unmatched) + n_missing + 0.5 * n_guessed + 0.001 * n_twins
