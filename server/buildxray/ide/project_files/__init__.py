"""Editor features in Bake files, Compose files and workflows: diagnostics, lenses with costs, and links to stages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text, repository_root
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project import Projects
from buildxray.ide.project_files.base import diagnostic, is_of_other_project
from buildxray.ide.project_files.build_entry import BuildEntry, BuildLink, DeclaringFile
from buildxray.ide.project_files.emulating_runners import FirstWorkflows, emulating_runners, of_jobs
from buildxray.ide.project_files.lenses import BuildLens, lenses_of
from buildxray.ide.project_files.missing_dockerfile import (
    findings_of,
    missing_dockerfile,
    missing_in_script,
    missing_through_inputs,
)
from buildxray.ide.project_files.overwritten_tags import overwritten_tags
from buildxray.ide.project_files.platform_arguments import platform_arguments
from buildxray.ide.project_files.problems import problems
from buildxray.ide.project_files.undeclared_arguments import undeclared_arguments
from buildxray.ide.project_files.wrong_context import wrong_context
from buildxray.ide.script_diagnostics import builds_without_dockerfile, is_script, missing_dockerfiles
from buildxray.ide.settings import Settings
from buildxray.localization import localized
from buildxray.projects.default_files import BAKE_FILES, COMPOSE_FILES, OVERRIDE_NAMES
from buildxray.projects.submodules import is_in_missing_submodule
from buildxray.records import dataclass
from buildxray.rules.base import Severity
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Workspace

_NAMES: Final = frozenset((*BAKE_FILES, *COMPOSE_FILES, *OVERRIDE_NAMES))
_NAME: Final = lazy_regex(
    r"(?:.*[._-])?bake(?:[._-].*)?\.(?:hcl|json)|(?:docker-)?compose(?:[._-].*)?\.ya?ml", re.IGNORECASE
)


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


def look_at(
    path: Path, text: str, projects: Projects, settings: Settings, *, has_views: bool = True, has_limits: bool = True
) -> ProjectFile:
    """The results for a file with this text; `projects` has already read its builds.

    Without views, it has no lenses and links; without limits, no notes on parts that are right and not read.
    """
    if is_script(path):
        return _script(path, text, projects, settings)
    builds = [it for it in projects.declared_in(path) if it.is_shown and not it.is_check]
    notes = [it for it in projects.notes_of(path) if has_limits or not it.is_limit]
    called = [*of_jobs(path, projects)]
    passed = [it for it in projects.passed_on_by(path) if it.is_shown and not it.is_check]
    if not builds and not notes and not called and not passed:
        return ProjectFile(text)

    def facts(dockerfile: Path) -> Workspace:
        return projects.build(dockerfile, settings).with_facts(projects.workspace(dockerfile.parent))

    file = DeclaringFile(path, text, builds, facts)
    merged = settings.over(projects.configuration(path.parent).settings)
    entries = [BuildEntry(it, file, merged) for it in builds]
    called_entries = [BuildEntry(it, file, merged) for it in called]
    firsts = FirstWorkflows(projects)
    unread = (
        diagnostic("unread-build", Severity.INFORMATION, file.places.line(it.line), localized(it.message))
        for it in notes
    )
    diagnostics = [
        *unread,
        *(problem for it in entries for problem in problems(it)),
        *findings_of(
            path,
            text,
            (*filter(None, map(missing_dockerfile, entries)), *missing_through_inputs(file, passed)),
        ),
        *filter(None, (wrong_context(it, projects.builds_of) for it in entries)),
        *undeclared_arguments(entries),
        *platform_arguments(entries),
        *overwritten_tags(file, entries),
        *emulating_runners(it for it in (*entries, *called_entries) if firsts.has(it.declared)),
    ]
    unique = {(it.rule, it.range, it.message): it for it in diagnostics if merged.shows(it.rule)}
    return ProjectFile(
        text,
        tuple(sorted(unique.values(), key=lambda it: (it.range, it.rule))),
        (*lenses_of(entries),) if has_views else (),
        tuple(dict.fromkeys(link for it in entries for link in it.links())) if has_views else (),
    )


def analyze_all(
    paths: Mapping[Path, str | None],
    projects: Projects,
    settings: Settings,
    *,
    has_views: bool = True,
    has_limits: bool = True,
) -> Iterator[tuple[Path, ProjectFile]]:
    """The results for several files, as of `look_at`; a text that is None is read from disk."""
    for path, given in paths.items():
        text = read_project_text(path) if given is None else given
        if text is not None:
            yield path, look_at(path, text, projects, settings, has_views=has_views, has_limits=has_limits)


def references_to(
    dockerfile: Path, stage_index: int, files: Iterable[tuple[Path, ProjectFile]]
) -> Iterator[tuple[Path, str, TextRange]]:
    """The places in files of the project that build a stage of a Dockerfile: the file, its text, the place."""
    for path, file in files:
        for link in file.links:
            if link.dockerfile == dockerfile and link.stage_index == stage_index:
                yield path, file.text, link.range


def _script(path: Path, text: str, projects: Projects, settings: Settings) -> ProjectFile:
    """The results for a script: the Dockerfiles that it names and that do not exist, and the arguments of its builds."""
    root = repository_root(path.parent)
    merged = settings.over(projects.configuration(path.parent).settings)
    if root is None or is_of_other_project(path):
        return ProjectFile(text)
    builds = projects.declared_in(path)
    listed = (
        (*missing_dockerfiles(path, text, builds, root), *builds_without_dockerfile(path, text, builds, root))
        if merged.shows("missing-dockerfile")
        else ()
    )
    places = {it: dockerfile for it, dockerfile in listed if not is_in_missing_submodule(root, dockerfile)}
    missing = (missing_in_script(text, place, dockerfile) for place, dockerfile in places.items())
    file = DeclaringFile(path, text, builds, projects.workspace)
    entries = [BuildEntry(it, file, merged) for it in builds if it.is_shown and not it.is_check]
    found = (*findings_of(path, text, missing), *undeclared_arguments(entries), *platform_arguments(entries))
    return ProjectFile(text, tuple(sorted((it for it in found if merged.shows(it.rule)), key=lambda it: it.range)))
