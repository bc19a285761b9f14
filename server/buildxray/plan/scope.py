"""The state that an instruction reads from those above it, apart from files."""

from __future__ import annotations

from typing import Final

from buildxray.plan.environment import Environment
from buildxray.plan.request import ImageConfiguration
from buildxray.platforms.platform import Platform, normalize
from buildxray.records import dataclass, replace

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH that BuildKit sets for an image without one (util/system/path.go); the text does not tell that of an image."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The state of a stage at one point. Compared by identity, because a scope and an instruction determine the next scope."""

    platform: Platform
    """The platform requested for the stage, not normalised."""
    step_platform: Platform | None
    """The platform on which RUN executes; None for the target's platform, in a stage from scratch."""
    environment: Environment
    """Arguments and environment variables: the environment of RUN, and the values of `$NAME`."""
    image_environment: Environment
    """The environment in the image configuration: ENV without ARG. It is set again in stages built on this one."""
    has_base_image: bool
    """True if the stage is built on an image, directly or through other stages; the text does not tell the image's environment."""
    working_directory: str
    user: str = ""
    shell: tuple[str, ...] = ()
    """The shell set by SHELL; empty for the default of the operating system."""

    @property
    def system(self) -> str:
        """The operating system of the stage."""
        return self.platform.os

    @property
    def directory(self) -> str:
        """The working directory with slashes."""
        directory = self.working_directory or "/"
        return directory.replace("\\", "/") if self.system == "windows" else directory

    @property
    def shell_command(self) -> tuple[str, ...]:
        """The arguments that RUN puts before a shell text."""
        if self.shell:
            return self.shell
        return ("cmd", "/S", "/C") if self.system == "windows" else ("/bin/sh", "-c")


def image_scope(platform: Platform) -> Scope:
    """The scope at the start of a stage that is built on an image."""
    environment = Environment.empty().with_variable("PATH", _PATH, is_known=False)
    return Scope(platform, normalize(platform), environment, environment, has_base_image=True, working_directory="")


def configured_scope(platform: Platform, configuration: ImageConfiguration) -> Scope:
    """Return the scope at the start of a stage that is built on an image with a known configuration.

    BuildKit sets its working directory and its user again (dockerfile2llb/convert.go, dispatchStages).
    """
    environment = Environment.empty()
    for name, value, is_known in configuration.environment:
        environment = environment.with_variable(name, value, is_known=is_known)
    if environment.get("PATH") is None and platform.os != "windows":
        environment = environment.with_variable("PATH", _PATH)
    return Scope(
        platform,
        normalize(platform),
        environment,
        environment,
        has_base_image=configuration.has_unknown_variables,
        working_directory=configuration.working_directory,
        user=configuration.user,
        shell=configuration.shell,
    )


def scratch_scope(target: Platform) -> Scope:
    """The scope at the start of a stage that is built on scratch."""
    environment = Environment.empty()
    if target.os != "windows":
        environment = environment.with_variable("PATH", _PATH)
    return Scope(target, None, environment, environment, has_base_image=False, working_directory="/")


def directory_scope(platform: Platform, *, is_stage: bool) -> Scope:
    """The scope at the start of a stage on a named context without an image configuration.

    If the context replaces a stage of the file and not an image, BuildKit gives its steps no platform.
    """
    scope = scratch_scope(platform)
    return scope if is_stage else replace(scope, step_platform=normalize(platform))


def child_scope(base: Scope, platform: Platform) -> Scope:
    """Return the scope at the start of a stage for `platform` that is built on another one.

    The variables in the image configuration of the base are set again, so an ENV overrides an ARG that came after it.
    BuildKit: dockerfile2llb/convert.go, dispatchStages.
    """
    environment = base.environment.with_image_variables(base.image_environment)
    return replace(base, platform=platform, environment=environment)
