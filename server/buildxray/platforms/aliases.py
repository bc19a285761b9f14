"""Names of architectures that resemble those of TARGETARCH but differ from them.

Source: containerd/platforms database.go, normalizeArch; the names that `uname -m`, distributions and os-maven-plugin (Netty, protoc) use.
"""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_ALIASES: Final = {
    "aarch64": "arm64",
    "aarch_64": "arm64",
    "armel": "arm",
    "armhf": "arm",
    "armv6": "arm",
    "armv6l": "arm",
    "armv7": "arm",
    "armv7l": "arm",
    "armv8": "arm64",
    "i386": "386",
    "i686": "386",
    "linux64": "amd64",
    "ppcle_64": "ppc64le",
    "s390_64": "s390x",
    "x64": "amd64",
    "x86-64": "amd64",
    "x86_32": "386",
    "x86_64": "amd64",
}
REPOSITORY_PREFIXES: Final = {
    "amd64": "amd64",
    "arm32v5": "arm",
    "arm32v6": "arm",
    "arm32v7": "arm",
    "arm64v8": "arm64",
    "i386": "386",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""The namespaces of Docker Hub with the official images of one architecture, and its name in TARGETARCH."""
IN_EVERY_NAME: Final = ("64", "86", "arm", "390")
"""Substrings of which each name contains at least one; searching these first is much faster than searching the names."""
_OWN: Final = ("amd64", "arm64", "ppc64le", "riscv64", "s390x")
_AFTER_LINUX: Final = {"64-bit": "amd64", "64bit": "amd64"}
"""Names of files for amd64, such as `hugo_Linux-64bit.tar.gz`, beside which those for Arm name it: `hugo_Linux-ARM64.tar.gz`."""
_NAME: Final = lazy_regex(
    rf"(?:(?<![A-Za-z0-9])(?:{'|'.join((*_ALIASES, *_OWN))})|(?<=[Ll]inux[-_.])(?:{'|'.join(_AFTER_LINUX)})|(?<=[Ll]inux)x64)(?![A-Za-z0-9])(?!-v8a)"
)
"""A name between other characters, as in `tool-linux-x64.zip`; or after that of the system: `instantclient-basic-linuxx64.zip`.

Android's `arm64-v8a` is none: its programs run in no container. Source: developer.android.com/ndk/guides/abis.
"""
_PREFIX: Final = lazy_regex(rf"(?<![A-Za-z0-9])(?:{'|'.join(REPOSITORY_PREFIXES)})(?![A-Za-z0-9])")
_INTEL: Final = lazy_regex(r"(?<![A-Za-z0-9_-])(?:intel|x86)(?![A-Za-z0-9_-])")
_ARM: Final = lazy_regex(r"(?<![A-Za-z0-9])arm(?![A-Za-z0-9])")


def docker_name(architecture: str) -> str | None:
    """The name in TARGETARCH of an architecture with another common name; None if `name` is not such a name."""
    return _ALIASES.get(architecture)


def named_architectures(text: str) -> list[tuple[int, int, str]]:
    """The names of architectures in a text: start, end, and the name in TARGETARCH."""
    if not any(it in text for it in IN_EVERY_NAME):
        return []
    return [
        (it.start(), it.end(), _AFTER_LINUX.get(it[0]) or _ALIASES.get(it[0], it[0])) for it in _NAME.finditer(text)
    ]


_LEVEL: Final = lazy_regex(r"[_.-]v[1-9](?:\.0)?(?![\w.-]*\d)")


def has_level(text: str, end: int) -> bool:
    """True if an architecture that ends at a position is followed by a level of it, which others have not: `amd64_v1`, `arm64_v8.0`.

    Source: the documentation of GoReleaser, "Builds", names of the directories in dist.
    """
    return _LEVEL.match(text, end) is not None


def architectures_of_image(name: str) -> frozenset[str]:
    """The architectures that the name of an image tells, as TARGETARCH spells them: `arm64v8/alpine`, `sdk:8.0-arm64v8`, `tool:1-amd64`."""
    named = {name for *_, name in named_architectures(name)}
    named |= {REPOSITORY_PREFIXES[it[0]] for it in _PREFIX.finditer(name)}
    machine = None if named else _MACHINE.search(name)
    return frozenset(named if machine is None or machine.lastgroup is None else {machine.lastgroup})


_MACHINE: Final = lazy_regex(
    r"(?:^|/)(?:balenalib|hypriot|resin)/"
    r"(?:(?P<arm64>raspberrypi\d(?:-2w)?-64(?![\w.])|raspberrypi5|jetson-)|(?P<arm>raspberry-?pi|rpi-|armv7hf|beaglebone)|(?P<amd64>intel-nuc))"
)
"""Images that are made for one kind of machine, whose processor is known. Source: docs.balena.io, "Base images" and "Machine names"; Docker Hub."""


def architectures_of_path(path: str) -> frozenset[str]:
    """The architectures that a path names, as TARGETARCH spells them: `Dockerfile.aarch64`, `linux/arm32v7/Dockerfile`.

    `arm` alone, as in `Dockerfile.arm`, may mean 32 or 64 bits, and so may `intel` and `x86`.
    """
    named = {name for *_, name in named_architectures(path)}
    named |= {REPOSITORY_PREFIXES[it[0]] for it in _PREFIX.finditer(path)}
    named |= {"386", "amd64"} if _INTEL.search(path) else set()
    return frozenset(named | {"arm", "arm64"} if _ARM.search(path) else named)
