"""The files of a build context that a package manager needs before it can download dependencies.

Most managers need their own list and its lock file. A list may refer to lists of other directories, which then have to exist
too, or to a directory of sources, of which nobody can tell which files are enough.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from buildxray.files.globs import match_text
from buildxray.projects.manifests.built import of_cabal, of_swift
from buildxray.projects.manifests.dotnet import of_dotnet_project, of_solution, of_solution_filter
from buildxray.projects.manifests.files import MOST_FILES, IncompleteError, ProjectFiles
from buildxray.projects.manifests.go import copied_modules, list_read_at, of_go_mod, of_go_work
from buildxray.projects.manifests.node import of_package, of_pnpm_workspace, of_yarn_1, of_yarn_settings
from buildxray.projects.manifests.others import of_composer, of_mix, of_pom, of_pubspec
from buildxray.projects.manifests.python import of_pipfile, of_pyproject, of_requirements
from buildxray.projects.manifests.requirements import (
    installs_itself,
    lists_packages,
    names_targets,
    requires_crates,
    requires_nothing,
)
from buildxray.projects.manifests.ruby import of_gemfile
from buildxray.projects.manifests.rust import of_cargo
from buildxray.toolchains.base import NeededFiles


def needed_files(directories: Iterable[Path], path: str, base: str, manager: str) -> NeededFiles | None:
    """The files that a download needs, given the path of its list of dependencies in the build context; perhaps with wildcards in its name.

    `base` is the directory of the context whose files the build copies: settings of directories above it have no effect there.
    `manager` is the name of the program, such as `npm`, perhaps with `IGNORING_SCRIPTS`, `MAKING_CLIENT` or `WITHOUT_WORKSPACE` after it. None if no directory that may be the context holds the list; the answer is
    incomplete if several hold different ones.
    """
    answers: dict[NeededFiles, None] = {}
    for directory in directories:
        context = ProjectFiles(directory, posixpath.normpath(base), manager)
        names = context.matching(posixpath.normpath(path))
        if names:
            answers[_needed(context, names)] = None
    if len(answers) > 1:
        return NeededFiles((), is_complete=False)
    return next(iter(answers), None)


def _needed(context: ProjectFiles, names: Iterable[str]) -> NeededFiles:
    """The files that a download needs, from those that the command names."""
    names = [list_read_at(context, it) for it in names]
    needed: dict[str, None] = {}
    pending = [*names]
    downloads_crates = context.manager == "cargo" and any(requires_crates(context, it) for it in pending)
    while pending:
        path = pending.pop(0)
        if path in needed:
            continue
        needed[path] = None
        try:
            pending += _referred(context, path)
        except IncompleteError:
            return NeededFiles((*needed,), is_complete=False, requires_crates=downloads_crates)
        if len(needed) > MOST_FILES or not context.exists(path):
            return NeededFiles((*needed,), is_complete=False)
    return NeededFiles(
        (*needed,),
        is_complete=True,
        installs_itself=any(installs_itself(context, it) for it in needed),
        requires_nothing=all(requires_nothing(context, it) for it in needed),
        requires_crates=downloads_crates,
        requires_packages=any(lists_packages(context, it) for it in names),
        names_targets=any(names_targets(context, it) for it in names),
        vendored=tuple(it for one in needed for it in copied_modules(context, one) if it in needed),
    )


def _referred(context: ProjectFiles, path: str) -> list[str]:
    """The files that a list of dependencies refers to. Raises `IncompleteError`."""
    name = posixpath.basename(path)
    for pattern, references in _REFERENCES:
        if match_text(name.lower(), pattern):
            return references(context, path)
    return []


_REFERENCES: Final[tuple[tuple[str, Callable[[ProjectFiles, str], list[str]]], ...]] = (
    ("go.mod", of_go_mod),
    ("go.work", of_go_work),
    ("package.json", of_package),
    ("pnpm-workspace.yaml", of_pnpm_workspace),
    (".yarnrc", of_yarn_1),
    (".yarnrc.yml", of_yarn_settings),
    ("*.sln", of_solution),
    ("*.slnx", of_solution),
    ("*.slnf", of_solution_filter),
    ("*.*proj", of_dotnet_project),
    ("gemfile", of_gemfile),
    ("cargo.toml", of_cargo),
    ("pipfile", of_pipfile),
    ("pyproject.toml", of_pyproject),
    ("mix.exs", of_mix),
    ("pubspec.yaml", of_pubspec),
    ("composer.json", of_composer),
    ("package.swift", of_swift),
    ("*.cabal", of_cabal),
    ("*pom*.xml", of_pom),
    ("*.txt", of_requirements),
    ("*.in", of_requirements),
)
"""The names of lists of dependencies, in lower case, and what reads each."""
