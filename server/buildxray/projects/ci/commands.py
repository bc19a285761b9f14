"""The builds that the commands of a shell script start: `docker buildx build`, `docker buildx bake`, `docker compose build`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, is_file, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.platforms.machines import NATIVE, Machines, is_chosen
from buildxray.platforms.platform import Platform
from buildxray.projects.bake.reader import bake_builds, load_bake, read_overrides
from buildxray.projects.builds import (
    Caller,
    DeclaredBuild,
    Note,
    existing_dockerfile,
    is_remote,
    on_machines,
    pairs,
    platform_names,
    read_platform_list,
)
from buildxray.projects.ci.command_lines import (
    PROGRAMS,
    Call,
    CommandLine,
    Options,
    builds_images,
    has_unknown_part,
    is_check,
    read_build_options,
    read_command_line,
    read_compose_options,
    read_make_options,
    read_script_call,
    read_submit_options,
    words_of_buildctl,
    words_of_kaniko,
)
from buildxray.projects.ci.hand_overs import written_dockerfiles
from buildxray.projects.ci.shell import OTHER_MACHINE, Shell, StartedCommand, parse_script
from buildxray.projects.ci.site import WORKSPACE, MakeCall, Reading, Site, SubmitCall, in_checkout, project_path
from buildxray.projects.compose_builds import read_compose
from buildxray.projects.default_files import bake_files, compose_files
from buildxray.projects.hcl import values as hcl
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import LineIndex

_BUILDS_SOMETHING: Final = lazy_regex(rf"{PROGRAMS}|buildx|make|executor|\$\{{?\w*(?:DOCKER|PODMAN|CONTAINER|OCI)")
_OWN_BUILDERS: Final = frozenset(("default", "desktop-linux", "orbstack", "colima"))
"""Builders that Docker makes itself, on its own machine."""
_CLOUD: Final = lazy_regex(r"cloud-[^-]+-[^-]")
_MAKES_BY_VARIABLE: Final = lazy_regex(r"\bbuildx[ \t]+create\b[^\n]*--name[ \t=]+[\"']?\$")
"""A command that makes a builder whose name is in a variable."""
_MOST_DEPTH: Final = 4
"""Nesting depth of scripts that call other scripts."""
_MOST_TARGETS: Final = 2_000
"""Targets of all calls of Bake in one repository; a call counts for ten targets more."""
_MOST_CALLS: Final = 300
"""Calls of scripts in one repository; the builds of later ones are not found, and a note says so."""


def read_commands(script: str, site: Site, reading: Reading) -> None:
    """Effect: add the builds of a script."""
    if not _may_build(script, reading) or _is_exhausted(site, reading):
        return
    read = parse_script(script)
    if read is None:
        return
    machines = site.machines
    n_before = len(reading.builds)
    lines = LineIndex.of(script) if site.is_whole_file or site.line_numbers else None
    for started in Shell(site, read).started(reading.spend):
        line = read_command_line(started.words)
        if line is None:
            continue
        if line.call is Call.CREATE:
            machines = _with_builder(machines, line.words)
            for name in Options.of(line.words).known("--name")[-1:]:
                reading.builders[name, site.machines] = machines
        elif line.call is Call.USE:
            names = Options.of(line.words).operands
            machines = machines_of_builder(names[-1] if names else "", machines, site, reading)
        else:
            place = site if lines is None else site._replace(line=_line(site, lines.line_of(started.start)))
            own = _on_its_machine(machines, started.machines)
            if own is not None:
                _Starter(place, reading, own, started).start(line)
    if len(reading.builds) > n_before:
        written = {path for path, original in written_dockerfiles(script, site).items() if original is None}
        reading.builds[n_before:] = [
            replace(it, may_be_written=True) if it.dockerfile in written else it for it in reading.builds[n_before:]
        ]
    _is_exhausted(site, reading)


def _line(site: Site, idx: int) -> int:
    """The 1-based line in the file of a script of the 0-based line `idx` of its text."""
    numbers = site.line_numbers
    return numbers[min(idx, len(numbers) - 1)] if numbers else idx + 1


def _on_its_machine(machines: Machines, architectures: frozenset[str]) -> Machines | None:
    """The machines of a command that runs on machines of some architectures only; None if the known machine is another one."""
    if not architectures or machines.is_unknown or machines.names_several:
        return machines
    if machines.own is not None:
        return machines if not architectures.isdisjoint((machines.own.architecture, OTHER_MACHINE)) else None
    named = architectures - {OTHER_MACHINE}
    if len(named) != 1:
        return machines
    # In the branch for all other machines, a build for a platform that this one does not run is for one of those.
    return machines._replace(own=Platform("linux", next(iter(named))), cannot_emulate=OTHER_MACHINE in architectures)


def _may_build(script: str, reading: Reading) -> bool:
    """True if the text of a script names a program that may build, or another script of the repository."""
    return _BUILDS_SOMETHING.search(script) is not None or reading.scripts.may_be_started_in(script)


def _is_exhausted(site: Site, reading: Reading) -> bool:
    """True if no more work may be spent on commands. Effect: add a note, if that is first known at this script."""
    if reading.work_left >= 0:
        return False
    if not reading.is_exhausted:
        reading.is_exhausted = True
        message = _("not read from here on: the scripts of this repository have too many commands")
        reading.notes.append(Note(str(site.source), site.line, message, is_limit=True))
    return True


def _with_builder(machines: Machines, words: list[str]) -> Machines:
    """The machines after a call of `docker buildx create`: with `--append --platform linux/arm64 HOST` there is one more."""
    options = Options.of(words)
    platforms = read_platform_list(options.all("--platform"))
    if "--append" in options.flags:
        is_unknown = machines.is_unknown or (not platforms and machines.own is not None)
        may_be_several = machines.may_be_several or not platforms
        return machines._replace(
            others=(*machines.others, *platforms), is_unknown=is_unknown, may_be_several=may_be_several
        )
    driver = options.last("--driver") or ""
    if driver in {"remote", "kubernetes"}:
        return Machines(platforms[0], platforms[1:]) if platforms else Machines(is_unknown=True)
    return NATIVE if driver == "cloud" else machines


def machines_of_builder(name: str, machines: Machines, site: Site, reading: Reading) -> Machines:
    """The machines of a builder by its name, where `machines` are those of the builder that was chosen before.

    A builder whose name no command or step in the same file has was made elsewhere, perhaps with machines of several
    platforms. Source: docs.docker.com, "Docker Build Cloud": the name of a cloud builder is `cloud-ORG-NAME`.
    """
    if not name or name in _OWN_BUILDERS or has_unknown_part(name):
        return machines
    if (name, site.machines) in reading.builders:
        return reading.builders[name, site.machines]
    if _CLOUD.match(name) is not None:
        return NATIVE
    naming = re.compile(rf"""\bname[ =:]+["']?{re.escape(name)}(?![\w.-])""")
    text = read_project_text(site.source)
    is_made_here = text is not None and (naming.search(text) is not None or _MAKES_BY_VARIABLE.search(text) is not None)
    return machines if is_made_here else Machines(is_unknown=True, may_be_several=True)


def _is_chosen(machines: Machines) -> bool:
    """True if a job runs on one machine, which people choose to build for its own platform."""
    own = machines.own
    return own is not None and not machines.others and not machines.is_unknown and is_chosen(own)


class _Starter:
    """Adds the builds that one command starts."""

    def __init__(self, site: Site, reading: Reading, machines: Machines, started: StartedCommand) -> None:
        self._site = site
        self._reading = reading
        self._machines = machines
        self._directory = started.directory
        self._is_placed = started.is_placed
        self._is_of_listed = started.is_of_listed
        self._environment = started.environment

    def start(self, line: CommandLine) -> None:
        """Effect: add the builds, or the call of `make`, that a command line asks for."""
        machines = NATIVE if line.is_remote else self._machines
        named = [*Options.of(line.before).all("--builder"), *Options.of(line.words).all("--builder")]
        builder = named[-1] if named else self._environment.get("BUILDX_BUILDER", "")
        if line.call in {Call.BUILD, Call.BAKE, Call.COMPOSE}:
            machines = machines_of_builder(builder, machines, self._site, self._reading)
        match line.call:
            case Call.BUILD:
                is_legacy = line.may_be_legacy and self._environment.get("DOCKER_BUILDKIT") == "0"
                self._build(line.words, machines, looks_in_context=line.looks_in_context, is_legacy=is_legacy)
            case Call.BUILDCTL:
                words = words_of_buildctl(line.words)
                if words is not None:
                    self._build(
                        words,
                        Machines(is_unknown=True) if any(it.startswith("--addr") for it in line.before) else machines,
                    )
            case Call.KANIKO:
                self._build(words_of_kaniko(line.words), machines)
            case Call.BAKE | Call.COMPOSE if not builds_images(line.words):
                return
            case Call.BAKE:
                self._bake(line.words, machines)
            case Call.COMPOSE:
                self._compose(line.before, machines, ignores_cache="--no-cache" in line.words)
            case Call.MAKE:
                self._make(line.words)
            case Call.SUBMIT:
                self._submit(line.words)
            case _:
                self._script(line.words)

    def _path(self, path: str) -> Path | None:
        """The path in the project of a path in the command; None for an unknown path and for another project."""
        return None if has_unknown_part(path) else self._site.resolve(in_checkout(self._directory, path))

    def _build(
        self, words: list[str], machines: Machines, *, looks_in_context: bool = False, is_legacy: bool = False
    ) -> None:
        options = read_build_options(words)
        context, file, environment = options.context, options.file, self._environment
        # Podman and Buildah take the working directory.
        is_usage = options.lacks_context and not looks_in_context and not self._site.may_be_cut
        if is_usage or is_remote(context) or file == "-" or (context.startswith("$") and file is None):
            return
        directory = self._path(context)
        usual = None if directory is None else _usual_file(directory, of_podman=looks_in_context)
        path = self._path(file) if file is not None else usual
        if file is not None and directory is not None and not posixpath.isabs(file):
            inside = project_path(directory, file)
            is_lost = looks_in_context and (path is None or not exists(path))
            # A script that computes the path of its context may be started anywhere, mostly there.
            is_elsewhere = self._site.is_presumed and not self._is_placed and posixpath.isabs(context)
            if (is_lost or is_elsewhere) and inside is not None and is_file(inside):
                path = inside
        if path is None or (self._is_of_listed and not exists(existing_dockerfile(path))):
            return
        arguments = {
            name: environment[name] if value is None else value
            for name, value in options.arguments
            if value is not None or name in environment
        }
        # A variable without a value here may be set where the script runs.
        exported = {name for name, value in options.arguments if value is None and name not in environment}
        build = DeclaredBuild(
            name=self._site.name,
            source=self._site.source,
            line=self._site.line,
            dockerfile=existing_dockerfile(path),
            context=directory or path.parent,
            platform_names=platform_names(options.platforms),
            target=options.target,
            image_names=(*options.image_names,),
            arguments=pairs(arguments),
            unknown_arguments=(*sorted({*options.unknown_arguments, *exported}),),
            contexts=pairs(dict(options.contexts)),
            origin=self._site.origin,
            pushes=options.pushes,
            makes_files=options.makes_files,
            ignores_cache=options.ignores_cache,
            caches=options.caches,
            is_check=options.is_check,
            is_of_buildah=looks_in_context,
            is_legacy=is_legacy,
            unknown=options.unknown if directory is not None else options.unknown | {"context"},
        )
        if options.may_name_platforms and _is_chosen(machines):
            build = replace(build, platform_names=(str(machines.own),), unknown=build.unknown - {"platforms"})
        self._reading.builds.append(replace(on_machines(build, machines), step=self._site.step))

    def _bake(self, words: list[str], machines: Machines) -> None:
        options = Options.of(words)
        directory = self._path(".")
        if directory is None or any(map(is_remote, options.operands)):
            return
        add_bake(
            self._site,
            self._reading,
            directory,
            files=options.known("--file"),
            targets=[it for it in options.operands if not has_unknown_part(it)],
            is_complete=not any(map(has_unknown_part, options.operands)),
            overrides=options.all("--set"),
            environment=self._environment,
            machines=machines,
            pushes="--push" in options.flags,
            ignores_cache="--no-cache" in options.flags,
            is_check=is_check(options),
        )

    def _compose(self, before: list[str], machines: Machines, *, ignores_cache: bool) -> None:
        options = read_compose_options(before, self._environment)
        directory = self._path(options.directory)
        files = [self._path(it) for it in options.files]
        if directory is None or None in files or any(map(is_remote, options.files)):
            return
        names = [str(it) for it in files] or compose_files(directory)
        project, builds = read_compose(directory, names)
        self._reading.notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
        self._reading.builds += (
            replace(on_machines(it, machines), ignores_cache=it.ignores_cache or ignores_cache)
            for it in builds
            if files or it.is_default
        )

    def _make(self, words: list[str]) -> None:
        options = read_make_options(words)
        path = self._path(options.directory)
        if path is not None:
            inherited = {name: it for name, it in self._environment.items() if "$" not in it}
            variables = {**inherited, **options.variables}
            self._reading.makes.append(MakeCall(path, options.goals, variables, self._machines, self._step))

    def _submit(self, words: list[str]) -> None:
        """Effect: note a build by Google Cloud Build whose file exists."""
        options = read_submit_options(words)
        config = None if options is None else self._path(options.config)
        directory = None if options is None or not options.source else self._path(options.source)
        if options is not None and config is not None and directory is not None and is_file(config):
            substitutions = (*sorted(options.substitutions.items()),)
            self._reading.submits.append(SubmitCall(config, directory, substitutions, options.has_others, self._step))

    def _script(self, words: list[str]) -> None:
        """Effect: add the builds of a script of the project that a command runs."""
        called = read_script_call(words)
        path = None if called is None or self._site.depth >= _MOST_DEPTH else self._path(called.path)
        reading = self._reading
        text = None if called is None or path is None else reading.scripts.text(path, is_operand=called.is_operand)
        if called is None or path is None or text is None or not _may_build(text, reading):
            return
        arguments = self._site.arguments if called.keeps_arguments else called.arguments
        key = (path, self._directory, self._site.name, self._machines, arguments, *sorted(self._environment.items()))
        if key in reading.followed:
            return
        if len(reading.followed) >= _MOST_CALLS:
            if not reading.is_cut:
                reading.is_cut = True
                message = _("not read from here on: the scripts of this repository are called too often")
                reading.notes.append(Note(str(self._site.source), self._site.line, message, is_limit=True))
            return
        reading.followed.add(key)
        site = self._site._replace(
            environment=self._environment,
            directory=self._directory,
            source=path,
            line=1,
            script=(self._site.script or self._site.source) if called.is_sourced else None,
            is_presumed=self._site.is_presumed and not self._is_placed,
            is_whole_file=True,
            line_numbers=(),
            may_be_cut=False,
            depth=self._site.depth + 1,
            arguments=arguments,
            certain=None,
            step=self._step,
        )
        read_commands(text, site, reading)

    @property
    def _step(self) -> Caller:
        """The first of the calls that lead to a command of the script."""
        return self._site.step or Caller(self._site.source, self._site.line, self._site.name)


def add_bake(
    site: Site,
    reading: Reading,
    directory: Path,
    *,
    files: list[str],
    targets: list[str] | None,
    overrides: list[str],
    environment: Mapping[str, str | hcl.Unknown],
    machines: Machines,
    pushes: bool,
    ignores_cache: bool = False,
    is_check: bool = False,
    is_for_each_platform: bool = False,
    is_complete: bool = True,
) -> None:
    """Effect: add the builds of a call of Bake in a directory; if `targets` is None, one of all targets is built.

    `overrides` are the values of `--set`; a field that one of them sets to an unknown value is unknown.
    `is_for_each_platform` is True if each job of a matrix builds one platform, whose name only a run knows. `is_complete` is False if
    the call may have further targets, which only a run knows.
    """
    # Scripts name files by absolute paths in the workspace, and a Bake file may take the paths of its Dockerfiles from their variables.
    root = str(site.root)
    names = [it.removeprefix("cwd://").replace(WORKSPACE, root) for it in files if not is_remote(it)]
    names = names or [*bake_files(directory)]
    if not names:
        return
    environment = {name: it.replace(WORKSPACE, root) if isinstance(it, str) else it for name, it in environment.items()}
    key = (directory, *names, *sorted((name, str(value)) for name, value in environment.items()))
    project = reading.bakes.get(key)
    if project is None:
        if sum(len(it.definition.targets) + 10 for it in reading.bakes.values()) > _MOST_TARGETS:
            reading.notes.append(
                Note(str(site.source), site.line, _("not read: there are too many calls of Bake"), is_limit=True)
            )
            return
        project = load_bake(directory, names, local_platform=site.local_platform, environment=environment)
        reading.bakes[key] = project
    reading.notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    names = project.definition.run() if targets is None else targets or ["default"]
    known = [
        it
        for it in read_overrides([it.replace(WORKSPACE, root) for it in overrides])
        if not has_unknown_part(f"{it.pattern}.{it.key}")
    ]
    known = [
        it._replace(value=hcl.UNKNOWN) if isinstance(it.value, str) and has_unknown_part(it.value) else it
        for it in known
    ]
    for build in bake_builds(project, names=names, overrides=known):
        if build.is_default:
            caller = Caller(site.source, site.line, site.name, is_complete and targets is not None)
            added = replace(
                on_machines(build, machines), pushes=pushes, is_default=False, caller=caller, step=site.step
            )
            if ignores_cache or is_check:
                added = replace(added, ignores_cache=added.ignores_cache or ignores_cache, is_check=is_check)
            if is_for_each_platform:
                added = replace(added, is_separate=True, unknown=added.unknown | {"platforms"})
            reading.builds.append(added)


def _usual_file(directory: Path, *, of_podman: bool) -> Path:
    """The file that a build without an option takes from its context. Source: github.com/containers/buildah, docs/buildah-build.1.md, `--file`."""
    own = directory / "Containerfile"
    return own if of_podman and is_file(own) else directory / "Dockerfile"
