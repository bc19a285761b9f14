"""Jobs whose machine emulates a compiler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project import Projects
from buildxray.ide.project_files.base import diagnostic, is_of_other_project, shown_path
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.localization import _, ngettext
from buildxray.platforms.machines import native_machine
from buildxray.platforms.platform import Platform, can_run
from buildxray.projects.builds import DeclaredBuild, choose
from buildxray.projects.by_hand import comes_from_cache
from buildxray.projects.ci import is_on_github
from buildxray.records import replace
from buildxray.rules.base import Severity
from buildxray.rules.facts.failing_builds import build_stops
from buildxray.rules.facts.intended import is_on_image_for
from buildxray.rules.facts.native_image import arguments_of_flag
from buildxray.rules.facts.portability import installs_c_compiler
from buildxray.rules.native.emulated_build import stages_with_way
from buildxray.rules.wording import joined
from buildxray.semantics.build import Build, Effect, KnownCommand, Stage
from buildxray.semantics.cost import build_totals
from buildxray.syntax.text import TextRange
from buildxray.toolchains.node import NODE
from buildxray.toolchains.scripting import SCRIPTING, compiles_extensions

_MOST_CALLED: Final = 60
"""Builds of Bake that one workflow calls, each of which is planned while the workflow is open."""
_MOST_VARIANTS: Final = 50
"""Builds of one job and one Dockerfile for the same platforms, each of which is planned: a matrix may give hundreds of arguments."""
_MOST_STAGES: Final = 3
"""Stages that a message names; for each, the Dockerfile is planned again."""
_OF_PACKAGES: Final = (NODE, SCRIPTING)
"""Toolchains whose packages may be compiled when they are installed."""


def of_jobs(path: Path, projects: Projects) -> Iterator[DeclaredBuild]:
    """The emulated builds of Bake, scripts and Makefiles that the jobs of a workflow call, each as if its job declared it; at most `_MOST_CALLED`."""
    emulated = (it for it in projects.called_by(path) if it.is_shown and not it.is_check and it.is_emulated)
    for it in islice(emulated, _MOST_CALLED):
        called = it.called_from
        if called is not None:
            yield replace(it, name=called.name, source=path, line=called.line, caller=None, step=None)


def emulating_runners(entries: Iterable[BuildEntry]) -> Iterator[Diagnostic]:
    """Find the machines of jobs that emulate a compiler.

    All builds of a job on one machine are one finding, and a Dockerfile that several jobs build for the same platforms is reported once.
    """
    by_place: dict[TextRange, dict[tuple[Path, Build], BuildEntry]] = {}
    first_places: dict[tuple[Path, frozenset[Platform]], TextRange] = {}
    n_variants: Counter[tuple[TextRange, tuple[Path, frozenset[Platform]]]] = Counter()
    for it in entries:
        key = (it.declared.dockerfile, frozenset(it.declared.platforms))
        n_variants[it.runner_place, key] += 1
        build = _emulating(it) if n_variants[it.runner_place, key] <= _MOST_VARIANTS else None
        if build is not None and first_places.setdefault(key, it.runner_place) == it.runner_place:
            by_place.setdefault(it.runner_place, {})[it.declared.dockerfile, build] = it
    for place, builds in by_place.items():
        yield diagnostic("emulating-runner", Severity.INFORMATION, place, _message(builds))


def _message(builds: Mapping[tuple[Path, Build], BuildEntry]) -> str:
    """What the machine emulates, and what avoids that."""
    fact = _emulated(builds)
    requests = [it.request for it in builds.values()]
    targets = {one for it in requests for one in it.target_platforms}
    platforms = _emulated_platforms(builds)
    ((dockerfile, _build), entry), *_others = builds.items()
    context = entry.context
    stages = () if context is None else islice(stages_with_way(context), _MOST_STAGES)
    lines = [str(it.from_.line) for it in stages]
    is_one_each = all(it.is_separate for it in requests)
    # Another machine for the whole job would emulate what this one builds natively.
    shares_job = any(it.declared.shares_job for it in builds.values())
    pinned = _pinned(builds)
    if pinned is not None:
        # Another machine would emulate that stage.
        return _with_pinned(fact, pinned, lines, shown_path(entry.declared.source, dockerfile))
    if is_on_github(entry.declared.source) and not _are_hosted(builds):
        return _without_runner(fact, builds, lines, shown_path(entry.declared.source, dockerfile))
    if not shares_job and (len(targets) == 1 or (is_one_each and not lines)):
        return _("{fact}; a runner for {platforms} avoids that", fact=fact, platforms=platforms)
    if not lines:
        return _("{fact}; a separate runner for each platform avoids that", fact=fact)
    file = shown_path(entry.declared.source, dockerfile)
    if is_one_each and not shares_job:
        return ngettext(
            "{fact}; use a runner for {platforms}, or compile on the build platform in the stage of line {line} of {file}",
            "{fact}; use a runner for {platforms}, or compile on the build platform in the stages of lines {line} of {file}",
            len(lines),
            fact=fact,
            platforms=platforms,
            line=joined(lines),
            file=file,
        )
    return ngettext(
        "{fact}; use a separate runner for each platform, or compile on the build platform in the stage of line {line} of {file}",
        "{fact}; use a separate runner for each platform, or compile on the build platform in the stages of lines {line} of {file}",
        len(lines),
        fact=fact,
        line=joined(lines),
        file=file,
    )


def _pinned(builds: Iterable[tuple[Path, Build]]) -> Stage | None:
    """A stage that an emulated target needs and that runs natively now, while a machine of that target would emulate it, because of its `--platform`."""
    for _path, build in builds:
        emulated = {one for step in build.emulated_steps for one in step.targets}
        for stage in (it for it in build.needed_stages if it.runs and it.root is not None):
            root = stage.root
            if root is None or root.from_.platform is None or any(map(_is_automatic, arguments_of_flag(root))):
                continue
            own = dict(zip(build.targets, stage.platforms, strict=True))
            native = (it for it in stage.targets if it in emulated and can_run(build.request.node(it), own[it]))
            if any(not can_run(native_machine(it), own[it]) for it in native):
                return stage
    return None


def _is_automatic(argument: str) -> bool:
    return argument.startswith(("BUILD", "TARGET"))


def _with_pinned(fact: str, pinned: Stage, lines: Sequence[str], file: str) -> str:
    """The message about a build with a stage that has to stay on this machine; `lines` are those of stages that may compile on the build platform."""
    platform = pinned.platforms[0]
    line = pinned.from_.line
    if not lines:
        return _(
            "{fact}; another runner would emulate the stage of line {line} of {file} instead, which `--platform` makes {platform}",
            fact=fact,
            line=line,
            file=file,
            platform=platform,
        )
    return ngettext(
        "{fact}; compile on the build platform in the stage of line {lines} of {file}; another runner would emulate that of line {line}, which `--platform` makes {platform}",
        "{fact}; compile on the build platform in the stages of lines {lines} of {file}; another runner would emulate that of line {line}, which `--platform` makes {platform}",
        len(lines),
        fact=fact,
        lines=joined(lines),
        line=line,
        file=file,
        platform=platform,
    )


_HOSTED: Final = frozenset(("386", "amd64", "arm64"))
"""The architectures of GitHub's machines. Source: docs.github.com, "GitHub-hosted runners reference"."""


def _are_hosted(builds: Iterable[tuple[Path, Build]]) -> bool:
    """True if GitHub has a machine for each emulated platform."""
    return all(it.architecture in _HOSTED for it in _emulated_for(builds))


def _without_runner(fact: str, builds: Iterable[tuple[Path, Build]], lines: Sequence[str], file: str) -> str:
    """The message about platforms some of which none of GitHub's machines has; `lines` are those of stages that may compile on the build platform."""
    emulated = _emulated_for(builds)
    missing = joined(str(it) for it in emulated if it.architecture not in _HOSTED)
    hosted = joined(str(it) for it in emulated if it.architecture in _HOSTED)
    if lines:
        return ngettext(
            "{fact}; compile on the build platform in the stage of line {line} of {file}, because GitHub has no runner for {platforms}",
            "{fact}; compile on the build platform in the stages of lines {line} of {file}, because GitHub has no runner for {platforms}",
            len(lines),
            fact=fact,
            line=joined(lines),
            file=file,
            platforms=missing,
        )
    if hosted:
        return _(
            "{fact}; a runner for {platforms} avoids a part of that, because GitHub has none for {missing}",
            fact=fact,
            platforms=hosted,
            missing=missing,
        )
    return _(
        "{fact}; GitHub has no runner for {platforms}, so only a machine of your own avoids that",
        fact=fact,
        platforms=missing,
    )


def _emulated(builds: Mapping[tuple[Path, Build], BuildEntry]) -> str:
    """How many RUN instructions of which files the machine emulates."""
    runs = [((path, run.idx), run) for path, build in builds for stage in build.needed_stages for run in stage.runs]
    n_runs = len({key for key, _run in runs})
    n_emulated = len({key for key, run in runs if any(it.is_emulated for it in run.steps)})
    n_unneeded = len(
        {(path, one.idx) for path, build in builds for it in build.stages if not it.is_needed for one in it.runs}
        - {key for key, _run in runs}
    )
    requests = [it.request for it in builds.values()]
    emulating = [(one, it) for one in requests for it in one.target_platforms if not can_run(one.node(it), it)]
    machines = [one.node(it) for one, it in emulating] or [it.build_platform for it in requests]
    files = dict.fromkeys(shown_path(it.declared.source, it.declared.dockerfile) for it in builds.values())
    return _(
        "{runs} under emulation for {platforms}, several times slower, because this job runs on {machine}",
        runs=_emulated_runs(n_emulated, n_runs + n_unneeded, joined(files)),
        platforms=_emulated_platforms(builds),
        machine=joined(dict.fromkeys(map(str, machines))),
    )


def _emulated_platforms(builds: Iterable[tuple[Path, Build]]) -> str:
    return joined(map(str, _emulated_for(builds)))


def _emulated_for(builds: Iterable[tuple[Path, Build]]) -> tuple[Platform, ...]:
    totals = (build_totals(build) for _path, build in builds)
    return (*dict.fromkeys(one for it in totals for one in it.emulated_platforms),)


class FirstWorkflows:
    """The workflows that report the emulation of a Dockerfile.

    If several build it for the same platforms, it is that of the build which would be shown.
    """

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._known: dict[tuple[Path, frozenset[Platform]], Path | None] = {}

    def has(self, declared: DeclaredBuild) -> bool:
        """True if the workflow of a build is the one that reports it."""
        if declared.source.parent.name != "workflows":
            return True
        key = declared.dockerfile, frozenset(declared.platforms)
        if key not in self._known:
            self._known[key] = self._first(*key)
        return self._known[key] in (None, declared.source)

    def _first(self, dockerfile: Path, platforms: frozenset[Platform]) -> Path | None:
        builds = (it for it in self._projects.declared(dockerfile) if frozenset(it.platforms) == platforms)
        first = choose(it for it in builds if it.nodes and it.run_from[0].parent.name == "workflows")
        return None if first is None else first.run_from[0]


def _emulating(entry: BuildEntry) -> Build | None:
    """The build if the machine of its job compiles under emulation, or emulates a whole image whose job could run on another machine.

    Emulation that only installs a few packages is not worth a further job.
    """
    declared = entry.declared
    is_job = bool(declared.nodes) and declared.caller is None and declared.source.suffix in (".yml", ".yaml")
    if not is_job or not entry.has_stage or is_of_other_project(declared.source):
        return None
    build = entry.build
    if build is None or build.errors or comes_from_cache(declared, entry.file.builds):
        return None
    emulated = {target for step in build.emulated_steps for target in step.targets}
    if emulated <= build.impossible_targets:
        # The build stops at an image that does not exist.
        return None
    is_in_parts = declared.is_in_parts
    checked = entry.checked_build if _is_worth_a_machine(build, is_in_parts=is_in_parts) else None
    # The facts of the project cost more, and tell that a build stops or compiles nothing.
    if checked is None or build_stops(checked) or not _is_worth_a_machine(checked, is_in_parts=is_in_parts):
        return None
    return checked


def _is_worth_a_machine(build: Build, *, is_in_parts: bool) -> bool:
    return any(map(_compiles_emulated, build.needed_stages)) or _is_all_emulated(build, is_in_parts=is_in_parts)


_MANY_RUNS: Final = 3


def _is_all_emulated(build: Build, *, is_in_parts: bool) -> bool:
    """True if a job emulates all of an image that installs packages, in several RUN instructions, and could run on a hosted machine of its platform.

    That is so if it builds for one platform, or if each platform has a job, or (`is_in_parts`) a command of its own.
    """
    request = build.request
    emulated = [it for it in build.targets if not can_run(request.node(it), it)]
    is_one_each = len(build.targets) == 1 or request.is_separate or is_in_parts
    if not is_one_each or any(it.architecture not in _HOSTED for it in emulated):
        return False
    if any(
        is_on_image_for(stage, request.node(it).architecture) for stage in build.needed_stages for it in stage.targets
    ):
        return False
    runs = [run for stage in build.needed_stages for run in stage.runs if any(it.is_emulated for it in run.steps)]
    installing = (it for stage in build.needed_stages for it in stage.commands(Effect.INSTALL) if not it.is_skipped)
    return len(runs) >= _MANY_RUNS and any(step.is_emulated for it in installing for step in it.run.steps)


def _emulated_runs(n_emulated: int, n_runs: int, files: str) -> str:
    """The emulated RUN instructions out of those of some Dockerfiles, with their verb."""
    if n_emulated < n_runs:
        return ngettext(
            "{n} of the {total} RUN instructions of {files} runs",
            "{n} of the {total} RUN instructions of {files} run",
            n_emulated,
            total=n_runs,
            files=files,
        )
    if n_runs == 2:
        return _("both RUN instructions of {files} run", files=files)
    return ngettext(
        "the RUN instruction of {files} runs", "all {n} RUN instructions of {files} run", n_runs, files=files
    )


def _compiles_emulated(stage: Stage) -> bool:
    return any(step.is_emulated for it in _compiling(stage) for step in it.run.steps)


def _compiling(stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that this build runs and that compile, or install packages where a C compiler is there for these packages."""
    request = stage.build.request
    if any(is_on_image_for(stage, request.node(it).architecture) for it in stage.targets):
        # An image for the build machine runs natively, whatever platform the stage has.
        return []
    commands = [*stage.commands(Effect.COMPILE, Effect.BUNDLE)]
    has_compiler = installs_c_compiler(stage)
    commands += (
        it
        for it in stage.commands(Effect.INSTALL)
        if (has_compiler and it.use.toolchain in _OF_PACKAGES) or compiles_extensions(it.invocation)
    )
    return [it for it in commands if not it.is_skipped]
