"""The builds that the files of a directory and of a repository ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from os import DirEntry
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import entries_of, exists, is_directory, is_file, is_repository
from buildxray.platforms.machines import Machines
from buildxray.projects.builds import DeclaredBuild, Note, without_repeated
from buildxray.projects.ci import WORKFLOWS, workflow_files
from buildxray.projects.ci.script_files import PACKAGE, may_hold_sources, script_files
from buildxray.projects.ci.site import Reading
from buildxray.projects.default_files import (
    BAKE_FILES,
    COMPOSE_FILES,
    OVERRIDE_NAMES,
    bake_files,
    bake_variants,
    compose_files,
    compose_variants,
)
from buildxray.projects.dev_containers import dev_container_files, read_dev_containers

MOST_DIRECTORIES: Final = 32
"""Limit for the directories from a Dockerfile up to the root of its repository."""
_MOST_ENTRIES: Final = 5_000
_DEEPEST: Final = 3
_MOST_MAKES: Final = 50
_MOST_SUBMITS: Final = 50
"""Calls of Google Cloud Build that are followed."""
SKIPPED: Final = frozenset(
    (
        "node_modules",
        "vendor",
        "third_party",
        "testdata",
        "fixtures",
        "__fixtures__",
        "testfiles",
        "target",
        "dist",
        "_site",
    )
)
"""Names of directories with the code of other projects, with data of tests, or with what a build has written."""
WATCHED: Final = (
    *(f"**/{it}" for it in (*BAKE_FILES, *COMPOSE_FILES, *OVERRIDE_NAMES, ".env")),
    "**/*compose*.{yml,yaml}",
    "**/*bake*.{hcl,json}",
    "**/.github/workflows/*.{yml,yaml}",
)
"""Glob patterns of the files that are read here."""


class DirectoryBuilds(NamedTuple):
    """The builds that the files of a directory ask for."""

    builds: tuple[DeclaredBuild, ...] = ()
    notes: tuple[Note, ...] = ()
    """Parts of the files that cannot be read; paths are absolute."""
    sources: tuple[Path, ...] = ()
    """The Bake or Compose files that were read."""


def read_directory(directory: Path, ancestors: tuple[Path, ...] = (), *, local_platform: str) -> DirectoryBuilds:
    """Read the builds of the Bake, Compose and workflow files of one directory.

    Its Bake files may be meant to be run in one of `ancestors`, the directories above it up to the root of the repository.
    """
    builds: list[DeclaredBuild] = []
    notes: list[Note] = []
    sources: tuple[Path, ...] = ()
    bake = bake_files(directory)
    if bake:
        # Each reader is imported where there is something to read: most Dockerfiles that are opened on their own have nothing beside them.
        from buildxray.projects.bake.reader import bake_builds, best_directory  # noqa: PLC0415

        project = best_directory(directory, ancestors, bake, local_platform=local_platform)
        builds += bake_builds(project)
        sources = project.sources
        notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    elif compose := compose_files(directory):
        from buildxray.projects.compose_builds import read_compose  # noqa: PLC0415

        project, services = read_compose(directory, compose)
        builds += services
        sources = project.sources
        notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    variants = compose_variants(directory)
    if variants:
        from buildxray.projects.compose_builds import read_variants, with_overrides  # noqa: PLC0415

        builds = with_overrides(builds, directory, variants)
        new = read_variants(directory, ancestors, variants, compose_files(directory))
        builds += (it for it in _unknown_yet(new, builds) if it.source not in sources)
    is_in_repository = is_repository((directory, *ancestors)[-1])
    # Outside of a repository the scripts beside a Dockerfile are those of its project.
    is_alone = not is_in_repository and (not ancestors or is_file(directory / "Dockerfile"))
    is_alone = is_alone and directory != directory.parent
    if is_directory(directory / WORKFLOWS) or is_repository(directory) or is_alone:
        automated = read_automation(directory, local_platform=local_platform)
        builds += _unknown_yet(automated.builds, builds)
        notes += automated.notes
    if is_file(directory / PACKAGE):
        from buildxray.projects.ci.package_scripts import read_package_scripts  # noqa: PLC0415

        root = ancestors[-1] if is_in_repository and ancestors else directory
        packaged = read_package_scripts(root, directory, local_platform=local_platform)
        builds += _unknown_yet(packaged.builds, builds)
        notes += packaged.notes
    presumed = bake_variants(directory)
    if presumed:
        from buildxray.projects.bake.reader import presumed_builds  # noqa: PLC0415

        new = presumed_builds(directory, ancestors, presumed, bake, local_platform=local_platform)
        builds += _unknown_yet(new, builds)
    return DirectoryBuilds((*builds,), (*notes,), sources)


def _unknown_yet(read: Iterable[DeclaredBuild], known: Iterable[DeclaredBuild]) -> list[DeclaredBuild]:
    """The builds that are not among those that are known, without duplicates. A target of Bake and a call that builds it are two."""
    keys = {(it.name, it.source, it.caller is None, it.key) for it in known if not it.is_passed_on}
    return [it for it in _distinct([*read]) if (it.name, it.source, it.caller is None, it.key) not in keys]


def read_automation(root: Path, *, local_platform: str) -> DirectoryBuilds:
    """Read the builds that the workflows, scripts and Makefiles of a repository start, given its root."""
    containers = dev_container_files(root)
    if not workflow_files(root) and not containers and next(script_files(root), None) is None:
        return DirectoryBuilds()
    from buildxray.projects.ci.makefiles import find_makefile, makefile_site, read_makefile  # noqa: PLC0415
    from buildxray.projects.ci.scripts import read_scripts  # noqa: PLC0415
    from buildxray.projects.ci.workflows import read_workflows  # noqa: PLC0415

    reading = read_workflows(root, local_platform=local_platform)
    scripts = read_scripts(root, local_platform=local_platform)
    reading.builds += scripts.builds
    reading.notes += scripts.notes
    services, notes = read_dev_containers(containers, root)
    reading.builds += services
    reading.notes += notes
    reading.makes += scripts.makes
    reading.submits += scripts.submits
    _read_submitted(reading, root, local_platform)
    followed = set[object]()
    # A recipe that runs `make` adds further calls.
    for call in reading.makes:
        if len(followed) >= _MOST_MAKES:
            break
        path = find_makefile(call.directory)
        key = (path, call.goals, *sorted(call.variables.items()), call.machines)
        is_read = path in scripts.makefiles and not call.variables and call.machines == Machines()
        if path is None or key in followed or is_read:
            continue
        followed.add(key)
        site = makefile_site(root, call.directory, local_platform)._replace(machines=call.machines, step=call.step)
        read_makefile(path, site, reading, call.goals, call.variables, is_called=True)
    _read_submitted(reading, root, local_platform)
    return DirectoryBuilds((*_distinct(reading.builds),), (*dict.fromkeys(reading.notes),))


def _read_submitted(reading: Reading, root: Path, local_platform: str) -> None:
    """Effect: read the files of Google Cloud Build that commands submit, with what these give, in place of how they are read on their own."""
    from buildxray.projects.ci.yaml_pipelines import read_submitted  # noqa: PLC0415 - few repositories have such files

    if not reading.submits:
        return
    calls = [*dict.fromkeys(reading.submits)][:_MOST_SUBMITS]
    before = reading.builds
    reading.builds, reading.submits = [], []
    for it in calls:
        read_submitted(it, root, reading, local_platform=local_platform)
    read = {it.source for it in reading.builds}
    kept = (it for it in before if it.source not in read or it.step is not None)
    reading.builds = [*kept, *reading.builds]


def _distinct(builds: list[DeclaredBuild]) -> Iterator[DeclaredBuild]:
    """The builds without duplicates. A build with unknown fields is left out if the same line, or the same call of Bake, also declares one without.

    Of the jobs of a matrix, one machine that lasts is enough for cache mounts that are not empty.
    """
    known = {_place(it) for it in builds if not it.unknown}
    lasting = {_place(it) for it in builds if not it.is_on_fresh_machine}
    seen: set[object] = set()
    for build in builds:
        if build.is_on_fresh_machine and _place(build) in lasting:
            build = replace(build, is_on_fresh_machine=False)  # noqa: PLW2901 - the same build
        key = (build.source, build.name, build.is_of_buildah, build.key)
        if key not in seen and not (build.unknown and _place(build) in known):
            seen.add(key)
            yield build


def _place(build: DeclaredBuild) -> object:
    """The line that declares a build, with the one that calls Bake; of a pipeline the job too, because several may extend one that has the line."""
    called = build.caller
    is_of_pipeline = build.source.suffix in {".yml", ".yaml"} and build.source.parent.name != "workflows"
    name = build.name if is_of_pipeline else ""
    return (build.source, build.line, name, build.dockerfile, None if called is None else (called.source, called.line))


def read_project(root: Path, *, local_platform: str) -> DirectoryBuilds:
    """Read the builds of a directory and of the directories below it; a Compose file that another one includes is read once."""
    return all_builds(
        root, lambda it: read_directory(it, directories_above(it / "Dockerfile")[1:], local_platform=local_platform)
    )


def all_builds(root: Path, read_one: Callable[[Path], DirectoryBuilds]) -> DirectoryBuilds:
    """The builds of `read_project`, where `read_one` gives those of one directory."""
    builds: dict[object, DeclaredBuild] = {}
    notes: list[Note] = []
    included: set[Path] = set()
    for directory in project_directories(root, with_nested=True):
        read = read_one(directory)
        if not included.isdisjoint({directory / it for it in COMPOSE_FILES if is_file(directory / it)}):
            continue
        included.update(read.sources)
        for it in read.builds:
            # A command at the root may name a Compose file that is also read in its own directory.
            builds.setdefault((it.name, it.source, it.line, it.is_template, it.key), it)
        notes += read.notes
    shown = (it for it in builds.values() if not it.remote.startswith("git@"))
    return DirectoryBuilds(without_repeated(shown), (*notes,))


def has_project_files(directory: Path, entries: Sequence[DirEntry[str]] | None = None) -> bool:
    """True if `read_directory` reads files of this directory; `entries` are those of the directory if they are known."""
    names = (*BAKE_FILES, *COMPOSE_FILES)
    if any(is_file(directory / it) for it in names) or is_directory(directory / WORKFLOWS):
        return True
    return bool(compose_variants(directory, entries) or bake_variants(directory, entries))


def directories_above(path: Path) -> tuple[Path, ...]:
    """The directory of a file and those above it, nearest first, up to the root of the repository."""
    directories: list[Path] = []
    for directory in path.parents[:MOST_DIRECTORIES]:
        directories.append(directory)
        if is_repository(directory):
            break
    return (*directories,)


def project_directories(root: Path, *, with_nested: bool = False) -> Iterator[Path]:
    """Yield the root, whose scripts may build too, and the directories below it of which `read_directory` reads files.

    The nearest come first. `with_nested` adds the other projects below the root, whose scripts may build too: repositories, and
    the directories of Dockerfiles with a `package.json` or, if the root is in no repository, all directories of Dockerfiles.
    """
    is_in_repository = is_repository(directories_above(root / "Dockerfile")[-1])
    pending = [(root, 0)]
    n_entries = 0
    while pending:
        directory, depth = pending.pop(0)
        is_nested = with_nested and (
            is_repository(directory)
            or (exists(directory / "Dockerfile") and (not is_in_repository or is_file(directory / PACKAGE)))
        )
        entries = entries_of(directory)
        if directory == root or is_nested or has_project_files(directory, entries):
            yield directory
        try:
            listed = [it.name for it in entries if it.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        n_entries += len(listed) + 1
        if depth < _DEEPEST and n_entries < _MOST_ENTRIES:
            pending += ((directory / it, depth + 1) for it in listed if it not in SKIPPED and may_hold_sources(it))
