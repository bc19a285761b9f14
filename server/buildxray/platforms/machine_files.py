"""Names of files for a machine, which a container does not execute."""

from __future__ import annotations

from typing import Final

DISK_OR_KERNEL: Final = (
    r"(?:\.(?:img(?:\.\w+)?|iso|ova|qcow2|vdi|vhdx?|vmdk)|(?:^|/)(?:bzImage|initramfs|initrd|vmlinu[xz])[^/]*)"
)
"""A regular expression for the end of the name of a disk or kernel of a virtual machine."""
