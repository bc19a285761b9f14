"""What another text of the Dockerfile would save, from the times of a log.

The plan of the new text decides which steps there are; a step takes the time that it took in the log. One that is native
instead of emulated takes the time of its native twin, the same instruction for the build machine's platform; without a twin,
its time is divided by the slowdown of its kind of work. Checked against builds of the same programs before and after:
the saved seconds were within 9 %, the remaining time only within 60 %, so the one is a number and the other a range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final, NamedTuple

from buildxray.logs.alignment import aligned
from buildxray.logs.critical_path import critical_path
from buildxray.logs.matching import StepTime
from buildxray.logs.model import Interval, covered
from buildxray.logs.slowdown import Work, is_download, work_of
from buildxray.logs.times import Times
from buildxray.plan.model import Plan, Step
from buildxray.semantics.build import Build, Run

_NOISE: Final = 1.25
"""How much longer the same step may take in another run of the same build."""
_UNMISTAKABLE: Final = 2.0
"""How many times slower a download has to be under emulation before that counts as the work of the processor."""
_PULLED: Final = 1.0
"""Seconds from which on an image was certainly not there before."""


class Prediction(NamedTuple):
    """What a text would change."""

    steps: int
    """RUN executions of the log that fall away or turn native."""
    saved: float
    """Seconds of work on the critical path, downloads left out; negative for a text that takes longer."""
    remaining: tuple[float, float]
    """The least and the most seconds that the whole build would take, downloads included."""
    fewer_pulls: int
    """Images that are no longer pulled."""
    unknown: int
    """RUN steps of the new text of which the log tells no time."""


class Seconds(NamedTuple):
    """What is known of how long a step will take."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, seconds: float) -> Seconds:
        """A time without a range."""
        return cls(seconds, seconds, seconds)


_NOTHING: Final = Seconds(0.0, 0.0, 0.0)


def predict(times: Times, before: Build, after: Build) -> Prediction:
    """What the text of `after` would change against the logged build.

    `before` is the build of the plan that the times belong to; both have to be for the request of the log.
    """
    return _Model(times, before, after).prediction()


def estimates(times: Times, before: Build, after: Build) -> dict[int, Seconds]:
    """How long each step of `after` will take, by its index; steps of which the log tells nothing are left out.

    `before` is the build of the plan that the times belong to.
    """
    return _Model(times, before, after).estimates


class _Model:
    """The times of the steps of a new plan."""

    def __init__(self, times: Times, before: Build, after: Build) -> None:
        self._times = times
        self._before = before
        self._after = after
        self._old_of = aligned(before.dockerfile, after.dockerfile)
        self._steps = _by_instruction(before.plan)
        self._steps_after = _by_instruction(after.plan)
        self._n_unknown = 0
        found = {it.idx: self._estimate(it) for it in after.plan.steps}
        self.estimates = {idx: it for idx, it in found.items() if it is not None}
        """Of the steps of the new plan that the log tells something of."""

    def prediction(self) -> Prediction:
        times = self._times
        work = critical_path(times.plan, self._work_before).seconds
        new_work = critical_path(self._after.plan, self._work_after).seconds
        around = times.before + times.after
        low = critical_path(self._after.plan, lambda it: self._estimated(it).low).seconds
        high = critical_path(self._after.plan, lambda it: self._estimated(it).high).seconds
        unexplained = max(0.0, times.total - times.critical_path.seconds)
        return Prediction(
            self._n_gone(),
            work - new_work,
            (low + around, high + around + unexplained + self._cold_pull),
            max(0, self._n_pulls(times.plan) - self._n_pulls(self._after.plan)),
            self._n_unknown,
        )

    # Steps of the old plan

    def _known(self, instruction: int) -> list[StepTime]:
        """What the log says of the executions of an old instruction, cached ones left out."""
        found = [self._times.of(it) for it in self._steps.get(instruction, ())]
        return [it for it in found if it is not None and it.seconds is not None and not it.is_cached]

    def _work_before(self, step: Step) -> float:
        """The seconds of an old step that are not a download."""
        if step.kind == "source":
            return 0.0
        time = self._times.of(step)
        if time is None or time.seconds is None:
            return 0.0
        return self._without_noise(step, step.instructions, time.seconds)

    def _without_noise(self, step: Step, old: Iterable[int], seconds: float) -> float:
        """The seconds of an emulated download: the line decides, and what emulation adds cannot be told from its noise."""
        if step.kind == "exec" and step.is_emulated:
            for idx in old:
                twin = self._twin(idx)
                if twin is not None and self._is_download(idx) and seconds < twin * _UNMISTAKABLE:
                    return twin
        return seconds

    def _twin(self, instruction: int) -> float | None:
        """The longest native execution of an old instruction."""
        return max((it.seconds or 0.0 for it in self._known(instruction) if not it.step.is_emulated), default=None)

    def _is_download(self, instruction: int) -> bool:
        view = self._before.instructions[instruction]
        return isinstance(view, Run) and is_download(view)

    # Steps of the new plan

    def _estimated(self, step: Step) -> Seconds:
        return self.estimates.get(step.idx, _NOTHING)

    def _estimate(self, step: Step) -> Seconds | None:
        match step.kind:
            case "exec":
                return self._estimate_run(step)
            case "source":
                return self._estimate_source(step)
            case _:
                known = [it for idx in self._old_instructions(step) for it in self._known(idx)]
                own = [it for it in known if {*it.step.targets} & {*step.targets}]
                seconds = max((it.seconds or 0.0 for it in own or known), default=None)
                return None if seconds is None else Seconds.exactly(seconds)

    def _estimate_source(self, step: Step) -> Seconds | None:
        """A pull: as long as it took; less where others that it shared the line with fall away."""
        label = step.label.partition("@")[0].partition("] ")[2] or step.label
        same = [
            it
            for it in self._times.matching.times.values()
            if it.step.kind == "source"
            and (it.step.label.partition("@")[0].partition("] ")[2] or it.step.label) == label
        ]
        own = [it for it in same if it.step.platform == step.platform]
        if not same:
            return None
        seconds = max(it.seconds or 0.0 for it in own or same)
        n_before, n_after = self._n_pulls(self._times.plan), self._n_pulls(self._after.plan)
        share = min(1.0, n_after / n_before) if n_before > 1 and seconds >= _PULLED else 1.0
        return Seconds(seconds * share, seconds, seconds)

    def _estimate_run(self, step: Step) -> Seconds | None:
        old = self._old_instructions(step)
        known = [it for idx in old for it in self._known(idx)]
        if not known:
            self._n_unknown += 1
            return None
        is_line_bound = self._is_download(old[0])
        same = [it for it in known if it.step.platform == step.platform]
        n_twins = max(len(self._steps_after.get(idx, ())) for idx in step.instructions)
        if same:
            own = [it for it in same if {*it.step.targets} & {*step.targets}] or same
            time = max(own, key=lambda it: it.seconds or 0.0)
            return self._repeated(time, n_twins, is_line_bound=is_line_bound)
        time = max(known, key=lambda it: it.seconds or 0.0)
        # What it waited for a processor, another one would not have waited.
        seconds = _worked(time)
        factor = self._work_of(old[0]).value
        if time.step.is_emulated and not step.is_emulated:
            return Seconds(seconds / factor.high, seconds / factor.likely, _NOISE * n_twins * seconds / factor.low)
        if step.is_emulated and not time.step.is_emulated:
            return Seconds(seconds * factor.low, seconds * factor.likely, seconds * factor.high * _NOISE)
        return Seconds(seconds, seconds, seconds * _NOISE)

    def _repeated(self, time: StepTime, n_twins: int, *, is_line_bound: bool) -> Seconds:
        """A step that was measured, executed beside so many of its kind as the new text makes.

        Alone, it would have taken less by the share of the machine that others had meanwhile.
        """
        seconds = time.seconds or 0.0
        crowd = self._crowd(time)
        alone = seconds / crowd
        if is_line_bound:
            # Side by side or one after the other, as many bytes come over the line.
            n_before = max(len(self._steps.get(idx, ())) for idx in time.step.instructions)
            # Under emulation, unpacking is the work of the processor, which others may have shared.
            least = min(seconds, alone) if time.step.is_emulated else seconds
            return Seconds(least * min(1.0, n_twins / n_before), seconds, seconds * _NOISE)
        if time.step.is_emulated:
            n_twins = 1
        elif time.vertex.cpu_seconds:
            return self._by_processor(time, time.vertex.cpu_seconds, n_twins, alone)
        return Seconds(alone, seconds, _NOISE * max(seconds, n_twins * alone))

    def _by_processor(self, time: StepTime, cpu: float, n_twins: int, alone: float) -> Seconds:
        """The seconds of a native step whose processor time was recorded, without those that it waited for a processor.

        A step cannot be faster than its threads allow; the log shows how many it kept busy. `n_twins` steps share the
        processors. On a crowded machine, processor time by capacity was within 1 % of the builds after both fixes.
        """
        seconds = time.seconds or 0.0
        n_threads = max(1.0, cpu / seconds) if seconds else 1.0
        likely = max(cpu / n_threads, n_twins * cpu / self._capacity)
        return Seconds(min(likely, alone), likely, _NOISE * max(likely, seconds))

    @cached_property
    def _capacity(self) -> float:
        """How many processors the RUN steps of the log kept busy, at least one."""
        used = [(it, it.vertex.cpu_seconds) for it in self._running if it.vertex.cpu_seconds]
        span = covered(interval for it, _cpu in used for interval in it.vertex.intervals)
        rates = [cpu / it.seconds for it, cpu in used if cpu and it.seconds]
        together = sum(cpu or 0.0 for _it, cpu in used) / span if span else 0.0
        return max(1.0, together, *rates)

    def _work_after(self, step: Step) -> float:
        """The seconds of a new step that are no download."""
        if step.kind == "source":
            return 0.0
        return self._without_noise(step, self._old_instructions(step), self._estimated(step).likely)

    def _old_instructions(self, step: Step) -> list[int]:
        return [self._old_of[it] for it in step.instructions if it in self._old_of]

    def _work_of(self, instruction: int) -> Work:
        view = self._before.instructions[instruction]
        return work_of(view) if isinstance(view, Run) else Work.UNKNOWN

    # Both

    def _crowd(self, time: StepTime) -> float:
        """How many RUN steps shared the machine while one ran, itself included, on the average."""
        own = time.vertex.intervals
        if not own:
            # A log without times of the day: executions of one instruction mostly run side by side.
            return float(max((len(self._steps.get(idx, ())) for idx in time.step.instructions), default=1))
        others = [it.vertex.intervals for it in self._running if it.step is not time.step]
        length = sum(it.end - it.start for it in own)
        return 1.0 if length <= 0 else 1.0 + sum(map(_overlaps(own), others)) / length

    @cached_property
    def _running(self) -> list[StepTime]:
        return [it for it in self._times.matching.times.values() if it.step.kind == "exec" and not it.is_cached]

    def _n_pulls(self, plan: Plan) -> int:
        """How many images were or would be pulled: those that were on disk already cost nothing."""
        pulled = {
            it.step.label.partition("@")[0].partition("FROM ")[2]
            for it in self._times.matching.times.values()
            if it.step.platform is not None and it.step.kind == "source" and (it.seconds or 0.0) >= _PULLED
        }
        return sum(
            it.kind == "source" and it.label.partition("@")[0].partition("FROM ")[2] in pulled for it in plan.steps
        )

    @property
    def _cold_pull(self) -> float:
        """Seconds that pulling an image may add which happened to be on disk, where the same one was pulled for another platform."""
        longest = 0.0
        for step in self._after.plan.steps:
            if step.kind == "source" and step.platform is not None and self._estimated(step).likely < _PULLED:
                name = step.label.partition("@")[0].partition("FROM ")[2]
                for it in self._times.matching.times.values():
                    if it.step.kind == "source" and name and f"FROM {name}" in it.step.label:
                        longest = max(longest, it.seconds or 0.0)
        return longest

    def _n_gone(self) -> int:
        """How many executions of the log have no counterpart on the same platform in the new plan."""
        new_of = {old: new for new, old in self._old_of.items()}
        n_gone = 0
        for idx, steps in self._steps.items():
            old = Counter(it.platform for it in steps if it.kind == "exec")
            new = Counter(it.platform for it in self._steps_after.get(new_of.get(idx, -1), ()) if it.kind == "exec")
            n_gone += sum((old - new).values())
        return n_gone


def _worked(time: StepTime) -> float:
    """The seconds of a step without those that it waited for a processor, where a record tells its processor time."""
    seconds, cpu = time.seconds or 0.0, time.vertex.cpu_seconds
    return min(seconds, cpu) if cpu else seconds


def _by_instruction(plan: Plan) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    for step in plan.steps:
        for idx in step.instructions:
            found.setdefault(idx, []).append(step)
    return found


def _overlaps(own: Iterable[Interval]) -> Callable[[Iterable[Interval]], float]:
    """How many seconds of some intervals others share."""
    mine = [*own]

    def shared(others: Iterable[Interval]) -> float:
        return sum(max(0.0, min(a.end, b.end) - max(a.start, b.start)) for a in mine for b in others)

    return shared
