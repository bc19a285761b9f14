"""What an instruction finds set by those above it, apart from files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from buildxray.plan.environment import Environment
from buildxray.platforms.platform import Platform, normalize

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What BuildKit sets where an image has no PATH (util/system/path.go); an image's own is not in the text."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The state of a stage at one point. Compared by identity: one scope leads to one next scope."""

    platform: Platform
    """The platform of the stage as it was asked for, not normalised."""
    step_platform: Platform | None
    """Where RUN runs; None means the target's platform, in a stage from scratch."""
    environment: Environment
    """Arguments and environment variables: what RUN sees and `$NAME` expands to."""
    image_environment: Environment
    """What the image configuration keeps: ENV without ARG. Set again in a stage that is built on this one."""
    has_base_image: bool
    """Whether an image, whose environment the text cannot know, is at the root of the stage."""
    working_directory: str
    user: str = ""
    shell: tuple[str, ...] = ()
    """Empty for the default of the operating system."""

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


def scratch_scope(target: Platform) -> Scope:
    """The scope at the start of a stage that is built on nothing."""
    environment = Environment.empty()
    if target.os != "windows":
        environment = environment.with_variable("PATH", _PATH)
    return Scope(target, None, environment, environment, has_base_image=False, working_directory="/")


def directory_scope(platform: Platform, *, is_stage: bool) -> Scope:
    """Return the scope at the start of a stage whose files a named context without an image configuration gives.

    Where the context replaces a stage of the file, and not an image, BuildKit tells its steps no platform.
    """
    scope = scratch_scope(platform)
    return scope if is_stage else replace(scope, step_platform=normalize(platform))


def child_scope(base: Scope) -> Scope:
    """The scope at the start of a stage that is built on another one.

    The variables of the base's image configuration are set again, so that ENV wins over an ARG that came
    after it. BuildKit: dockerfile2llb/convert.go, dispatchStages.
    """
    environment = base.environment
    for name, value, is_known in base.image_environment.in_image_order():
        environment = environment.with_variable(name, value, is_known=is_known)
    return replace(base, environment=environment)
