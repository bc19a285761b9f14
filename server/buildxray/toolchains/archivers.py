"""Programs that unpack archives. Source: the manuals of GNU tar, bsdtar and Info-ZIP, and of each program that decompresses one file."""

from __future__ import annotations

from typing import Final, NamedTuple


class Unpacker(NamedTuple):
    """A program that writes the files of an archive into a directory."""

    into: tuple[str, ...]
    """The options that name the directory."""
    with_value: frozenset[str]
    """The options whose value is a separate word."""


UNPACKERS: Final = {
    "bsdtar": Unpacker(("-C", "--directory"), frozenset({"-C", "-X", "-T", "-f", "-s"})),
    "tar": Unpacker(
        ("-C", "--directory"),
        frozenset({"-C", "-T", "-X", "-f", "--directory", "--exclude", "--file", "--files-from", "--transform"}),
    ),
    "unzip": Unpacker(("-d",), frozenset({"-d", "-x"})),
}
DECOMPRESSING: Final = frozenset(
    {
        "7z", "7za", "ar", "bunzip2", "bzcat", "bzip2", "cpio", "funzip", "gunzip", "gzip", "lz4", "unxz", "unzstd", "xz", "xzcat", "zcat",
        "zstd",
    }
)  # fmt: skip
"""Programs that decompress one file, or write the files of an archive in a way that is not read."""
