"""Predict the time of another text of the Dockerfile from the times in a log.

The plan of the new text determines the steps, and a step takes the time that it took in the log. A step that becomes
native takes the time of its native twin, the same instruction for the build machine's platform; without a twin, its
time is divided by the slowdown of its kind of work. Compared with builds of the same programs before and after, the
saved seconds were within 9 %, but the remaining time only within 60 %, so the saving is shown as a number and the
remaining time as a range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from buildxray.logs.critical_path import critical_path
from buildxray.logs.matching import StepTime
from buildxray.logs.model import Interval, covered
from buildxray.logs.slowdown import Work, is_download, work_of
from buildxray.logs.times import Times
from buildxray.plan.graph import Vertex
from buildxray.plan.model import Plan, Step
from buildxray.plan.operations import StepKind
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property
from buildxray.semantics.build import Build, Run
from buildxray.syntax.alignment import aligned

_NOISE: Final = 1.25
"""The factor by which the time of a step may differ in another run of the same build."""
_UNMISTAKABLE: Final = 2.0
"""The slowdown from which an emulated download is presumed to spend its time on the processor."""
_PULLED: Final = 1.0
"""A pull of at least so many seconds was certainly not on disk."""


class Prediction(NamedTuple):
    """The predicted effect of a text."""

    steps: int
    """The number of RUN executions of the log that disappear or become native."""
    saved: float
    """Seconds saved on the critical path, without downloads; negative for a text that takes longer."""
    remaining: tuple[float, float]
    """Lower and upper bound of the seconds of the whole build, downloads included."""
    fewer_pulls: int
    """The number of images that the new build no longer pulls."""
    unknown: int
    """The number of RUN steps of the new text without a time in the log."""


class Seconds(NamedTuple):
    """An estimate of the seconds of a step."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, seconds: float) -> Seconds:
        """A time without a range."""
        return cls(seconds, seconds, seconds)


_NOTHING: Final = Seconds(0.0, 0.0, 0.0)


class _Query(NamedTuple):
    """The properties of a new step on which its time depends; steps with equal properties take the same time."""

    kind: StepKind
    old: tuple[int, ...] = ()
    """The indices of its instructions in the logged text; empty for a pull."""
    platform: Platform | None = None
    """The platform of a RUN or a pull; None for other steps."""
    is_emulated: bool = False
    targets: tuple[Platform, ...] = ()
    n_twins: int = 0
    """The largest number of executions of one of its instructions in the new plan."""
    image: str = ""
    """The pulled image; empty for other steps."""
    n_pulls: int = 0
    """The number of images that the new plan pulls; 0 for other steps."""


class _Answer(NamedTuple):
    """The answer to a query."""

    estimate: Seconds | None
    """The estimate; None if the log has no comparable step."""
    work: float
    """The estimated seconds; for a download that emulation would not slow down, those of a native one."""


class _Pull(NamedTuple):
    """The parts of the label of a pull, without the digest."""

    image: str
    """The image; empty if the label is not of the expected form."""
    text: str
    """Everything after the stage."""


_NO_ANSWER: Final = _Answer(None, 0.0)
_MOST_ANSWERS: Final = 20_000
"""The most cached answers; then the cache is cleared."""


class Predictor:
    """The times of a logged build, of which the times of other plans are estimated.

    What depends on the log alone is computed once, and a time once for each kind of step, so that a keystroke costs little.
    """

    def __init__(self, times: Times, before: Build) -> None:
        """`before` is the build of the plan that the times belong to."""
        self.times = times
        self.before = before
        self.steps = before.steps_by_instruction
        self._answers: dict[_Query, _Answer] = {}
        self._known_of: dict[int, list[StepTime]] = {}
        self._pull_of: dict[Vertex, _Pull] = {}

    def answer(self, query: _Query) -> _Answer:
        """The estimate for a new step."""
        answer = self._answers.get(query)
        if answer is None:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            answer = self._answers[query] = self._answer(query)
        return answer

    def _answer(self, query: _Query) -> _Answer:
        estimate = self._estimate(query)
        if estimate is None:
            return _NO_ANSWER
        if query.kind == "source":
            return _Answer(estimate, 0.0)
        is_emulated = query.kind == "exec" and query.is_emulated
        return _Answer(estimate, self._without_noise(query.old, estimate.likely, is_emulated=is_emulated))

    @cached_property
    def work(self) -> float:
        """Seconds of the longest chain of the logged build, downloads left out."""
        return critical_path(self.times.plan.steps, self._work_before).seconds

    @cached_property
    def n_pulls_before(self) -> int:
        """The number of images that were pulled."""
        return self.n_pulls(self.times.plan)

    def _known(self, instruction: int) -> list[StepTime]:
        """The logged executions of an old instruction, without cached ones."""
        if instruction not in self._known_of:
            times = [self.times.of(it) for it in self.steps.get(instruction, ())]
            self._known_of[instruction] = [
                it for it in times if it is not None and it.seconds is not None and not it.is_cached
            ]
        return self._known_of[instruction]

    def _work_before(self, step: Step) -> float:
        """The seconds of an old step that are not a download."""
        if step.kind == "source":
            return 0.0
        time = self.times.of(step)
        if time is None or time.seconds is None:
            return 0.0
        return self._without_noise(step.instructions, time.seconds, is_emulated=step.is_emulated)

    def _without_noise(self, old: Iterable[int], seconds: float, *, is_emulated: bool) -> float:
        """The seconds of an emulated download: the network decides, and the effect of emulation is below its noise."""
        if is_emulated:
            for idx in old:
                twin = self._twin(idx)
                if twin is not None and self._is_download(idx) and seconds < twin * _UNMISTAKABLE:
                    return twin
        return seconds

    def _twin(self, instruction: int) -> float | None:
        """The longest native execution of an old instruction."""
        return max((it.seconds or 0.0 for it in self._known(instruction) if not it.step.is_emulated), default=None)

    def _is_download(self, instruction: int) -> bool:
        view = self.before.instructions[instruction]
        return isinstance(view, Run) and is_download(view)

    def _estimate(self, query: _Query) -> Seconds | None:
        match query.kind:
            case "exec":
                return self._estimate_run(query)
            case "source":
                return self._estimate_source(query)
            case _:
                known = [it for idx in query.old for it in self._known(idx)]
                own = [it for it in known if {*it.step.targets} & {*query.targets}]
                seconds = max((it.seconds or 0.0 for it in own or known), default=None)
                return None if seconds is None else Seconds.exactly(seconds)

    @cached_property
    def _pulls(self) -> dict[str, list[StepTime]]:
        """The logged pulls of each image."""
        pulls: dict[str, list[StepTime]] = {}
        for it in self.times.matching.times.values():
            if it.step.kind == "source":
                pulls.setdefault(self.pull_of(it.step).text, []).append(it)
        return pulls

    def _estimate_source(self, query: _Query) -> Seconds | None:
        """The seconds of a pull: its logged time, or less if other pulls that shared the network disappear."""
        same = self._pulls.get(query.image)
        if not same:
            return None
        own = [it for it in same if it.step.platform == query.platform]
        seconds = max(it.seconds or 0.0 for it in own or same)
        n_before, n_after = self.n_pulls_before, query.n_pulls
        share = min(1.0, n_after / n_before) if n_before > 1 and seconds >= _PULLED else 1.0
        return Seconds(seconds * share, seconds, seconds)

    def _estimate_run(self, query: _Query) -> Seconds | None:
        old = query.old
        known = [it for idx in old for it in self._known(idx)]
        if not known:
            return None
        is_line_bound = self._is_download(old[0])
        same = [it for it in known if it.step.platform == query.platform]
        n_twins = query.n_twins
        if same:
            own = [it for it in same if {*it.step.targets} & {*query.targets}] or same
            time = max(own, key=lambda it: it.seconds or 0.0)
            return self._repeated(time, n_twins, is_line_bound=is_line_bound)
        time = max(known, key=lambda it: it.seconds or 0.0)
        # The time that it waited for a processor would not recur.
        seconds = _worked(time)
        factor = self._work_of(old[0]).value
        if time.step.is_emulated and not query.is_emulated:
            return Seconds(seconds / factor.high, seconds / factor.likely, _NOISE * n_twins * seconds / factor.low)
        if query.is_emulated and not time.step.is_emulated:
            return Seconds(seconds * factor.low, seconds * factor.likely, seconds * factor.high * _NOISE)
        return Seconds(seconds, seconds, seconds * _NOISE)

    def _repeated(self, time: StepTime, n_twins: int, *, is_line_bound: bool) -> Seconds:
        """The seconds of a measured step, executed in parallel with as many of its kind as the new text has.

        Alone, it would have taken less, by the share of the machine that the others used meanwhile.
        """
        seconds = time.seconds or 0.0
        crowd = self._crowd(time)
        alone = seconds / crowd
        if is_line_bound:
            # Concurrent or sequential downloads transfer the same number of bytes.
            n_before = max(len(self.steps.get(idx, ())) for idx in time.step.instructions)
            # Under emulation, unpacking is limited by the processor, which other steps may have used too.
            least = min(seconds, alone) if time.step.is_emulated else seconds
            return Seconds(least * min(1.0, n_twins / n_before), seconds, seconds * _NOISE)
        if time.step.is_emulated:
            n_twins = 1
        elif time.vertex.cpu_seconds:
            return self._by_processor(time, time.vertex.cpu_seconds, n_twins, alone)
        return Seconds(alone, seconds, _NOISE * max(seconds, n_twins * alone))

    def _by_processor(self, time: StepTime, cpu: float, n_twins: int, alone: float) -> Seconds:
        """The seconds of a native step with a recorded processor time, without its waiting for a processor.

        A step cannot be faster than its threads allow, and the log shows how many processors it used. `n_twins`
        steps share the processors. On a crowded machine, processor time divided by capacity was within 1 % of the
        builds after both fixes.
        """
        seconds = time.seconds or 0.0
        n_threads = max(1.0, cpu / seconds) if seconds else 1.0
        likely = max(cpu / n_threads, n_twins * cpu / self._capacity)
        return Seconds(min(likely, alone), likely, _NOISE * max(likely, seconds))

    @cached_property
    def _capacity(self) -> float:
        """The number of processors that the RUN steps of the log used, at least one."""
        used = [(it, it.vertex.cpu_seconds) for it in self._running if it.vertex.cpu_seconds]
        span = covered(interval for it, _cpu in used for interval in it.vertex.intervals)
        rates = [cpu / it.seconds for it, cpu in used if cpu and it.seconds]
        together = sum(cpu or 0.0 for _it, cpu in used) / span if span else 0.0
        return max(1.0, together, *rates)

    def _work_of(self, instruction: int) -> Work:
        view = self.before.instructions[instruction]
        return work_of(view) if isinstance(view, Run) else Work.UNKNOWN

    def _crowd(self, time: StepTime) -> float:
        """The average number of RUN steps that ran at the same time as one, itself included."""
        own = time.vertex.intervals
        if not own:
            # A log without time stamps: executions of one instruction usually run concurrently.
            return float(max((len(self.steps.get(idx, ())) for idx in time.step.instructions), default=1))
        others = [it.vertex.intervals for it in self._running if it.step is not time.step]
        length = sum(it.end - it.start for it in own)
        return 1.0 if length <= 0 else 1.0 + sum(map(_overlaps(own), others)) / length

    @cached_property
    def _running(self) -> list[StepTime]:
        return [it for it in self.times.matching.times.values() if it.step.kind == "exec" and not it.is_cached]

    @cached_property
    def _pulled_names(self) -> set[str]:
        """The images that were pulled; images already on disk cost nothing."""
        return {
            self.pull_of(it.step).image
            for it in self.times.matching.times.values()
            if it.step.platform is not None and it.step.kind == "source" and (it.seconds or 0.0) >= _PULLED
        }

    def n_pulls(self, plan: Plan) -> int:
        """The number of images that were or would be pulled."""
        names = self._pulled_names
        return sum(it.kind == "source" and self.pull_of(it).image in names for it in plan.steps) if names else 0

    def pull_of(self, step: Step) -> _Pull:
        """The image of a pull, cached because a label takes long to compose."""
        pull = self._pull_of.get(step.vertex)
        if pull is None:
            if len(self._pull_of) >= _MOST_ANSWERS:
                self._pull_of.clear()
            label = step.label.partition("@")[0]
            pull = _Pull(label.partition("FROM ")[2], label.partition("] ")[2] or label)
            self._pull_of[step.vertex] = pull
        return pull


class Forecast:
    """The effect of another text against the logged build, computed lazily."""

    def __init__(self, predictor: Predictor, after: Build, old_of: dict[int, int] | None = None) -> None:
        """`after` must be a plan for the request of the log; `old_of` is the result of `aligned`, if known."""
        self._predictor = predictor
        self._after = after
        self._old_of = aligned(predictor.before.dockerfile, after.dockerfile) if old_of is None else old_of

    @cached_property
    def saved(self) -> float:
        """`Prediction.saved`."""
        return self._predictor.work - critical_path(self._after.steps, lambda it: self._answers[it.idx].work).seconds

    @cached_property
    def estimates(self) -> dict[int, Seconds]:
        """The seconds of each step by its index; steps for which the log has no data are left out."""
        return {idx: it.estimate for idx, it in self._answers.items() if it.estimate is not None}

    @cached_property
    def prediction(self) -> Prediction:
        """The complete prediction."""
        times = self._predictor.times
        around = times.before + times.after
        low = critical_path(self._after.steps, lambda it: self._estimated(it).low).seconds
        high = critical_path(self._after.steps, lambda it: self._estimated(it).high).seconds
        unexplained = max(0.0, times.total - times.critical_path.seconds)
        return Prediction(
            self._n_gone(),
            self.saved,
            (low + around, high + around + unexplained + self._cold_pull),
            max(0, self._predictor.n_pulls_before - self._n_pulls),
            sum(it.kind == "exec" and it.idx not in self.estimates for it in self._after.plan.steps),
        )

    @cached_property
    def _answers(self) -> dict[int, _Answer]:
        """The answer for each step from the log."""
        return {it.idx: self._predictor.answer(self._query(it)) for it in self._after.plan.steps}

    def _query(self, step: Step) -> _Query:
        kind = step.kind
        if kind == "source":
            return _Query(
                "source", platform=step.platform, image=self._predictor.pull_of(step).text, n_pulls=self._n_pulls
            )
        old = tuple([self._old_of[it] for it in step.instructions if it in self._old_of])
        if kind != "exec":
            return _Query(kind, old, targets=step.targets)
        steps = self._after.steps_by_instruction
        n_twins = max([len(steps[it]) for it in step.instructions], default=0)
        return _Query("exec", old, step.platform, step.is_emulated, step.targets, n_twins)

    @cached_property
    def _n_pulls(self) -> int:
        return self._predictor.n_pulls(self._after.plan)

    def _estimated(self, step: Step) -> Seconds:
        return self.estimates.get(step.idx, _NOTHING)

    @property
    def _cold_pull(self) -> float:
        """Seconds to add for the pull of an image that was on disk, if the same image was pulled for another platform."""
        longest = 0.0
        for step in self._after.plan.steps:
            if step.kind == "source" and step.platform is not None and self._estimated(step).likely < _PULLED:
                name = self._predictor.pull_of(step).image
                for it in self._predictor.times.matching.times.values():
                    if it.step.kind == "source" and name and f"FROM {name}" in it.step.label:
                        longest = max(longest, it.seconds or 0.0)
        return longest

    def _n_gone(self) -> int:
        """The number of logged executions without a counterpart on the same platform in the new plan."""
        new_of = {old: new for new, old in self._old_of.items()}
        n_gone = 0
        for idx, steps in self._predictor.steps.items():
            old = Counter(it.platform for it in steps if it.kind == "exec")
            new = Counter(
                it.platform for it in self._after.steps_by_instruction.get(new_of.get(idx, -1), ()) if it.kind == "exec"
            )
            n_gone += sum((old - new).values())
        return n_gone


def _worked(time: StepTime) -> float:
    """The seconds of a step without its waiting for a processor, if its processor time is recorded."""
    seconds, cpu = time.seconds or 0.0, time.vertex.cpu_seconds
    return min(seconds, cpu) if cpu else seconds


def _overlaps(own: Iterable[Interval]) -> Callable[[Iterable[Interval]], float]:
    """A function that returns the seconds that an interval shares with `own`."""
    mine = [*own]

    def shared(others: Iterable[Interval]) -> float:
        return sum(max(0.0, min(a.end, b.end) - max(a.start, b.start)) for a in mine for b in others)

    return shared
