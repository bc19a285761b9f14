"""Options that describe a build, shared by all commands that plan one."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from buildxray.cli.console import warn
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN
from buildxray.files.reading import ReadError
from buildxray.ide.analysis import Analyzer
from buildxray.ide.configuration import Configuration, read_configuration
from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import SettingError, Settings, read_platforms, read_rules, unknown_platform
from buildxray.localization import _
from buildxray.plan.request import BuildRequest
from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import is_known
from buildxray.projects.builds import absolute
from buildxray.records import dataclass
from buildxray.toolchains.base import Workspace

if TYPE_CHECKING:
    from buildxray.ide.build_times import MeasuredBuild

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The build that the options ask for, independent of the file."""

    settings: Settings
    arguments: tuple[tuple[str, str], ...]
    target: str
    configuration: Configuration | None = None
    """The settings of the file that `--config` names."""
    stdin_path: str | None = None
    """The path to use for the standard input."""
    contexts: tuple[tuple[str, str], ...] = ()
    """Named contexts."""

    @classmethod
    def of(cls, options: argparse.Namespace) -> BuildOptions:
        """Read the options. Raises `CliError`."""
        arguments = tuple(_build_argument(it) for it in options.build_arg if _is_given(it))
        settings = _settings(options)
        machines = (*filter(None, (settings.machines.own,)), *settings.machines.others)
        for platform in (*(settings.platforms or ()), *machines):
            if not is_known(platform):
                warn(unknown_platform(platform))
        given = vars(options)
        configuration = _configuration(given["config"]) if given.get("config") is not None else None
        contexts = tuple(_build_context(it) for it in given.get("build_context") or ())
        return cls(settings, arguments, options.target, configuration, given.get("stdin_filename"), contexts)


class Builds:
    """The builds of files: the options, over the declarations of the files' projects."""

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self.projects = Projects(options.configuration)
        self._warned: set[str] = set()

    def shown(self, path: str) -> str:
        """The name of a file in output."""
        return self._options.stdin_path or path if path == STDIN else path

    def of(self, path: str) -> ProjectBuild:
        """The build of a file. Raises `CliError` for an invalid configuration file.

        Standard input belongs to no project unless `--stdin-filename` names one.
        """
        dockerfile = absolute(self.shown(path))
        problems = self.projects.configuration(dockerfile.parent).problems
        if problems:
            raise CliError(problems[0])
        build = self.projects.build(dockerfile, self._options.settings)
        request = self._with_options(build.request)
        origin = "--platform" if self._options.settings.platforms is not None else build.origin
        self._warn_of(dockerfile, build)
        # Options ask for one build, whatever the project declares.
        others = build.others if request == build.request else ()
        return build._replace(request=request, origin=origin, others=others)

    def _with_options(self, request: BuildRequest) -> BuildRequest:
        """The request of a project, with the build arguments, the stage and the contexts that the options name."""
        options = self._options
        if options.arguments:
            arguments = {**dict(request.build_arguments), **dict(options.arguments)}
            request = replace(request, build_arguments=tuple(arguments.items()))
        if options.target:
            request = replace(request, target_stage=options.target, target_origin="")
        if options.contexts:
            request = replace(request, contexts=tuple({**dict(request.contexts), **dict(options.contexts)}.items()))
        return request

    def _warn_of(self, dockerfile: Path, build: ProjectBuild) -> None:
        """Effect: warn once of each unreadable file, and of a build that does not exist."""
        warnings = [str(it) for it in self.projects.notes(dockerfile) if not it.is_limit]
        wanted = build.settings.build
        if wanted not in {"", "all"} and build.declared and not any(it.is_named(wanted) for it in build.declared):
            names = _(", ").join(dict.fromkeys(it.name for it in build.declared))
            warnings.append(
                _(
                    "there is no build `{name}` of {file}; its builds are {names}",
                    name=wanted,
                    file=dockerfile,
                    names=names,
                )
            )
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                warn(warning)

    def analyzer(self, path: str, measured: MeasuredBuild | None = None) -> Analyzer:
        """An analyzer of a file for its build. Raises `CliError` for a wrong configuration file.

        Where neither options nor the project name platforms, the log of a build shows which ones are meant.
        """
        build = self.of(path)
        if measured is not None and not build.origin:
            build = build._replace(request=measured.times.plan.request, origin=_("the build log"), others=())
        return build.analyzer(self.workspace(path))

    def workspace(self, path: str) -> Workspace:
        """Facts from the source files beside a Dockerfile."""
        shown = self.shown(path)
        return Workspace() if shown == STDIN else self.projects.workspace(absolute(Path(shown).parent))


def _configuration(path: str) -> Configuration:
    try:
        configuration = read_configuration(absolute(path))
    except ReadError as error:
        raise CliError(_("--config {path}: cannot be read: {reason}", path=path, reason=error)) from error
    if configuration.problems:
        raise CliError(configuration.problems[0])
    return configuration


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    machines = _read("build-platform", options.build_platform, read_platforms) or ()
    return Settings(
        platforms=_read("platform", ",".join(options.platform or ()), read_platforms),
        build_platform=Machines(machines[0], machines[1:]) if machines else None,
        build=given.get("build") or "",
        select=_read("select", given.get("select"), read_rules),
        ignore=_read("ignore", given.get("ignore"), read_rules),
    )


def _read(option: str, value: str | None, reader: Callable[[object], Value]) -> Value:
    try:
        return reader(value or "")
    except SettingError as error:
        raise CliError(f"--{option}: {error}") from error


def _is_given(argument: str) -> bool:
    return "=" in argument or argument in os.environ


def _build_context(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator or not value:
        raise CliError(_("--build-context {text}: expected NAME=VALUE", text=text))
    return name, value


def _build_argument(argument: str) -> tuple[str, str]:
    name, separator, value = argument.partition("=")
    if not name:
        raise CliError(_("--build-arg {argument}: expected NAME=VALUE", argument=argument))
    return name, value if separator else os.environ[name]
