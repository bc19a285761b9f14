"""What runs again when files of the build context or the value of an ARG change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.step_content import StepContents
from buildxray.plan.model import Plan, Step
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.semantics.build import Build, Instruction
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
    found = [*_of_files(build, measured), *_of_arguments(build, measured)]
    return tuple(sorted(found, key=lambda it: (-(it.seconds or 0.0), -len(it.runs), it.line)))


def _of_files(build: Build, measured: MeasuredBuild | None) -> Iterator[Rerun]:
    for instruction in build.instructions:
        cause = _files(instruction)
        if cause and instruction.steps:
            steps = _after(build.plan, [it.idx for it in instruction.steps])
            yield Rerun("files", instruction.line, cause, steps, _seconds(steps, measured))


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


def _of_arguments(build: Build, measured: MeasuredBuild | None) -> Iterator[Rerun]:
    contents = StepContents()
    seen: dict[str, int] = {}
    for instruction in build.instructions:
        if isinstance(instruction.node, Arg):
            for pair in instruction.node.pairs:
                seen.setdefault(pair.name.text, instruction.line)
    for name, line in [*seen.items()][:_MOST_ARGUMENTS]:
        if name in AUTOMATIC_ARGUMENTS:
            continue
        changed = _with_argument(build.dockerfile, build.request, name)
        if changed.errors and not build.errors:
            # Another value, of a stage or a platform, is no build any more.
            continue
        new = {*(it.label for it in contents.new_steps(build.plan, changed))}
        old = contents.new_steps(changed, build.plan)
        if new:
            yield Rerun("argument", line, name, old, _seconds(old, measured))


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


def _seconds(steps: Iterable[Step], measured: MeasuredBuild | None) -> float | None:
    return None if measured is None else sum(measured.times.seconds(it) for it in steps)
