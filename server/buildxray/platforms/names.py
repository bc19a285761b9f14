"""The names that other programs use for the architectures of platforms.

Source: github.com/tonistiigi/xx, src/xx-info (uname, Debian, Alpine, RPM).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.platforms.platform import Platform

COMMON_PLATFORMS: Final = (
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
)
"""The platforms for which images are usually published, the most frequent first."""


class ArchitectureNames(NamedTuple):
    """The names of one architecture."""

    uname: str
    """The output of `uname -m`."""
    debian: str
    """The output of `dpkg --print-architecture`."""
    alpine: str
    """The output of `apk --print-arch`."""
    rpm: str


def architecture_names(platform: Platform) -> ArchitectureNames | None:
    """The names of the architecture of a normalised platform; None if they are not known."""
    architecture, variant = platform.architecture, platform.variant
    return _NAMES.get(f"{architecture}/{variant}" if architecture == "arm" else architecture)


_NAMES: Final = {
    "386": ArchitectureNames("i686", "i386", "x86", "i386"),
    "amd64": ArchitectureNames("x86_64", "amd64", "x86_64", "x86_64"),
    "arm/v5": ArchitectureNames("armv5l", "armel", "armv5l", "armv5tel"),
    "arm/v6": ArchitectureNames("armv6l", "armel", "armhf", "armv6hl"),
    "arm/v7": ArchitectureNames("armv7l", "armhf", "armv7", "armv7hl"),
    "arm64": ArchitectureNames("aarch64", "arm64", "aarch64", "aarch64"),
    "loong64": ArchitectureNames("loongarch64", "loong64", "loongarch64", "loongarch64"),
    "mips64le": ArchitectureNames("mips64", "mips64el", "mips64el", "mips64el"),
    "ppc64le": ArchitectureNames("ppc64le", "ppc64el", "ppc64le", "ppc64le"),
    "riscv64": ArchitectureNames("riscv64", "riscv64", "riscv64", "riscv64"),
    "s390x": ArchitectureNames("s390x", "s390x", "s390x", "s390x"),
}
