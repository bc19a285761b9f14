"""What runs again when files of the build context or the value of an ARG change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.seconds import about_seconds
from buildxray.localization import _, ngettext
from buildxray.logs.critical_path import critical_path
from buildxray.plan.model import Plan, Step
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.semantics.build import Build, Instruction
from buildxray.semantics.step_content import StepContents
from buildxray.syntax.instructions import Arg, Copying, Flag, Run
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.parser import Dockerfile, parse

CauseKind = Literal["files", "argument"]
_MOST_ARGUMENTS: Final = 100
"""ARGs of one file that are planned with another value."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """An instruction, and the steps that a change of what it brings in runs again."""

    kind: CauseKind
    line: int
    cause: str
    """The sources of a COPY or ADD as they are written, or the name of an ARG."""
    steps: tuple[Step, ...]
    seconds: float | None
    """How long they took together in a log; None without one."""
    wait: float | None
    """How long the build takes with all other steps from the cache, since steps run side by side; None without a log."""

    @property
    def runs(self) -> tuple[Step, ...]:
        """The RUN steps among them."""
        return tuple(it for it in self.steps if it.kind == "exec")

    @property
    def n_emulated(self) -> int:
        """How many of the RUN steps are emulated."""
        return sum(it.is_emulated for it in self.runs)


def reruns(build: Build, measured: MeasuredBuild | None = None) -> tuple[Rerun, ...]:
    """What each COPY and ADD of the context and each ARG brings in, those first that cost most.

    With a log, `build` has to be that of the log.
    """
    seconds = None if measured is None else {it.idx: measured.times.seconds(it) for it in measured.times.plan.steps}
    found = [*_of_files(build, seconds), *_of_arguments(build, seconds)]
    return tuple(sorted(found, key=lambda it: (-(it.seconds or 0.0), -len(it.runs), it.line)))


def _of_files(build: Build, seconds: Mapping[int, float] | None) -> Iterator[Rerun]:
    for instruction in build.instructions:
        cause = _files(instruction)
        if cause and instruction.steps:
            steps = _of_instruction(build, instruction)
            yield _rerun(_Cause("files", instruction.line, cause), steps, build.plan, seconds)


def rerun_of_files(analysis: Analysis, instruction: Instruction) -> Rerun | None:
    """What a change of the context's files that an instruction works on runs again; None for one that works on none."""
    cause = _files(instruction)
    if not cause or not instruction.steps:
        return None
    steps = _of_instruction(analysis.build, instruction)
    return _rerun(_Cause("files", instruction.line, cause), steps, analysis.plan, _of_analysis(analysis))


def rerun_of_argument(analysis: Analysis, name: str, declaration: Instruction) -> Rerun | None:
    """What another value of a build argument runs again; None for one that decides whether there is a build at all."""
    if name in AUTOMATIC_ARGUMENTS:
        return None
    steps = _of_value(StepContents(), analysis.build, name)
    return (
        _rerun(_Cause("argument", declaration.line, name), steps, analysis.plan, _of_analysis(analysis))
        if steps
        else None
    )


def rerun_words(rerun: Rerun, n_targets: int) -> str:
    """`3 RUN steps on each platform, 3 emulated, about 4 min`; the time is that of the wait."""
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


def _of_instruction(build: Build, instruction: Instruction) -> tuple[Step, ...]:
    return _after(build.plan, [it.idx for it in instruction.steps])


class _Cause(NamedTuple):
    """What changes."""

    kind: CauseKind
    line: int
    text: str


def _rerun(cause: _Cause, steps: tuple[Step, ...], plan: Plan, seconds: Mapping[int, float] | None) -> Rerun:
    """A rerun with its times; `seconds` are those of the steps of the plan by index, None without a log."""
    if seconds is None:
        return Rerun(*cause, steps, None, None)
    again = {it.idx for it in steps}
    wait = critical_path(plan, lambda it: seconds.get(it.idx, 0.0) if it.idx in again else 0.0).seconds
    return Rerun(*cause, steps, sum(seconds.get(it, 0.0) for it in again), wait)


def _of_analysis(analysis: Analysis) -> Mapping[int, float] | None:
    if analysis.seconds is None:
        return None
    return {idx: it.seconds for idx, it in analysis.seconds.steps.items()}


def _files(instruction: Instruction) -> str:
    """The files of the build context that an instruction works on, as they are written; empty for none."""
    node = instruction.node
    if isinstance(node, Copying) and node.flag("from") is None:
        return " ".join(it.text for it in node.sources if "://" not in it.text)
    if isinstance(node, Run):
        return " ".join(filter(None, map(_bound_from_context, node.mounts)))
    return ""


def _bound_from_context(flag: Flag) -> str:
    """What a `--mount` binds of the build context; empty for another mount."""
    try:
        options = {it.key: it.value.text if it.value else "" for it in mount_options(flag)}
    except MountSyntaxError:
        return ""
    if options.get("type", "bind") != "bind" or "from" in options:
        return ""
    return options.get("source") or options.get("src") or "."


def _of_arguments(build: Build, seconds: Mapping[int, float] | None) -> Iterator[Rerun]:
    contents = StepContents()
    seen: dict[str, Instruction] = {}
    for instruction in build.instructions:
        if isinstance(instruction.node, Arg):
            for pair in instruction.node.pairs:
                seen.setdefault(pair.name.text, instruction)
    for name, declaration in [*seen.items()][:_MOST_ARGUMENTS]:
        steps = () if name in AUTOMATIC_ARGUMENTS else _of_value(contents, build, name)
        if steps:
            yield _rerun(_Cause("argument", declaration.line, name), steps, build.plan, seconds)


def _of_value(contents: StepContents, build: Build, name: str) -> tuple[Step, ...]:
    """The steps that another value of an argument runs again."""
    changed = _with_argument(build.dockerfile, build.request, name)
    if changed.errors and not build.errors:
        # Another value, of a stage or a platform, is not a build any more.
        return ()
    return contents.new_steps(changed, build.plan) if contents.new_steps(build.plan, changed) else ()


def _with_argument(dockerfile: Dockerfile, request: BuildRequest, name: str) -> Plan:
    """The plan of the same text with another value of an argument."""
    given = dict(request.build_arguments)
    changed = {**given, name: f"{given.get(name, '')}0"}
    return Planner(replace(request, build_arguments=tuple(changed.items()))).plan(
        parse(dockerfile.text, earlier=dockerfile)
    )


def _after(plan: Plan, steps: Iterable[int]) -> tuple[Step, ...]:
    """Steps, and all that work on their files."""
    changed = {*steps}
    for step in plan.steps:
        if any(it in changed for it in step.inputs):
            changed.add(step.idx)
    return tuple(it for it in plan.steps if it.idx in changed)
