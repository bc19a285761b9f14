"""The options that describe a build: the same for `plan`, `check` and `fix`."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from buildxray.cli.errors import CliError
from buildxray.ide.analysis import Analyzer
from buildxray.ide.settings import SettingError, Settings, read_platforms
from buildxray.plan.request import BuildRequest
from buildxray.toolchains.base import Workspace


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Effect: add the options to the parser of a command."""
    group = parser.add_argument_group("the build")
    group.add_argument(
        "--platform",
        action="append",
        metavar="P,P…",
        help="the target platforms (default: linux/amd64,linux/arm64)",
    )
    group.add_argument("--build-platform", metavar="P", help="the machine that builds (default: this one)")
    group.add_argument(
        "--build-arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a build argument; a NAME alone takes the value of that environment variable",
    )
    group.add_argument("--target", default="", metavar="STAGE", help="the stage to build (default: the last one)")


class Build:
    """The build that the options describe."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._settings = _settings(options)
        self.request: BuildRequest = replace(
            self._settings.request(),
            build_arguments=tuple(_build_argument(it) for it in options.build_arg if _is_given(it)),
            target_stage=options.target,
        )

    def analyzer(self, workspace: Workspace) -> Analyzer:
        """Analyses files for this build."""
        return Analyzer(self.request, asks_for_several=self._settings.asks_for_several, workspace=workspace)


def _settings(options: argparse.Namespace) -> Settings:
    settings = Settings()
    try:
        if options.platform:
            settings = replace(settings, platforms=read_platforms(",".join(options.platform)))
    except SettingError as error:
        raise CliError(f"--platform: {error}") from error
    try:
        if options.build_platform:
            platforms = read_platforms(options.build_platform) or ()
            if len(platforms) != 1:
                raise CliError("--build-platform: expected one platform such as `linux/amd64`")
            settings = replace(settings, build_platform=platforms[0])
    except SettingError as error:
        raise CliError(f"--build-platform: {error}") from error
    return settings


def _is_given(argument: str) -> bool:
    return "=" in argument or argument in os.environ


def _build_argument(argument: str) -> tuple[str, str]:
    name, separator, value = argument.partition("=")
    if not name:
        raise CliError(f"--build-arg {argument}: expected NAME=VALUE")
    return name, value if separator else os.environ[name]
