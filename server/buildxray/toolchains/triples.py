"""Target triples, as compilers name machines: `aarch64-unknown-linux-gnu`."""

from __future__ import annotations

from typing import Final

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


def architecture_of(triple: str) -> str | None:
    """The architecture as in platforms; None if images are not built for it, as for firmware: `arm-none-eabi`, `riscv64-unknown-elf`."""
    if not {"elf", "none", "eabi", "eabihf", "uefi"}.isdisjoint(triple.split("-")[1:]):
        return None
    return _ARCHITECTURES.get(triple.partition("-")[0])
