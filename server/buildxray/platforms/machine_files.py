"""Names of files for a machine, which a container does not execute."""

from __future__ import annotations

from typing import Final

DISK_OR_KERNEL: Final = r"(?:\.(?:fd|img(?:\.\w+)?|(?:iso|ova|qcow2|vdi|vhdx?|vmdk)(?:\.(?:bz2|gz|lz4|xz|zip|zst))?)|(?:^|/)(?:bzImage|initramfs|initrd|vmlinu[xz])[^/]*)"
"""A regular expression for the end of the name of a disk, kernel or firmware (`OVMF_CODE.fd`) of a virtual machine."""
