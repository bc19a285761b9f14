"""The steps that run again when files of the build context or the value of an ARG change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.seconds import about_seconds
from buildxray.localization import _, ngettext
from buildxray.logs.critical_path import critical_path
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.records import dataclass
from buildxray.semantics.build import Build, Instruction, Step
from buildxray.semantics.reruns import context_files, steps_by_argument, steps_from
from buildxray.syntax.instructions import Arg

CauseKind = Literal["files", "argument"]
_MOST_ARGUMENTS: Final = 100
"""ARGs of one file that are examined; each needs a plan."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """An instruction, and the steps that run again when its input changes."""

    kind: CauseKind
    line: int
    """The line of the instruction, 1-based."""
    cause: str
    """The sources of a COPY or ADD as written, or the name of an ARG."""
    steps: tuple[Step, ...]
    seconds: float | None
    """The sum of the times of the steps in a log; None without a log."""
    wait: float | None
    """Seconds of the build with all other steps cached, given that steps run in parallel; None without a log."""

    @property
    def runs(self) -> tuple[Step, ...]:
        """The RUN steps among the steps."""
        return tuple(it for it in self.steps if it.kind == "exec")

    @property
    def n_emulated(self) -> int:
        """The number of emulated RUN steps."""
        return sum(it.is_emulated for it in self.runs)


def reruns(build: Build, measured: MeasuredBuild | None = None) -> tuple[Rerun, ...]:
    """The reruns of each COPY and ADD of the context and of each ARG, the most expensive first.

    With a log, `build` must be the logged build.
    """
    seconds = None if measured is None else {it.idx: measured.times.seconds(it) for it in measured.build.steps}
    all_reruns = [*_of_files(build, seconds), *_of_arguments(build, seconds)]
    return tuple(sorted(all_reruns, key=lambda it: (-(it.seconds or 0.0), -len(it.runs), it.line)))


def rerun_of_files(analysis: Analysis, instruction: Instruction) -> Rerun | None:
    """The steps that run again when the context files of an instruction change; None if it reads none or is not needed."""
    return _of_instruction(analysis.build, instruction, _estimated_seconds(analysis))


def rerun_of_argument(analysis: Analysis, name: str, declaration: Instruction) -> Rerun | None:
    """The steps that run again for another value of a build argument; None if none do, or if another value is an error."""
    return _of_named(analysis.build, {name: declaration}, _estimated_seconds(analysis)).get(name)


def rerun_words(rerun: Rerun, n_targets: int) -> str:
    """The size of a rerun: `3 RUN steps on each platform, 3 emulated, about 4 min`; the time is the wait."""
    n_runs = len(rerun.runs)
    if not n_runs:
        words = _("no RUN step")
    elif n_targets > 1 and n_runs % n_targets == 0 and all(len(step.targets) == 1 for step in rerun.runs):
        words = ngettext("{n} RUN step on each platform", "{n} RUN steps on each platform", n_runs // n_targets)
    else:
        words = ngettext("{n} RUN step", "{n} RUN steps", n_runs)
    if rerun.n_emulated:
        words += _(", {n} emulated", n=rerun.n_emulated)
    if rerun.wait is not None and rerun.wait >= 1:
        words += _(", about {seconds}", seconds=about_seconds(rerun.wait))
    return words


_Seconds = Mapping[int, float]
"""The seconds of each step by its index, without unknown ones."""


def _estimated_seconds(analysis: Analysis) -> _Seconds | None:
    if analysis.seconds is None:
        return None
    return {idx: it.seconds for idx, it in analysis.seconds.steps.items()}


def _of_files(build: Build, seconds: _Seconds | None) -> Iterator[Rerun]:
    for instruction in build.instructions:
        rerun = _of_instruction(build, instruction, seconds)
        if rerun is not None:
            yield rerun


def _of_instruction(build: Build, instruction: Instruction, seconds: _Seconds | None) -> Rerun | None:
    files = context_files(instruction)
    if not files or not instruction.steps:
        return None
    return _rerun(_Cause("files", instruction.line, files), steps_from(build, instruction), build, seconds)


def _of_arguments(build: Build, seconds: _Seconds | None) -> Iterator[Rerun]:
    declarations: dict[str, Instruction] = {}
    for instruction in build.instructions:
        if isinstance(instruction.node, Arg):
            for pair in instruction.node.pairs:
                declarations.setdefault(pair.name.text, instruction)
    yield from _of_named(build, dict([*declarations.items()][:_MOST_ARGUMENTS]), seconds).values()


def _of_named(build: Build, declarations: Mapping[str, Instruction], seconds: _Seconds | None) -> dict[str, Rerun]:
    """The reruns of some arguments by name; arguments without reruns are left out."""
    names = [it for it in declarations if it not in AUTOMATIC_ARGUMENTS]
    return {
        name: _rerun(_Cause("argument", declarations[name].line, name), steps, build, seconds)
        for name, steps in steps_by_argument(build, names).items()
        if steps
    }


class _Cause(NamedTuple):
    """The input that changes."""

    kind: CauseKind
    line: int
    text: str


def _rerun(cause: _Cause, steps: tuple[Step, ...], build: Build, seconds: _Seconds | None) -> Rerun:
    if seconds is None:
        return Rerun(*cause, steps, None, None)
    again = {it.idx for it in steps}
    wait = critical_path(build.steps, lambda it: seconds.get(it.idx, 0.0) if it.idx in again else 0.0).seconds
    return Rerun(*cause, steps, sum(seconds.get(it, 0.0) for it in again), wait)
