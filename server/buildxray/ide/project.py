"""The project that a Dockerfile belongs to: the directories above it, up to the root of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analyzer
from buildxray.ide.configuration import FILE_NAMES as CONFIGURATION_FILES
from buildxray.ide.configuration import Configuration, find_configuration
from buildxray.ide.settings import Settings
from buildxray.localization import gettext_lazy as _
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import this_machine
from buildxray.projects.builds import DeclaredBuild, choose
from buildxray.projects.context import read_ignore_patterns
from buildxray.projects.reader import WATCHED as PROJECT_FILES
from buildxray.projects.reader import directories_above, has_project_files, read_directory
from buildxray.projects.sources import read_workspace
from buildxray.toolchains.base import Workspace

WATCHED: Final = (
    *PROJECT_FILES,
    *(f"**/{it}" for it in CONFIGURATION_FILES),
    "**/{go.mod,go.sum,package-lock.json}",
    "**/*.dockerignore",
)
"""Glob patterns of the files that decide how a Dockerfile is built."""


BY_SETTING: Final = _("the setting `platforms`")
"""The origin of platforms that the user has set."""


class ProjectBuild(NamedTuple):
    """The build that a Dockerfile is shown for."""

    request: BuildRequest
    settings: Settings
    origin: str
    """Where its platforms come from, for people; empty where nobody has chosen them."""
    ignored: IgnorePatterns | None = None
    """What the `.dockerignore` of its context leaves out; None where there is none."""

    @property
    def asks_for_several(self) -> bool:
        """Whether somebody has asked for several platforms."""
        return self.origin != "" and len(self.request.target_platforms) > 1

    def analyzer(self, workspace: Workspace) -> Analyzer:
        """Analyses the Dockerfile for this build."""
        return Analyzer(
            self.request,
            asks_for_several=self.asks_for_several,
            origin=self.origin,
            rules=self.settings.rules,
            workspace=workspace._replace(ignored=self.ignored),
        )


class Projects:
    """What is known of directories, each read once; another one sees what has changed since."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Begin without knowing anything; a configuration that is given is in force in all directories."""
        self._only_configuration = configuration
        self._builds: dict[Path, tuple[DeclaredBuild, ...]] = {}
        self._configurations: dict[Path, Configuration] = {}
        self._workspaces: dict[Path, Workspace] = {}

    def workspace(self, directory: Path) -> Workspace:
        """What the sources beside a Dockerfile tell."""
        if directory not in self._workspaces:
            self._workspaces[directory] = read_workspace(directory)
        return self._workspaces[directory]

    def configuration(self, directory: Path) -> Configuration:
        """The configuration file that is in force in a directory."""
        if self._only_configuration is not None:
            return self._only_configuration
        if directory not in self._configurations:
            self._configurations[directory] = find_configuration(directory)
        return self._configurations[directory]

    def build(self, dockerfile: Path, settings: Settings) -> ProjectBuild:
        """How a Dockerfile is built; `settings` are those of the user, over those of the project."""
        configuration = self.configuration(dockerfile.parent)
        merged = settings.over(configuration.settings)
        declared = choose(self.declared(dockerfile))
        request = merged.request()
        origin = ""
        if settings.platforms is not None:
            origin = BY_SETTING
        elif merged.platforms is not None and configuration.path is not None:
            origin = configuration.path.name
        if declared is not None:
            request = replace(request, build_arguments=declared.arguments, target_stage=declared.target)
            if merged.platforms is None and declared.platforms:
                request = replace(request, target_platforms=declared.platforms)
                origin = declared.origin
        context = dockerfile.parent if declared is None or declared.remote else declared.context
        return ProjectBuild(request, merged, origin, read_ignore_patterns(dockerfile, context))

    def is_known(self, dockerfile: Path) -> bool:
        """Whether its build is known, or quick to find out: no file that takes long to read is there."""
        unread = (it for it in directories_above(dockerfile) if it not in self._builds)
        return not any(has_project_files(it) for it in unread)

    def declared(self, dockerfile: Path) -> Iterator[DeclaredBuild]:
        """The builds of a Dockerfile that files in the directories above it declare."""
        directories = directories_above(dockerfile)
        for position, directory in enumerate(directories):
            if directory not in self._builds:
                read = read_directory(directory, directories[position + 1 :], local_platform=str(this_machine()))
                self._builds[directory] = read.builds
            builds = [it for it in self._builds[directory] if it.dockerfile == dockerfile and it.is_shown]
            if builds:
                yield from builds
                return
