"""A logged build of a Dockerfile: the time of each instruction, and the savings of a changed text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analyzer
from buildxray.ide.fixes import fix_text
from buildxray.ide.seconds import LEAST_SHOWN
from buildxray.logs.critical_path import critical_path
from buildxray.logs.matching import StepTime
from buildxray.logs.model import Log, LoggedBuild, Status
from buildxray.logs.prediction import Forecast, Prediction, Predictor
from buildxray.logs.times import Times, measure
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property, dataclass, replace
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL
from buildxray.semantics.build import Build, Builder, Dockerfile, Step
from buildxray.semantics.step_content import StepContents
from buildxray.syntax.alignment import aligned
from buildxray.toolchains.base import Workspace


@dataclass(frozen=True, eq=False)
class InstructionTimes:
    """The times of one instruction.

    Each logged instruction keeps the same object after edits elsewhere, so that texts about it can be cached.
    """

    times: tuple[StepTime, ...]
    """The executions, native ones first; steps that did not run are left out."""
    is_current: bool
    """True if the instruction has not changed since."""

    @cached_property
    def seconds(self) -> float:
        """The sum of all executions, in seconds."""
        return sum(it.seconds or 0.0 for it in self.times)

    @cached_property
    def outdated(self) -> InstructionTimes:
        """The same times, for an instruction that has changed since."""
        return replace(self, is_current=False) if self.is_current else self

    @cached_property
    def _executions(self) -> frozenset[tuple[Platform | None, bool]]:
        return frozenset((it.step.platform, it.step.is_emulated) for it in self.times)

    def run_as_in(self, steps: Iterable[Step]) -> bool:
        """True if each execution has a step for the same platform, native or emulated as then."""
        return self._executions.issubset([(it.platform, it.is_emulated) for it in steps])


class StepSeconds(NamedTuple):
    """The duration of a step of a plan."""

    seconds: float
    is_measured: bool
    """True if the log contains this very step; otherwise the seconds are estimated from similar steps or from its older text."""
    is_cached: bool = False
    """True if the result was in the cache when the log was written."""


class PlanSeconds(NamedTuple):
    """The durations of the steps of a plan."""

    steps: Mapping[int, StepSeconds]
    """The duration by index of the step; steps without any are left out."""
    critical_path: tuple[int, ...]
    """The indices of the steps on the critical path, in the order of execution."""
    total: float
    """Seconds of the logged build."""
    saved: float
    """Seconds saved against the logged build; 0 for the text that was built."""
    remaining: tuple[float, float] | None
    """Lower and upper bound of the predicted seconds; None for the text that was built."""
    n_unmatched: int
    """The number of steps of the log without a counterpart in the matched text."""

    @property
    def least(self) -> float:
        """Seconds of the logged build; for a text that was edited since, the lower bound of the prediction."""
        return self.total if self.remaining is None else self.remaining[0]

    def is_critical(self, step: int) -> bool:
        """True if a step is on the critical path and takes a visible time."""
        return step in self.critical_path and step in self.steps and self.steps[step].seconds >= LEAST_SHOWN


class _Planned:
    """The cached times of one version of the text for one request."""

    def __init__(self, request: BuildRequest) -> None:
        self.request = request
        self.times: dict[int, InstructionTimes] = {}
        """The times of instructions that execute on the same machines as in the log."""
        self.forecast: Forecast | None = None
        """The changes of this version."""


class _Version:
    """The cached times of the versions of the text that differ only in comments and blank lines."""

    def __init__(self, dockerfile: Dockerfile, alignment: dict[int, int]) -> None:
        self._latest = dockerfile
        self._directives = dockerfile.directives
        self._nodes = [it.node for it in dockerfile.instructions]
        self.alignment = alignment
        """The index of the logged instruction for each instruction of this version that was in the logged build."""
        self.instructions: dict[int, InstructionTimes] | None = None
        """The times of its instructions; None until they are first read."""
        self._planned: _Planned | None = None

    def planned(self, request: BuildRequest) -> _Planned:
        """The times of its build for a request; only the latest request is cached."""
        if self._planned is None or self._planned.request != request:
            self._planned = _Planned(request)
        return self._planned

    def is_of(self, dockerfile: Dockerfile) -> bool:
        """True if a text has the same instructions; equal instructions are one node."""
        if self._latest is not dockerfile:
            if self._directives != dockerfile.directives or len(self._nodes) != len(dockerfile.instructions):
                return False
            if any(it.node is not node for it, node in zip(dockerfile.instructions, self._nodes, strict=True)):
                return False
            self._latest = dockerfile
        return True


class Repaired(NamedTuple):
    """A text after its fixes."""

    text: str
    is_safe: bool
    """True if all applied fixes are safe."""


class FixSaving(NamedTuple):
    """One of several fixes, and the seconds that it saves after the fixes before it."""

    title: str
    seconds: float


class MeasuredBuild:
    """One build of a log with its text: the recorded one, or else the text when the log was read."""

    def __init__(
        self,
        text: str,
        logged: LoggedBuild,
        request: BuildRequest,
        *,
        workspace: Workspace | None = None,
        asks_for_several: bool = True,
        rules: tuple[Rule, ...] = ALL,
    ) -> None:
        self.text = text
        self.modified: float | None = None
        """The time at which the log was written, in seconds since 1970; None if it is not known."""
        self.times: Times = measure(text, logged, request)
        self._workspace = workspace or Workspace()
        self._asks_for_several = asks_for_several
        self._rules = rules
        self._saved: tuple[str, float] | None = None
        self._latest: _Version | None = None
        self._fixes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _builder(self) -> Builder:
        return Builder(self.times.plan.request, self._workspace)

    @cached_property
    def build(self) -> Build:
        """The build of the logged text."""
        return self._builder.of_plan(self.times.plan)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.times, self.build)

    def predict(self, text: str) -> Prediction:
        """Predict the effect of another text."""
        dockerfile = self._builder.parse(text, self.times.plan.dockerfile)
        return Forecast(self._predictor, self._builder.build(dockerfile)).prediction

    def forecast(self, build: Build) -> Forecast:
        """The forecast for the text of a build, which is planned again only if its request is not that of the log."""
        version = self._version(build.dockerfile)
        planned = version.planned(build.request)
        if planned.forecast is None:
            is_shared = build.request == self.times.plan.request
            after = build if is_shared else self._builder.build(build.dockerfile)
            planned.forecast = Forecast(self._predictor, after, version.alignment)
        return planned.forecast

    def saved_in(self, build: Build) -> float:
        """Seconds that the text of a build saves, as `saved_by` computes it."""
        return 0.0 if build.text == self.text or not self.can_predict else self.forecast(build).saved

    def saved_by(self, text: str) -> float:
        """Seconds that another text saves; 0 if the build did not complete, or if nothing ran."""
        if text == self.text or not self.can_predict:
            return 0.0
        if self._saved is None or self._saved[0] != text:
            self._saved = (text, self.predict(text).saved)
        return self._saved[1]

    @cached_property
    def can_predict(self) -> bool:
        """True if the log is enough for predictions: the build succeeded, and some RUN was not in the cache."""
        return not self.times.build.is_failed and any(
            it.step.kind == "exec" and not it.is_cached and it.seconds for it in self.times.measured
        )

    @cached_property
    def repaired(self) -> Repaired | None:
        """The text after all safe fixes, or, if there are none, after the fixes that need review; None without fixes."""
        analyzer = Analyzer(
            self.times.plan.request,
            asks_for_several=self._asks_for_several and len(self.times.plan.request.target_platforms) > 1,
            rules=self._rules,
            workspace=self._workspace,
        )
        safe = fix_text(analyzer, self.text)
        if safe.titles:
            self._fixes = safe.steps
            return Repaired(safe.text, is_safe=True)
        suggested = fix_text(analyzer, self.text, with_suggestions=True)
        self._fixes = suggested.steps
        return Repaired(suggested.text, is_safe=False) if suggested.titles else None

    @cached_property
    def savings(self) -> tuple[FixSaving, ...]:
        """The savings of each fix of `repaired`, in the order of application; their sum is the saving of `prediction`."""
        if not self.can_predict or self.repaired is None:
            return ()
        return self.savings_of(self._fixes)

    def savings_of(self, fixes: Iterable[tuple[str, str]], before: str | None = None) -> tuple[FixSaving, ...]:
        """The saving of each of several fixes, given as titles and the texts after them, starting with the text before all."""
        savings: list[FixSaving] = []
        saved = 0.0 if before is None or before == self.text else self.predict(before).saved
        for title, text in fixes:
            now = self.predict(text).saved
            savings.append(FixSaving(title, now - saved))
            saved = now
        return tuple(savings)

    @cached_property
    def prediction(self) -> Prediction | None:
        """The prediction for all fixes of `repaired` together; None without fixes, or if too little ran to tell."""
        if not self.can_predict or self.repaired is None:
            return None
        return self.predict(self.repaired.text)

    def instructions(self, dockerfile: Dockerfile) -> dict[int, InstructionTimes]:
        """The times of the instructions of a later text, by index; instructions without times are left out."""
        version = self._version(dockerfile)
        if version.instructions is None:
            version.instructions = self._instructions(dockerfile, version.alignment)
        return version.instructions

    def times_of(self, build: Build, instruction: int) -> InstructionTimes | None:
        """The times of the instruction of a later build at that index; None if the log does not have them.

        The times are current only if the instruction still executes on the same machines, which an edit
        elsewhere may change.
        """
        logged = self.instructions(build.dockerfile).get(instruction)
        if logged is None:
            return None
        compared = self._version(build.dockerfile).planned(build.request).times
        times = compared.get(instruction)
        if times is None:
            is_same = logged.run_as_in(build.steps_by_instruction.get(instruction, ()))
            times = compared[instruction] = logged if is_same else logged.outdated
        return times

    def _version(self, dockerfile: Dockerfile) -> _Version:
        """The cached times of a version of the text; only the latest versions are cached."""
        if self._latest is None or not self._latest.is_of(dockerfile):
            self._latest = _Version(dockerfile, aligned(self.times.plan.dockerfile, dockerfile))
        return self._latest

    def _instructions(self, dockerfile: Dockerfile, alignment: dict[int, int]) -> dict[int, InstructionTimes]:
        own = self.times.plan.dockerfile
        by_instruction: dict[int, InstructionTimes] = {}
        for new, old in alignment.items():
            times = self._of_instruction.get(old)
            if times is not None:
                one, other = dockerfile.instructions[new].node, own.instructions[old].node
                by_instruction[new] = times if one is other or one.text == other.text else times.outdated
        return by_instruction

    @cached_property
    def _of_instruction(self) -> dict[int, InstructionTimes]:
        by_line: dict[int, list[StepTime]] = {}
        for it in self.times.matching.times.values():
            if it.seconds is None or it.vertex.status is Status.UNFINISHED:
                continue
            for idx in it.step.instructions:
                by_line.setdefault(idx, []).append(it)
        return {
            idx: InstructionTimes(
                tuple(sorted(times, key=lambda it: it.step.is_emulated)), is_current=all(it.is_exact for it in times)
            )
            for idx, times in by_line.items()
        }

    def seconds_of(self, build: Build) -> PlanSeconds:
        """The seconds of each step of a build of a later text: measured if the log has the step, else estimated."""
        plan, times = build.plan, self.times
        contents = StepContents()
        logged = contents.of(times.plan.steps)
        measured = {
            logged[idx]: StepSeconds(it.seconds, is_measured=it.is_exact, is_cached=it.is_cached)
            for idx, it in times.matching.times.items()
            if it.seconds is not None
        }
        seconds = {idx: measured[number] for idx, number in contents.of(plan.steps).items() if number in measured}
        is_for_log = plan.request == times.plan.request
        if (plan.dockerfile.text != self.text or not is_for_log) and self.can_predict:
            forecast = self.forecast(build) if is_for_log else Forecast(self._predictor, build)
            for idx, it in forecast.estimates.items():
                seconds.setdefault(idx, StepSeconds(it.likely, is_measured=False))
        path = critical_path(plan.steps, lambda it: seconds[it.idx].seconds if it.idx in seconds else 0.0)
        prediction = None
        if plan.dockerfile.text != self.text and self.can_predict:
            prediction = self.forecast(build).prediction
        return PlanSeconds(
            seconds,
            path.steps if path.seconds else (),
            times.total,
            0.0 if prediction is None else prediction.saved,
            None if prediction is None else prediction.remaining,
            len(times.matching.unmatched),
        )

    def is_critical(self, step: Step) -> bool:
        """True if a step is on the chain that took longest."""
        return step.idx in self.times.critical_path.steps

    def best_fit(self) -> tuple[int, int]:
        """A sort key for the builds of a log: the lowest one fits the Dockerfile best."""
        return len(self.times.matching.unmatched), self.times.matching.n_missing


class LoadedLog(NamedTuple):
    """A log that an editor shows the times of."""

    name: str
    """The file name, or a description for people."""
    log: Log
    modified: float | None = None
    """The time at which the file was written, in seconds since 1970; None if it is not known."""


def measure_best(
    loaded: LoadedLog, text: str, request: BuildRequest, workspace: Workspace, rules: tuple[Rule, ...] = ALL
) -> MeasuredBuild | None:
    """The build of a log that fits a text best; None if no build is of this Dockerfile.

    A history record contains the text that was built, which later texts are then compared with.
    """
    fitting: list[MeasuredBuild] = []
    for build in loaded.log.builds[:_MOST_BUILDS]:
        measured = MeasuredBuild(text, build, request, workspace=workspace, rules=rules)
        if measured.times.fits:
            fitting.append(measured)
    best = min(fitting, key=MeasuredBuild.best_fit, default=None)
    recorded = None if best is None else best.times.build.dockerfile
    if best is not None and recorded is not None and recorded != text:
        best = MeasuredBuild(recorded, best.times.build, request, workspace=workspace, rules=rules)
    if best is not None:
        best.modified = loaded.modified
    return best


_MOST_BUILDS: Final = 50
"""The most builds of one log that are compared with a Dockerfile."""
