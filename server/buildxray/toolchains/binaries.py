"""Tools on programs that were built before: which of them handle those of another machine, and which fail.

A table with a source each. "Any" means that the tool reads the file formats of every architecture that images are built for;
"own" that it refuses files of another architecture, or runs them.

| Tool | Files of | Source |
|---|---|---|
| upx | any | upx.github.io, "UPX supports a number of different executable formats"; the packers work on any host |
| patchelf | any | github.com/NixOS/patchelf, src/patchelf.cc: chooses ELF32 or ELF64 and the byte order by the file |
| readelf, eu-readelf, eu-strip | any | GNU binutils manual, "readelf"; elfutils: backends for all architectures are in one library |
| llvm-strip, llvm-objcopy, llvm-objdump, llvm-nm, llvm-ar | any | llvm.org/docs/CommandGuide: LLVM's object library reads all targets |
| TRIPLE-strip, TRIPLE-objcopy … | the target's | GNU binutils manual: built for that target |
| file, scanelf, lddtree, chrpath | any | file(1); pax-utils README; chrpath(1) |
| cosign, syft, grype, trivy, gpg, minisign, sha256sum, tar … | any | they read bytes |
| strip, objcopy, objdump, nm, size | own | GNU binutils manual, "BFD": a build knows the targets that it was configured for; Debian has others in binutils-multiarch |
| ldd | own | ldd(1): has the dynamic linker load the program |
| gdb, strace, ltrace, valgrind | own | their manuals: they run the program |
"""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_FOR_ANY: Final = frozenset(
    {
        "chrpath",
        "cosign",
        "dwz",
        "eu-readelf",
        "eu-strip",
        "file",
        "grype",
        "lddtree",
        "llvm-ar",
        "llvm-nm",
        "llvm-objcopy",
        "llvm-objdump",
        "llvm-ranlib",
        "llvm-strip",
        "minisign",
        "patchelf",
        "readelf",
        "scanelf",
        "syft",
        "trivy",
        "upx",
        "upx-ucl",
    }
)
_FOR_OWN: Final = frozenset({"gdb", "ldd", "ltrace", "nm", "objcopy", "objdump", "size", "strace", "strip", "valgrind"})
_BINUTILS: Final = lazy_regex(r"(?P<triple>[a-z0-9_]+-[a-z0-9_-]+-)(?:ar|nm|objcopy|objdump|ranlib|readelf|size|strip)")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if name in _FOR_OWN:
        return Use(toolchain, invocation, Effect.NEUTRAL, name, is_for_own_machine=True)
    if name in _FOR_ANY or _BINUTILS.fullmatch(name):
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    return None


_RUNNING: Final = frozenset({"gdb", "ltrace", "strace", "valgrind"})
"""Tools that run the program of their arguments, with the whole environment."""


def _reads(invocation: Invocation, name: str) -> Reading:
    if invocation.command.name in _RUNNING:
        return Reading.MAYBE
    # Signers and scanners have settings of their own, whose names begin with theirs.
    return Reading.YES if name.startswith(invocation.command.name.upper() + "_") else Reading.NO


BINARIES: Final = Toolchain("tools on binaries", _recognize, _reads)
