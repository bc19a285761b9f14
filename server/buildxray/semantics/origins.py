"""Artifacts, the paths that an image takes from elsewhere, and origins, the makers of their files."""

from __future__ import annotations

from enum import Enum
from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.toolchains.base import Use

_FROM_CONTEXT: Final = ("ADD", "COPY")


class Machine(Enum):
    """The machine that a file is for."""

    TARGET = "target"
    """The target platform of each image."""
    BUILDER = "build machine"
    """The machine that builds, whatever the target is."""
    CONSTANT = "constant"
    """One architecture that the text names, whatever the target is."""
    NEUTRAL = "any"
    """Any machine: a script, a web page, bytecode."""
    UNKNOWN = "unknown"
    """Unknown from the text."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The maker of a file, or of some of the files in a directory."""

    maker: str
    """The command, the image or the instruction, for people: `go build`, `debian:13`, `COPY`; empty if it is unknown."""
    instruction: int | None
    """Index of the instruction; None if the maker is unknown."""
    stage: int
    """Index of the stage."""
    machine: Machine
    target: int
    """Index of the target platform in whose image the file is."""
    architecture: str | None
    """The architecture that the file is for; None for NEUTRAL and UNKNOWN."""
    use: Use | None = None
    """The command, if a toolchain knows it."""
    is_certain: bool = True
    """True if it certainly made the file, False if it may have."""
    uses_c: bool | None = None
    """True if cgo is on for this Go program; None if that is unknown or makes no difference."""

    @property
    def suits_every_machine(self) -> bool:
        """True if the file is for any machine, or is a file of the build context whose name does not say otherwise."""
        return self.machine is Machine.NEUTRAL or self.is_from_context

    @property
    def is_from_context(self) -> bool:
        """True if the file is from the build context and its name does not tell a machine."""
        return self.maker in _FROM_CONTEXT and self.machine is Machine.UNKNOWN


@dataclass(frozen=True, slots=True)
class Artifact:
    """A path that the image takes from elsewhere."""

    path: str
    """The path in the image; a slash at the end means files in that directory."""
    source: str
    """The path in the stage, the image or the build context that it is taken from."""
    instruction: int
    """Index of the COPY or ADD that puts it into the image, or of the RUN that copies it from a mount."""
    targets: tuple[Platform, ...]
    """The target platforms whose images have it."""
    origins: tuple[Origin, ...]
    """The makers of its files, the last one first."""

    @property
    def machine(self) -> Machine:
        """The machine that all its files are for; UNKNOWN if the makers do not agree. Files for any machine do not count."""
        machines = {it.machine for it in self.origins if not it.is_from_context}
        specific = machines - {Machine.NEUTRAL}
        if not machines or len(specific) > 1:
            return Machine.UNKNOWN
        return specific.pop() if specific else Machine.NEUTRAL
