"""The options that describe a build: the same for `plan`, `check` and `fix`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN
from buildxray.ide.analysis import Analyzer
from buildxray.ide.project import ProjectBuild, Projects
from buildxray.ide.settings import SettingError, Settings, read_platforms, read_rules
from buildxray.localization import _
from buildxray.projects.builds import absolute
from buildxray.toolchains.base import Workspace

Value = TypeVar("Value")


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Effect: add the options to the parser of a command."""
    group = parser.add_argument_group(_("the build"))
    group.add_argument(
        "--platform",
        action="append",
        metavar="P,P…",
        help=_(
            "the target platforms (default: those of the project's Bake file, Compose file or workflow, else linux/amd64,linux/arm64)"
        ),
    )
    group.add_argument("--build-platform", metavar="P", help=_("the machine that builds (default: this one)"))
    group.add_argument(
        "--build-arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=_("a build argument; a NAME alone takes the value of that environment variable"),
    )
    group.add_argument("--target", default="", metavar="STAGE", help=_("the stage to build (default: the last one)"))


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What the user asks for, whatever the file."""

    settings: Settings
    arguments: tuple[tuple[str, str], ...]
    target: str

    @classmethod
    def of(cls, options: argparse.Namespace) -> BuildOptions:
        """Read the options. Raises `CliError`."""
        arguments = tuple(_build_argument(it) for it in options.build_arg if _is_given(it))
        return cls(_settings(options), arguments, options.target)


class Builds:
    """The builds of files: what the user asks for, over what the files' projects say."""

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self._projects = Projects()

    def of(self, path: str) -> ProjectBuild:
        """The build of a file. Raises `CliError` for a wrong configuration file."""
        dockerfile = absolute("Dockerfile" if path == STDIN else path)
        problems = self._projects.configuration(dockerfile.parent).problems
        if problems:
            raise CliError(problems[0])
        build = self._projects.build(dockerfile, self._options.settings)
        arguments = {**dict(build.request.build_arguments), **dict(self._options.arguments)}
        target = self._options.target or build.request.target_stage
        request = replace(build.request, build_arguments=tuple(arguments.items()), target_stage=target)
        origin = "--platform" if self._options.settings.platforms is not None else build.origin
        return build._replace(request=request, origin=origin)

    def analyzer(self, path: str) -> Analyzer:
        """Analyses a file for its build. Raises `CliError` for a wrong configuration file."""
        return self.of(path).analyzer(self.workspace(path))

    def workspace(self, path: str) -> Workspace:
        """What the sources beside a file tell."""
        return Workspace() if path == STDIN else self._projects.workspace(absolute(Path(path).parent))


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    machines = _read("build-platform", options.build_platform, read_platforms) or ()
    if len(machines) > 1:
        raise CliError(_("--build-platform: expected one platform such as `linux/amd64`"))
    return Settings(
        platforms=_read("platform", ",".join(options.platform or ()), read_platforms),
        build_platform=machines[0] if machines else None,
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


def _build_argument(argument: str) -> tuple[str, str]:
    name, separator, value = argument.partition("=")
    if not name:
        raise CliError(_("--build-arg {argument}: expected NAME=VALUE", argument=argument))
    return name, value if separator else os.environ[name]
