"""What is asked of a build, apart from the Dockerfile itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from buildxray.platforms.platform import Platform, can_run


class TargetResult(NamedTuple):
    """The result of another target of a Bake file, which a build uses as a named context (`target:NAME`)."""

    target: str
    machines: tuple[tuple[Platform, Platform], ...]
    """Each platform that the target is built for, with the platform of the machine that builds it."""
    problem: str = ""
    """The reason why Bake refuses to use the target; empty if it does not."""

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
    """Normalised, without duplicates, at least one; the first one labels the steps that several share."""
    build_arguments: tuple[tuple[str, str], ...] = ()
    """`--build-arg` names and values."""
    target_stage: str = ""
    """`--target`; empty for the last stage."""
    target_origin: str = field(default="", compare=False)
    """The file that names the target stage, for people; empty where the user does."""
    contexts: tuple[tuple[str, str], ...] = ()
    """`--build-context` names and values: `docker-image://alpine`, `target:base`, a directory, an address."""
    results: tuple[TargetResult, ...] = ()
    """The results of the targets that `contexts` names, as far as they are known."""
    nodes: tuple[tuple[Platform, Platform], ...] = ()
    """For target platforms that another machine builds than the first one: the platform of that machine."""

    makes_files: bool = False
    """True if the build writes files to disk and makes no image."""
    keeps_nothing: bool = False
    """True if the result stays in the cache of the builder: it is neither pushed, loaded nor exported."""
    is_separate: bool = False
    """Whether each target platform is built on a machine of its own, even where several have the same platform: the jobs of a
    workflow share nothing that they build."""

    def machine(self, number: int) -> object:
        """What identifies the machine that builds for the target with this number: equal for targets that share what is built."""
        return number if self.is_separate else self.node(self.target_platforms[number])

    def node(self, target: Platform) -> Platform:
        """The platform of the machine that builds for a target platform."""
        return next((node for it, node in self.nodes if it == target), self.build_platform)

    @property
    def machines(self) -> tuple[Platform, ...]:
        """The platforms of the machines that build, in the order of the targets."""
        return tuple(dict.fromkeys([self.node(it) for it in self.target_platforms]))

    def can_run(self, node: Platform, platform: Platform) -> bool:
        """True if a machine runs a step for a platform without emulation.

        A build that asks for 32-bit ARM on a 64-bit machine and says no more is taken to run there.
        """
        is_assigned = any(it.architecture == "arm" and machine == node for it, machine in self.nodes)
        is_arm = (node.os, node.architecture, platform.os, platform.architecture) == ("linux", "arm64", "linux", "arm")
        return can_run(node, platform) or (is_arm and is_assigned)
