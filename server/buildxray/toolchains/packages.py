"""Packages of distributions that exist for some architectures only, although their names do not say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_APT: Final = frozenset({"apt", "apt-get", "aptitude"})
_RPM: Final = frozenset({"dnf", "dnf5", "microdnf", "tdnf", "yum"})
_INSTALLING: Final = frozenset({"add", "install"})
_AMD64: Final = ("amd64",)
_X86: Final = ("amd64", "386")
_MULTILIB: Final = ("amd64", "386", "mips64le", "s390x")
"""The architectures of Debian and Ubuntu whose compilers also make programs of 32 bits. Source: debian/control of gcc-defaults, "gcc-multilib"."""
_OF_DEBIAN: Final = {
    "g++-multilib": _MULTILIB,
    "gcc-multilib": _MULTILIB,
    "i965-va-driver": _X86,
    "i965-va-driver-shaders": _X86,
    "intel-media-va-driver": _X86,
    "intel-media-va-driver-non-free": _X86,
    "intel-microcode": _X86,
    "intel-opencl-icd": _AMD64,
    "lib32gcc-s1": ("amd64", "mips64le", "s390x"),
    "lib32stdc++6": ("amd64", "mips64le", "s390x"),
    "lib32z1": ("amd64", "s390x"),
    "libc6-dev-i386": _AMD64,
    "libc6-i386": _AMD64,
    "xserver-xorg-video-intel": _X86,
}
"""Drivers of Intel's processors and libraries of 32 bits in Debian and Ubuntu. Source: packages.debian.org and packages.ubuntu.com, "Download for all available architectures"."""
_OF_ALPINE: Final = {"intel-media-driver": _AMD64, "libva-intel-driver": _X86}
"""Source: pkgs.alpinelinux.org, the field `Architecture` of the branches 3.15 to 3.23."""
_OF_FEDORA: Final = {
    "intel-compute-runtime": _AMD64,
    "intel-media-driver": _AMD64,
    "libva-intel-driver": _X86,
    "libva-intel-media-driver": _AMD64,
}
"""Source: `ExclusiveArch` in the spec files of Fedora and RPM Fusion."""
ANY_NAME: Final = lazy_regex("|".join(map(re.escape, sorted({*_OF_DEBIAN, *_OF_ALPINE, *_OF_FEDORA}))))
"""The name of one of them, anywhere in a text."""


def known_architectures(words: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the packages that a command installs and that exist for some architectures only: the index of the word, and these architectures.

    `words` are the words of a command without variables, the program first; a version after `=` does not count.
    """
    name = words[0].rpartition("/")[2] if words else ""
    known = _OF_DEBIAN if name in _APT else _OF_ALPINE if name == "apk" else _OF_FEDORA if name in _RPM else {}
    if not known or _INSTALLING.isdisjoint(words[1:]):
        return
    for index, word in enumerate(words):
        architectures = known.get(word.partition("=")[0])
        if architectures is not None:
            yield index, architectures
