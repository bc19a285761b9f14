"""Editor features in Bake files, Compose files and workflows: diagnostics, lenses with costs, and links to stages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.files.reading import (
    MOST_DOCKERFILE_BYTES,
    ReadError,
    entries_of,
    exists,
    is_directory,
    list_directory,
    path_below,
    read_project_text,
    repository_root,
    settings_root,
    walk,
)
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project import Projects
from buildxray.ide.requests import request_of
from buildxray.ide.script_diagnostics import is_script, missing_dockerfiles
from buildxray.ide.settings import Settings, unknown_platform
from buildxray.localization import _, localized, ngettext
from buildxray.platforms.platform import Platform, PlatformError, can_run, is_known, nearest_known, parse_normalized
from buildxray.projects.builds import DeclaredBuild, choose
from buildxray.projects.ci import WORKFLOWS
from buildxray.projects.default_files import BAKE_FILES, COMPOSE_FILES, OVERRIDE_NAMES
from buildxray.projects.file_names import is_dockerfile, similar_name
from buildxray.projects.places import FilePlaces
from buildxray.projects.reader import SKIPPED
from buildxray.projects.search import is_ignored
from buildxray.records import cached_property, dataclass, replace
from buildxray.rules.base import Fix, Safety, Severity
from buildxray.rules.intended import names_one_architecture
from buildxray.rules.portability import installs_c_compiler, movable, needs_c, takes_target_packages
from buildxray.rules.wording import joined
from buildxray.rules.xx_advice import is_possible
from buildxray.semantics.build import Build, Builder, BuildRequest, Effect, KnownCommand, Stage
from buildxray.semantics.cost import build_totals
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE
from buildxray.toolchains.scripting import SCRIPTING

_NAMES: Final = frozenset((*BAKE_FILES, *COMPOSE_FILES, *OVERRIDE_NAMES))
_NAME: Final = lazy_regex(
    r"(?:.*[._-])?bake(?:[._-].*)?\.(?:hcl|json)|(?:docker-)?compose(?:[._-].*)?\.ya?ml", re.IGNORECASE
)
_OF_MATRIX: Final = lazy_regex(r"\$\{\{[ \t]*matrix\.[\w.-]+[ \t]*\}\}")
"""A value of the matrix alone, which the file itself lists, unlike an input or a secret."""
_MOST_CALLED: Final = 60
"""Builds of Bake that one workflow calls, each of which is planned while the workflow is open."""
_DEEPEST: Final = 6
_MOST_ENTRIES: Final = 5_000
"""The most files and directories of a repository in which a Dockerfile is looked for."""
_NOT_SEARCHED: Final = SKIPPED | {".git"}
_PAGE: Final = "https://github.com/buildxray/buildxray/blob/main/docs/builds.md"


class ProjectDiagnostic(Diagnostic):
    """A problem of a build, in the file that declares it."""

    @property
    def documentation_url(self) -> str:
        """The page on builds."""
        return f"{_PAGE}#{self.rule}"


class BuildLens(NamedTuple):
    """A lens with the cost of a build, above its declaration."""

    range: TextRange
    title: str
    dockerfile: Path
    line: int
    """The 0-based line of the Dockerfile at which the built stage begins."""
    build: str
    """The name by which the setting `build` chooses it."""


class BuildLink(NamedTuple):
    """A link from a project file to a stage."""

    range: TextRange
    dockerfile: Path
    stage: TextRange
    """The range of the stage's name in the Dockerfile, or of its FROM."""
    stage_index: int


@dataclass(frozen=True)
class ProjectFile:
    """The results for one version of a file."""

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    lenses: tuple[BuildLens, ...] = ()
    links: tuple[BuildLink, ...] = ()


def is_project_file(path: Path) -> bool:
    """True if a file declares builds, by its name: a Bake file, a Compose file, a workflow."""
    if path.name in _NAMES or _NAME.fullmatch(path.name) is not None:
        return True
    return path.suffix in {".yml", ".yaml"} and path.parent.parts[-2:] == (".github", "workflows")


def look_at(path: Path, text: str, projects: Projects, settings: Settings) -> ProjectFile:
    """The results for a file with this text; `projects` has already read its builds."""
    if is_script(path):
        return _script(path, text, projects, settings)
    builds = [it for it in projects.declared_in(path) if it.is_shown and not it.is_check]
    notes = projects.notes_of(path)
    called = [*_of_jobs(path, projects)]
    if not builds and not notes and not called:
        return ProjectFile(text)
    file = _File(path, text, builds)
    merged = settings.over(projects.configuration(path.parent).settings)
    readers = [_Reader(it, file, merged) for it in builds]
    of_jobs = [_Reader(it, file, merged) for it in called]
    unread = (
        _diagnostic("unread-build", Severity.INFORMATION, file.places.line(it.line), localized(it.message))
        for it in notes
    )
    diagnostics = [
        *unread,
        *(problem for it in readers for problem in it.problems()),
        *_emulating_runners(it for it in (*readers, *of_jobs) if _is_first(it.declared, projects)),
    ]
    unique = {(it.rule, it.range, it.message): it for it in diagnostics if merged.shows(it.rule)}
    return ProjectFile(
        text,
        tuple(sorted(unique.values(), key=lambda it: (it.range, it.rule))),
        (*_lenses(readers),),
        tuple(dict.fromkeys(link for it in readers for link in it.links())),
    )


def _script(path: Path, text: str, projects: Projects, settings: Settings) -> ProjectFile:
    """The results for a script: the Dockerfiles that it names and that do not exist."""
    root = repository_root(path.parent)
    merged = settings.over(projects.configuration(path.parent).settings)
    if root is None or not merged.shows("missing-dockerfile") or _is_of_other_project(path):
        return ProjectFile(text)
    listed = missing_dockerfiles(path, text, projects.declared_in(path), root)
    places = {it: dockerfile for it, dockerfile in listed if not _is_in_missing_submodule(root, dockerfile)}
    return ProjectFile(
        text,
        tuple(
            _diagnostic(
                "missing-dockerfile",
                Severity.WARNING,
                place,
                _("`{path}` does not exist", path=_path_from(path, dockerfile)),
            )
            for place, dockerfile in places.items()
        ),
    )


def references_to(
    dockerfile: Path, stage_index: int, files: Iterable[tuple[Path, ProjectFile]]
) -> Iterator[tuple[Path, str, TextRange]]:
    """The places in files of the project that build a stage of a Dockerfile: the file, its text, the place."""
    for path, file in files:
        for link in file.links:
            if link.dockerfile == dockerfile and link.stage_index == stage_index:
                yield path, file.text, link.range


class _File:
    """A file of a project, and what all of its builds ask about."""

    def __init__(self, path: Path, text: str, builds: Iterable[DeclaredBuild]) -> None:
        self.text = text
        self.places = FilePlaces(path.name, text)
        self._directory = path.parent
        self._builds = builds

    @cached_property
    def are_below_root(self) -> bool:
        """True if the file is in a directory below the root of its repository."""
        return self._root is not None and self._root != self._directory

    def is_from_root(self, dockerfile: Path) -> bool:
        """True if the Dockerfile of a service exists from the root of the repository, and that of no service from the directory of the file."""
        return dockerfile in self._from_root

    @cached_property
    def _from_root(self) -> frozenset[Path]:
        """The paths of Dockerfiles that `is_from_root` means."""
        directory, root = self._directory, self._root
        own = {it.dockerfile for it in self._builds if it.is_of_service and not it.remote}
        if root is None or any(not it.is_relative_to(directory) or exists(it) for it in own):
            return frozenset()
        return frozenset(it for it in own if exists(root / it.relative_to(directory)))

    @cached_property
    def dockerfiles(self) -> tuple[Path, ...]:
        """The Dockerfiles of the repository; empty outside of a repository, and for a very large one."""
        if self._root is None:
            return ()
        listed: list[Path] = []
        n_entries = 0
        for place, directories, names in walk(self._root):
            depth = len(Path(place).parts) - len(self._root.parts)
            directories[:] = [] if depth >= _DEEPEST else sorted(it for it in directories if it not in _NOT_SEARCHED)
            n_entries += len(names) + len(directories)
            if n_entries > _MOST_ENTRIES:
                return ()
            listed += (Path(place, it) for it in names if is_dockerfile(it))
        return (*listed,)

    def names(self, dockerfile: Path) -> bool:
        """True if a build of the file is one of this Dockerfile."""
        return any(it.dockerfile == dockerfile for it in self._builds)

    @cached_property
    def _root(self) -> Path | None:
        return repository_root(self._directory) or settings_root(self._directory)


class _Reader:
    """Computes the results for one build of a file."""

    def __init__(self, declared: DeclaredBuild, file: _File, settings: Settings) -> None:
        self.declared = declared
        self.own = file.places.of(declared)
        self._file = file
        self.request = request_of(declared, settings)
        dockerfile = read_project_text(declared.dockerfile, MOST_DOCKERFILE_BYTES)
        self.build: Build | None = None if dockerfile is None else _build(dockerfile, self.request)

    @property
    def stage(self) -> Stage | None:
        """The stage that is built; None if no stage has its name."""
        if self.build is None or "target" in self.declared.unknown:
            return None
        wanted = self.declared.target.lower()
        stages = self.build.stages
        named = [it for it in stages if wanted and (it.name == wanted or str(it.idx) == wanted)]
        return named[-1] if named else stages[-1] if stages and not wanted else None

    def problems(self) -> Iterator[Diagnostic]:
        """The problems of the build."""
        yield from self._platforms()
        if self.own.is_parent and not self.declared.is_default:
            # Other targets inherit from it, and set the missing attributes.
            return
        if self.build is None:
            yield from self._missing_dockerfile()
        elif self.stage is None:
            yield from self._missing_stage(self.build)
        else:
            yield from self._foreign_contexts(self.build)

    def _foreign_contexts(self, build: Build) -> Iterator[Diagnostic]:
        """Find images that are built on the image of another target for another architecture."""
        for stage in build.needed_stages:
            if not stage.is_image or stage.from_.platform is not None:
                continue
            wrong: dict[tuple[str, str], list[str]] = {}
            for target, context in stage.foreign_contexts:
                wrong.setdefault((context.value, str(context.built_for)), []).append(str(target))
            for (value, built_for), targets in wrong.items():
                message = _(
                    "`{context}` is built for {platform} only, and the image for {targets} is built on it",
                    context=value,
                    platform=built_for,
                    targets=_(", ").join(targets),
                )
                place = self._file.places.word(self.own.fields.get("contexts", self.own.name), value)
                yield _diagnostic("foreign-context", Severity.ERROR, place, message)

    def _missing_dockerfile(self) -> Iterator[Diagnostic]:
        declared = self.declared
        named = next((it for it in ("dockerfile", "context") if it in self.own.own), None)
        if (named is None and not declared.is_default) or exists(declared.dockerfile):
            return
        if _is_in_empty_directory(declared.dockerfile) or declared.may_be_written:
            # Git keeps no empty directories: this is a submodule that is not checked out here.
            return
        root = repository_root(declared.source.parent)
        if root is not None and not declared.dockerfile.is_relative_to(root):
            # Another repository, which is beside this one where the build runs.
            return
        if root is not None and _is_in_missing_submodule(root, declared.dockerfile):
            return
        if root is not None and is_ignored(declared.dockerfile, root):
            # A program makes it, or it is in another repository, which a script checks out here.
            return
        if _is_of_other_project(declared.source):
            return
        name = declared.dockerfile.name
        place = self.own.name if named is None else self.own.fields.get(named, self.own.name)
        if any(
            "$" in _OF_MATRIX.sub("", self._file.text[slice(*it)])
            for key, it in self.own.fields.items()
            if key in ("context", "dockerfile")
        ):
            # The value of a variable in the path depends on the machine that runs the build.
            return
        if self._may_run_elsewhere():
            return
        listed = (it.name for it in entries_of(declared.dockerfile.parent))
        dockerfiles = (it for it in listed if "dockerfile" in it.lower() or "containerfile" in it.lower())
        close = similar_name(name, [it for it in dockerfiles if self._has_stage(declared.dockerfile.with_name(it))])
        path = _path_from(declared.source, declared.dockerfile)
        elsewhere = None if close is not None else self._elsewhere(declared.dockerfile)
        fixes = self._written(place, name, close)
        if elsewhere is not None:
            close = _path_from(declared.source, elsewhere)
            fixes = self._moved(place, elsewhere) if named == "dockerfile" else ()
        if close is not None:
            message = _("`{path}` does not exist; did you mean `{close}`?", path=path, close=close)
        else:
            message = _("`{path}` does not exist", path=path)
        yield _diagnostic("missing-dockerfile", Severity.WARNING, place, message, fixes)

    def _elsewhere(self, dockerfile: Path) -> Path | None:
        """The only Dockerfile of this name in another directory of the repository, if no build of the file names it.

        For the usual name it has to be the only Dockerfile: many directories may have one.
        """
        name = dockerfile.name.lower()
        candidates = self._file.dockerfiles
        if name not in {"containerfile", "dockerfile"}:
            candidates = tuple(it for it in candidates if it.name.lower() == name)
        (only,) = candidates if len(candidates) == 1 else (None,)
        is_meant = only is not None and only.name.lower() == name and not self._file.names(only)
        return only if only is not None and is_meant and self._has_stage(only) else None

    def _moved(self, place: TextRange, dockerfile: Path) -> tuple[Fix, ...]:
        """The fix that writes the path of another Dockerfile; none if the text at a place is not the path of the one that is built."""
        text = self._file.text[slice(*place)]
        parts = PurePosixPath(text).parts
        missing = self.declared.dockerfile.parts
        if not parts or ".." in parts or missing[-len(parts) :] != parts:
            return ()
        base = Path(*missing[: -len(parts)])
        path = Path(os.path.relpath(dockerfile, base)).as_posix()
        return (Fix(_("Write `{name}`", name=path), (Edit(place, path),), Safety.SUGGESTION),)

    def _may_run_elsewhere(self) -> bool:
        """True if paths of a Bake or Compose file are meant from another directory than that of the file.

        A platform may run Compose with the repository as project directory: then paths of the file exist from there, and
        none from its own directory. A target of Bake without a context takes the directory where people and jobs run Bake.
        """
        declared = self.declared
        if not self._file.are_below_root or _runs_it(declared) != declared.source:
            return False
        if declared.is_of_service:
            return self._file.is_from_root(declared.dockerfile)
        is_bake = declared.source.suffix in (".hcl", ".json")
        return is_bake and "context" not in self.own.fields and "dockerfile" not in self.own.fields

    def _has_stage(self, dockerfile: Path) -> bool:
        """True if a Dockerfile has the stage that is built, as far as both are known."""
        wanted = self.declared.target
        text = read_project_text(dockerfile)
        if not wanted or "target" in self.declared.unknown or text is None:
            return True
        return re.search(rf"(?im)^[ \t]*FROM[ \t].*[ \t]AS[ \t]+{re.escape(wanted)}[ \t]*$", text) is not None

    def _missing_stage(self, build: Build) -> Iterator[Diagnostic]:
        wanted = self.declared.target
        if not wanted or "target" in self.declared.unknown or wanted in dict(self.declared.contexts):
            return
        names = [it.name for it in build.stages if it.name]
        close = _closest(wanted.lower(), names)
        message = _(
            "{file} has no stage `{stage}`, so that the build fails", file=self.declared.dockerfile.name, stage=wanted
        )
        if close is not None:
            message = _("{message}; did you mean `{close}`?", message=message, close=close)
        place = self._file.places.word(self.own.fields.get("target", self.own.name), wanted)
        # The environment may set another name than the default of a variable, and a step may write another Dockerfile.
        written = self._file.text[slice(*place)]
        is_certain = wanted in written and "$" not in written and not self.declared.may_be_written
        severity = Severity.ERROR if is_certain else Severity.WARNING
        yield _diagnostic("missing-stage", severity, place, message, self._written(place, wanted, close))

    def _platforms(self) -> Iterator[Diagnostic]:
        place = self.own.fields.get("platforms", self.own.name)
        for name in self.declared.single_platform_names:
            # The value of a variable depends on the environment.
            problem = "" if name == "local" or "$" in name else _unknown_platform(name)
            if problem:
                word = self._file.places.word(place, name)
                fixes = self._written(word, name, _known_platform(name))
                yield _diagnostic("unknown-platform", Severity.WARNING, word, problem, fixes)

    def _written(self, place: TextRange, name: str, close: str | None) -> tuple[Fix, ...]:
        """The fix that writes a known name; none if the text contains the name elsewhere, as in a variable."""
        start = self._file.text.rfind(name, place.start, place.end)
        if close is None or start < 0:
            return ()
        edit = Edit(TextRange(start, start + len(name)), close)
        return (Fix(_("Write `{name}`", name=close), (edit,), Safety.SUGGESTION),)

    @property
    def emulating(self) -> Build | None:
        """The build if the machine of its job compiles under emulation.

        Emulation that only installs a few packages is not worth another machine.
        """
        build = self.build
        declared = self.declared
        is_job = bool(declared.nodes) and declared.caller is None and declared.source.suffix in (".yml", ".yaml")
        if build is None or self.stage is None or not is_job or build.errors or _is_of_other_project(declared.source):
            return None
        emulated = {target for step in build.emulated_steps for target in step.targets}
        if emulated <= build.impossible_targets:
            # The build stops at an image that does not exist.
            return None
        return build if any(map(_compiles_emulated, build.needed_stages)) else None

    @property
    def runner_place(self) -> TextRange:
        """The range of the machine of the job; without one, the range of the platforms."""
        return self.own.runner or self.own.fields.get("platforms", self.own.name)

    def links(self) -> Iterator[BuildLink]:
        """The ranges that link to the stage that is built."""
        stage = self.stage
        if stage is None:
            return
        alias = stage.from_.alias
        target = stage.from_.keyword_range if alias is None else stage.from_.range_of(alias)
        places = [
            self.own.name,
            *(
                it
                for name, it in self.own.fields.items()
                if name in self.own.own and name not in {"platforms", "contexts"}
            ),
        ]
        for place in dict.fromkeys(places):
            yield BuildLink(place, self.declared.dockerfile, target, stage.idx)


def _lenses(readers: Iterable[_Reader]) -> Iterator[BuildLens]:
    """A lens for each place that declares builds, with the total of several builds at one place."""
    by_place: dict[TextRange, list[_Reader]] = {}
    for it in readers:
        if it.build is not None and it.stage is not None and not it.build.errors:
            by_place.setdefault(it.own.name, []).append(it)
    for place, listed in by_place.items():
        first = listed[0]
        different = {(it.declared.dockerfile, it.request): it for it in listed}
        totals = [build_totals(it.build) for it in different.values() if it.build is not None]
        n_steps, n_emulated = sum(it.n_steps for it in totals), sum(it.n_emulated for it in totals)
        parts = [ngettext("{n} step", "{n} steps", n_steps)]
        if n_emulated:
            parts.append(_("{n} emulated", n=n_emulated))
        if len(different) > 1:
            parts.insert(0, ngettext("{n} build", "{n} builds", len(different)))
        elif first.declared.platform_names:
            parts.insert(0, _(", ").join(map(str, first.request.target_platforms)))
        stage = first.stage
        line = 0 if stage is None else stage.from_.line - 1
        name = f"{first.declared.source.name}:{first.declared.name}"
        yield BuildLens(place, " · ".join(parts), first.declared.dockerfile, line, name)


def _of_jobs(path: Path, projects: Projects) -> Iterator[DeclaredBuild]:
    """The emulated builds of Bake that the jobs of a workflow call, each as if its job declared it; at most `_MOST_CALLED`."""
    emulated = (it for it in projects.called_by(path) if it.is_shown and not it.is_check and it.is_emulated)
    for it in islice(emulated, _MOST_CALLED):
        if it.caller is not None:
            yield replace(it, name=it.caller.name, source=path, line=it.caller.line, caller=None)


def _runs_it(build: DeclaredBuild) -> Path:
    """The file that runs a build: the one that declares it, or the one that calls Bake."""
    return build.source if build.caller is None else build.caller.source


def _is_first(declared: DeclaredBuild, projects: Projects) -> bool:
    """True if the workflow of a build is the one that reports the emulation.

    If several build the Dockerfile for the same platforms, it is that of the build which would be shown.
    """
    if declared.source.parent.name != "workflows":
        return True
    others = [
        it
        for it in projects.declared(declared.dockerfile)
        if it.nodes and _runs_it(it).parent.name == "workflows" and {*it.platforms} == {*declared.platforms}
    ]
    first = choose(others)
    return first is None or _runs_it(first) == declared.source


def _emulating_runners(readers: Iterable[_Reader]) -> Iterator[Diagnostic]:
    """Find the machines of jobs that emulate a compiler.

    All builds of a job on one machine are one finding, and a Dockerfile that several jobs build for the same platforms is reported once.
    """
    by_place: dict[TextRange, dict[tuple[Path, Build], _Reader]] = {}
    first_places: dict[tuple[Path, frozenset[Platform]], TextRange] = {}
    for it in readers:
        build = it.emulating
        key = (it.declared.dockerfile, frozenset(it.declared.platforms))
        if build is not None and first_places.setdefault(key, it.runner_place) == it.runner_place:
            by_place.setdefault(it.runner_place, {})[it.declared.dockerfile, build] = it
    for place, builds in by_place.items():
        totals = [build_totals(build) for _path, build in builds]
        runs = [((path, run.idx), run) for path, build in builds for stage in build.needed_stages for run in stage.runs]
        n_runs = len({key for key, _run in runs})
        n_emulated = len({key for key, run in runs if any(it.is_emulated for it in run.steps)})
        platforms = dict.fromkeys(str(one) for it in totals for one in it.emulated_platforms)
        requests = [it.request for it in builds.values()]
        emulating = [(one, it) for one in requests for it in one.target_platforms if not can_run(one.node(it), it)]
        machines = [one.node(it) for one, it in emulating] or [it.build_platform for it in requests]
        files = joined(dict.fromkeys(_path_from(it.declared.source, it.declared.dockerfile) for it in builds.values()))
        fact = _(
            "{runs} under emulation for {platforms}, several times slower, because this job runs on {machine}",
            runs=_emulated_runs(n_emulated, n_runs, files),
            platforms=joined(platforms),
            machine=joined(dict.fromkeys(map(str, machines))),
        )
        (dockerfile, first), *_others = builds
        line = next((it.from_.line for it in first.needed_stages if _can_cross_compile(it)), None)
        is_one_each = all(it.is_separate for it in requests)
        if len({one for it in requests for one in it.target_platforms}) == 1 or (is_one_each and line is None):
            message = _("{fact}; a runner for {platforms} avoids that", fact=fact, platforms=joined(platforms))
        elif line is None:
            message = _("{fact}; a separate runner for each platform avoids that", fact=fact)
        elif is_one_each:
            message = _(
                "{fact}; use a runner for {platforms}, or compile on the build platform in the stage of line {line} of {file}",
                fact=fact,
                platforms=joined(platforms),
                line=line,
                file=_path_from(builds[dockerfile, first].declared.source, dockerfile),
            )
        else:
            message = _(
                "{fact}; use a separate runner for each platform, or compile on the build platform in the stage of line {line} of {file}",
                fact=fact,
                line=line,
                file=_path_from(builds[dockerfile, first].declared.source, dockerfile),
            )
        yield _diagnostic("emulating-runner", Severity.INFORMATION, place, message)


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


def _is_of_other_project(workflow: Path) -> bool:
    """True if a workflow came with the copy of another project: GitHub runs those at the root of a repository only."""
    directory = workflow.parent
    if directory.parts[-2:] != WORKFLOWS.parts:
        return False
    root = repository_root(directory)
    return root is not None and directory != root / WORKFLOWS


_SUBMODULE: Final = lazy_regex(r"^[ \t]*path[ \t]*=[ \t]*(?P<path>\S+)", re.MULTILINE)


def _is_in_missing_submodule(root: Path, path: Path) -> bool:
    """True if a path is in a submodule that is not checked out here."""
    text = read_project_text(root / ".gitmodules") or ""
    modules = (root / match["path"] for match in _SUBMODULE.finditer(text))
    return any(path.is_relative_to(it) and not exists(it / ".git") for it in modules)


def _is_in_empty_directory(path: Path) -> bool:
    """True if the nearest directory above a path that exists is empty."""
    nearest = next((it for it in path.parents if is_directory(it)), None)
    try:
        return nearest is not None and not list_directory(nearest)
    except ReadError:
        return False


def _path_from(source: Path, path: Path) -> str:
    """A path for messages: relative to the root of the repository if it is below it."""
    is_workflow = source.parent.parts[-2:] == (".github", "workflows")
    root = repository_root(source.parent) or (source.parents[2] if is_workflow else source.parent)
    # Never a path of this machine: it says nothing about the project.
    return path_below(path, root) or Path(os.path.relpath(path, root)).as_posix()


def _closest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name; None if none is similar."""
    matches = get_close_matches(name[:200], known, n=1)
    return matches[0] if matches else None


def _unknown_platform(name: str) -> str:
    """The reason why a name is not a platform; empty for a valid one."""
    try:
        platform = parse_normalized(name)
    except PlatformError as error:
        return str(error)
    return "" if is_known(platform) else unknown_platform(platform)


def _known_platform(name: str) -> str | None:
    """The most similar known platform; None if none is similar."""
    try:
        close = nearest_known(parse_normalized(name))
    except PlatformError:
        return None
    return None if close is None else str(close)


def _diagnostic(
    rule: str, severity: Severity, place: TextRange, message: str, fixes: tuple[Fix, ...] = ()
) -> Diagnostic:
    return ProjectDiagnostic(rule, severity, place, message, fixes, (), is_unnecessary=False)


@cached(64)
def _build(text: str, request: BuildRequest) -> Build:
    builder = Builder(request)
    return builder.build(builder.parse(text))


def analyze_all(
    paths: Mapping[Path, str | None], projects: Projects, settings: Settings
) -> Iterator[tuple[Path, ProjectFile]]:
    """The results for several files; a text that is None is read from disk."""
    for path, given in paths.items():
        text = read_project_text(path) if given is None else given
        if text is not None:
            yield path, look_at(path, text, projects, settings)


def _compiles_emulated(stage: Stage) -> bool:
    return any(step.is_emulated for it in _compiling(stage) for step in it.run.steps)


def _can_cross_compile(stage: Stage) -> bool:
    """True if a stage compiles under emulation what could be compiled for the target platform on the build machine.

    The image itself is for the target, so a stage that becomes the image cannot move.
    """
    if stage.is_image or takes_target_packages(stage):
        return False
    commands = movable(stage, _compiling(stage))
    crossed = [it for it in commands if needs_c(it) or (it.use.must_run_on_target and it.use.toolchain is not GO)]
    if crossed and not is_possible(stage, crossed):
        return False
    if any(it.use.effect is Effect.INSTALL or it.use.toolchain is SCRIPTING for it in commands):
        # Packages with native code are for the machine that installs them.
        commands = [it for it in commands if it.use.effect is Effect.COMPILE and it.use.toolchain is not SCRIPTING]
    return any(step.is_emulated for it in commands for step in it.run.steps)


def _compiling(stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that this build runs and that compile, or install packages where a C compiler is installed for these packages."""
    if names_one_architecture(stage.ancestry[-1]):
        # An image for the build machine runs natively, whatever platform the stage has.
        return []
    commands = [*stage.commands(Effect.COMPILE, Effect.BUNDLE)]
    if installs_c_compiler(stage):
        commands += (it for it in stage.commands(Effect.INSTALL) if it.use.toolchain in _OF_PACKAGES)
    return [it for it in commands if not it.is_skipped]


_OF_PACKAGES: Final = (NODE, SCRIPTING)
"""Toolchains whose packages may be compiled when they are installed."""
