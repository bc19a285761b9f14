"""Paths of libraries and runtimes that contain the name of an architecture, and exist only on that architecture.

Source: Debian's Multiarch tuples (wiki.debian.org/Multiarch/Tuples), the dynamic loaders of glibc and musl, Debian's,
Adoptium's, Fedora's and Amazon's directories below /usr/lib/jvm, CUDA's directories of targets (CUDA Installation Guide for Linux, "Cross-platform"; `sbsa` is arm64),
the build directories of Python's setuptools, and the names of extension modules (PEP 3149).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.syntax.lazy_regex import lazy_regex

_ARCHITECTURES: Final = {
    "aarch64": "arm64",
    "amd64": "amd64",
    "arm": "arm",
    "arm64": "arm64",
    "armel": "arm",
    "armhf": "arm",
    "armv7": "arm",
    "armv7l": "arm",
    "i386": "386",
    "i686": "386",
    "loongarch64": "loong64",
    "mips64el": "mips64le",
    "powerpc64le": "ppc64le",
    "ppc64el": "ppc64le",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "sbsa": "arm64",
    "x86-64": "amd64",
    "x86_64": "amd64",
}
_NAMES: Final = "|".join(sorted(map(re.escape, _ARCHITECTURES), key=len, reverse=True))
_PATH: Final = lazy_regex(
    rf"(?:^|(?<=[/:=\s'\"]))(?<!/usr/)(?P<tuple>{_NAMES})-linux-(?:gnu|musl)(?:eabi(?:hf)?|abi64)?(?![\w-])"
    rf"|/jvm/[\w.+-]*[.-](?P<jvm>{_NAMES})(?![\w-])"
    rf"|/targets/(?P<cuda>{_NAMES})-linux(?![\w-])"
    rf"|(?:ld-(?:musl|linux)-|libc\.musl-)(?P<loader>{_NAMES})\.(?:so\b|path\b)"
    rf"|\b(?:lib|temp)\.linux-(?P<python>{_NAMES})(?=[-/])"
    rf"|\.(?:cpython|pypy)[\w-]{{0,40}}-(?P<extension>{_NAMES})-linux-(?:gnu|musl)(?:eabi(?:hf)?)?\.so(?![\w.])"
)
_IN_EVERY_PATH: Final = ("linux-", "musl-", "/jvm/", "/targets/")
"""Substrings of which each of these paths contains at least one; searching these first is much faster."""


class ArchitectureInPath(NamedTuple):
    """The name of an architecture in a path."""

    start: int
    end: int
    """Half-open, in code points; the whole tuple of a multiarch directory."""
    architecture: str
    """The architecture, as in platforms."""
    kind: str
    """`tuple` for a multiarch directory, `jvm` for a Java run time, `cuda` for libraries of CUDA, `loader` for a dynamic loader, `python` for directories in which
    extensions are built, `extension` for the file of one."""


def architectures_in_paths(text: str) -> list[ArchitectureInPath]:
    """Find the paths in a text that exist only on one architecture."""
    if not any(it in text for it in _IN_EVERY_PATH):
        return []
    architectures: list[ArchitectureInPath] = []
    for match in _PATH.finditer(text):
        kind = match.lastgroup
        assert kind is not None, "each alternative has a group"
        start, end = match.span() if kind == "tuple" else match.span(kind)
        if kind == "tuple" and "/" not in (text[start - 1 : start], text[end : end + 1]):
            # `./configure --host=x86_64-linux-gnu` names a machine, not a directory.
            continue
        architectures.append(ArchitectureInPath(start, end, _ARCHITECTURES[match[kind]], kind))
    return architectures
