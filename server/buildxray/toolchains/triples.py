"""Target triples, as compilers name machines: `aarch64-unknown-linux-gnu`."""

from __future__ import annotations

import re
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_ARCHITECTURES: Final = {
    "aarch64": "arm64",
    "arm": "arm",
    "armv6": "arm",
    "armv7": "arm",
    "i386": "386",
    "i586": "386",
    "i686": "386",
    "loongarch64": "loong64",
    "powerpc64le": "ppc64le",
    "riscv64": "riscv64",
    "riscv64gc": "riscv64",
    "s390x": "s390x",
    "x86_64": "amd64",
}


_SEPARATOR: Final = lazy_regex(r"[^a-z0-9_]+")
_WITHOUT_SYSTEM: Final = frozenset({"eabi", "eabihf", "elf", "none", "uefi"})
"""Parts of triples for programs that run without an operating system."""
_ANDROID: Final = lazy_regex(r"android(?:eabi)?[0-9]*")
_OTHER_SYSTEM: Final = lazy_regex(
    r"""(?:apple|darwin|freebsd|ios|macos|msvc|netbsd|openbsd|osx|solaris|illumos|win|windows)[0-9]*  # other operating systems
      | mingw(?:32|64)? | w64
      | bpf(?:eb|el)? | emscripten | wasi(?:p[0-9])? | wasm(?:32|64)?                                 # virtual machines""",
    re.VERBOSE,
)


def is_for_another_system(triple: str) -> bool:
    """True if a triple, or the name of a compiler that begins with one, is for another system than Linux, or for none: firmware, kernels.

    Source: doc.rust-lang.org/rustc/platform-support.html; the names of GNU, "config.sub"; learn.microsoft.com/dotnet/core/rid-catalog.
    """
    parts = _SEPARATOR.split(triple.lower())
    if any(map(_ANDROID.fullmatch, parts)):
        return True
    return "linux" not in parts and any(it in _WITHOUT_SYSTEM or _OTHER_SYSTEM.fullmatch(it) for it in parts)


def architecture_of(triple: str) -> str | None:
    """The architecture as in platforms; None if images are not built for it, as for firmware: `arm-none-eabi`, `riscv64-unknown-elf`."""
    parts = triple.split("-")[1:]
    if "linux" not in parts and not _WITHOUT_SYSTEM.isdisjoint(parts):
        return None
    return _ARCHITECTURES.get(triple.partition("-")[0])
