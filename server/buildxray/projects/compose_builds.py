"""The builds of Compose files without a Bake file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, is_file, read_project_text
from buildxray.platforms.aliases import architectures_of_path
from buildxray.projects.bake.reader import BakeProject, bake_builds, best_placed
from buildxray.projects.bake.targets import Definition
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.compose import Documents, add_services, overridden_services
from buildxray.syntax.lazy_regex import lazy_regex

_BUILD: Final = lazy_regex(r"^[ \t]+[\"']?build[\"']?[ \t]*:|[{,][ \t]*build[ \t]*:", re.MULTILINE)
_MOST_CHARACTERS: Final = 60_000
"""Code points of all variants of a directory; more take a second to read."""


def read_compose(
    directory: Path, names: Iterable[str], known: Documents | None = None
) -> tuple[BakeProject, tuple[DeclaredBuild, ...]]:
    """Read the builds of Compose files, as `docker compose build` builds them; `known` keeps the documents of one directory."""
    project = _project(directory, names, known)
    return project, (*map(_where_it_runs, bake_builds(project)),)


def with_overrides(builds: Iterable[DeclaredBuild], directory: Path, names: Sequence[str]) -> list[DeclaredBuild]:
    """The builds of a directory; a service without its Dockerfile is marked if one of these files may give it another, or an image."""
    builds = [*builds]
    if not names or not any(it.is_of_service and not it.remote and not exists(it.dockerfile) for it in builds):
        return builds
    overridden = overridden_services(directory, names)
    return [replace(it, is_overridden=True) if it.is_of_service and it.name in overridden else it for it in builds]


def _where_it_runs(build: DeclaredBuild) -> DeclaredBuild:
    """The build of a service, on a machine of unknown platform if its file is named after its one platform.

    `docker-compose.arm.yml` starts the services, on a machine of that architecture, that it builds.
    """
    architectures = {it.architecture for it in build.platforms}
    is_named = len(architectures) == 1 and architectures <= architectures_of_path(build.source.name)
    return replace(build, unknown=build.unknown | {"nodes"}) if is_named and build.is_of_service else build


def _project(directory: Path, names: Iterable[str], known: Documents | None) -> BakeProject:
    definition = Definition()
    notes, sources = add_services(definition, directory, names, known)
    return BakeProject(definition, directory, (*dict.fromkeys(notes),), sources, directory)


def read_variants(
    directory: Path, ancestors: Sequence[Path], names: Iterable[str], usual: Sequence[str]
) -> Iterator[DeclaredBuild]:
    """The builds of Compose files that are read only if a command names them, such as `docker-compose.prod.yml`.

    A variant is complete, or is read after `usual`, the files that Compose reads without names. Only the command tells which: a
    service without a `context` of its own is completed by the usual files, and where both readings of another service differ,
    the field is unknown. Like a Bake file, a variant may be meant for one of the `ancestors` of the directory.
    """
    known: Documents = {}
    n_left = _MOST_CHARACTERS
    for name in names:
        text = read_project_text(directory / name)
        if text is None or _BUILD.search(text) is None:
            continue
        n_left -= len(text)
        if n_left < 0:
            return
        alone = best_placed(_project(directory, [name], known), ancestors)
        own = {it.name: it for it in bake_builds(alone)}
        has_context = {it for it in own if "context" in alone.definition.targets[it].fields}
        together = best_placed(_project(directory, [*usual, name], known), ancestors) if usual and own else None
        completed = {it.name: it for it in bake_builds(together)} if together is not None else {}
        for service, build in own.items():
            read = _chosen(build, completed.get(service), is_complete=service in has_context)
            yield replace(
                _where_it_runs(read),
                name=build.name,
                source=build.source,
                line=build.line,
                origin=build.origin,
                is_default=False,
            )


def _chosen(alone: DeclaredBuild, completed: DeclaredBuild | None, *, is_complete: bool) -> DeclaredBuild:
    """One build for the two readings of a service."""
    if completed is None or completed.key == alone.key:
        return alone
    if not is_complete or (not is_file(alone.dockerfile) and is_file(completed.dockerfile)):
        return completed
    differing = {
        "platforms": alone.platform_names != completed.platform_names,
        # Of two Dockerfiles that exist, one may lack the stage.
        "target": alone.target != completed.target or (alone.target and alone.dockerfile != completed.dockerfile),
        "contexts": alone.contexts != completed.contexts,
        "args": alone.arguments != completed.arguments or alone.unknown_arguments != completed.unknown_arguments,
    }
    names = {it for it, _value in {*alone.arguments} ^ {*completed.arguments}}
    return replace(
        alone,
        target="" if differing["target"] else alone.target,
        arguments=tuple(it for it in alone.arguments if it[0] not in names),
        unknown_arguments=(*sorted({*names, *alone.unknown_arguments, *completed.unknown_arguments}),),
        unknown=alone.unknown | completed.unknown | {key for key, differs in differing.items() if differs},
    )
