"""The options of a build, apart from the Dockerfile itself."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from buildxray.platforms.platform import Platform, can_run
from buildxray.records import dataclass


class ImageConfiguration(NamedTuple):
    """The part of an image's configuration that stages built on the image see."""

    environment: tuple[tuple[str, str, bool], ...]
    """The variables in order: name, value, and whether the value is known."""
    has_unknown_variables: bool
    """True if the image is itself built on an image with a configuration that no text tells."""
    working_directory: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    """Empty for the default of the operating system."""
    triggers: tuple[str, ...] = ()
    """The instructions of ONBUILD, as they are written after it."""


class TargetResult(NamedTuple):
    """The result of another target of a Bake file, which a build uses as a named context (`target:NAME`)."""

    target: str
    machines: tuple[tuple[Platform, Platform], ...]
    """Each platform that the target is built for, with the platform of the machine that builds it."""
    problem: str = ""
    """The reason why Bake refuses to use the target; empty if it does not."""
    configurations: tuple[tuple[Platform, ImageConfiguration], ...] = ()
    """The configuration of the target's image for each platform for which it is known."""

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms that the target is built for."""
        return tuple([it for it, _machine in self.machines])


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One invocation of `docker buildx build`."""

    build_platform: Platform
    """The platform of the machine that runs BuildKit."""
    target_platforms: tuple[Platform, ...]
    """The target platforms: at least one, normalised, without duplicates. Shared steps have the label of the first one."""
    build_arguments: tuple[tuple[str, str], ...] = ()
    """The names and values of `--build-arg`."""
    target_stage: str = ""
    """The value of `--target`; empty for the last stage."""
    target_origin: str = field(default="", compare=False)
    """The file that sets the target stage, to show it to people; empty if the user sets it."""
    contexts: tuple[tuple[str, str], ...] = ()
    """The names and values of `--build-context`: `docker-image://alpine`, `target:base`, a directory, a URL."""
    results: tuple[TargetResult, ...] = ()
    """The known results of the targets that `contexts` names."""
    nodes: tuple[tuple[Platform, Platform], ...] = ()
    """Target platforms that the first machine does not build, each with the platform of the machine that does."""

    splits_context: bool = False
    """True if targets that use different paths of the build context load it separately, as in BuildKit's log.

    False for the steps that BuildKit executes: it merges the copies whose files are equal.
    """
    makes_files: bool = False
    """True if the build writes files to disk instead of an image."""
    keeps_nothing: bool = False
    """True if the result stays in the cache of the builder: it is neither pushed, loaded nor exported."""
    is_separate: bool = False
    """True if the target platforms are built apart, as by the jobs of a workflow, and share no steps."""
    unknown_arguments: tuple[str, ...] = ()
    """The names of arguments whose value depends on the run of the build; `*` if other arguments may be given too.

    One may also be in `build_arguments`, with the value that it has unless the environment sets another one.
    """

    def machine(self, number: int) -> object:
        """The identity of the machine that builds the target with this index; equal for targets that share their steps."""
        return number if self.is_separate else self.node(self.target_platforms[number])

    def node(self, target: Platform) -> Platform:
        """The platform of the machine that builds for a target platform."""
        if not self.nodes:
            return self.build_platform
        return next((node for it, node in self.nodes if it == target), self.build_platform)

    @property
    def machines(self) -> tuple[Platform, ...]:
        """The distinct platforms of the machines that build, in the order of the targets."""
        return tuple(dict.fromkeys([self.node(it) for it in self.target_platforms]))

    def can_run(self, node: Platform, platform: Platform) -> bool:
        """True if a machine runs a step for a platform without emulation.

        A 64-bit ARM machine to which a build assigns 32-bit ARM is presumed to run it.
        """
        is_assigned = any(it.architecture == "arm" and machine == node for it, machine in self.nodes)
        is_arm = (node.os, node.architecture, platform.os, platform.architecture) == ("linux", "arm64", "linux", "arm")
        return can_run(node, platform) or (is_arm and is_assigned)
