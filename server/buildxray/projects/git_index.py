"""The files that Git tracks, read from its index.

Source: git-scm.com/docs/index-format; Git, read-cache.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildxray.files.reading import MOST_LOCK_BYTES, read_project_bytes

_VERSIONS: Final = (2, 3, 4)
_SHORTENED: Final = 4
"""The version in which a path leaves out what it begins with as the path before it does."""
_HEADER: Final = 12
_BEFORE_FLAGS: Final = 60
"""The bytes of an entry before its flags: the times and numbers of the file, and its name in SHA-1."""
_EXTENDED: Final = 0x4000
"""The flag of an entry with 16 more flags."""
_MOST_DIGITS: Final = 4
"""The bytes of a number in version 4; a path is far shorter than four of them tell."""
_MOST_PATH: Final = 4096
"""Bytes of a path, the limit of Linux."""


def tracked_files(root: Path) -> Iterator[str] | None:
    """The paths that the index of a repository has, relative to its root, with slashes, in their order, up to a mistake in it.

    None without an index of version 2 to 4 that has names in SHA-1: in a copy, a linked worktree, a submodule.
    """
    content = read_project_bytes(root / ".git" / "index", MOST_LOCK_BYTES)
    version = 0 if content is None else int.from_bytes(content[4:8], "big")
    if content is None or content[:4] != b"DIRC" or version not in _VERSIONS:
        return None
    return _paths(content, version)


def _paths(content: bytes, version: int) -> Iterator[str]:
    """Yield the paths in an index."""
    place, path = _HEADER, b""
    for _n in range(int.from_bytes(content[8:12], "big")):
        flags = content[place + _BEFORE_FLAGS : place + _BEFORE_FLAGS + 2]
        name = place + _BEFORE_FLAGS + (4 if int.from_bytes(flags, "big") & _EXTENDED else 2)
        n_removed = len(path)
        if version == _SHORTENED:
            n_removed, name = _number(content, name)
        path = path[: max(0, len(path) - n_removed)]
        end = content.find(b"\0", name, name + _MOST_PATH)
        if not flags or end <= name or len(path) > _MOST_PATH:
            return
        path += content[name:end]
        # Up to version 3, one to eight zero bytes fill an entry up to a multiple of eight.
        place = end + 1 if version == _SHORTENED else place + (end - place + 8) // 8 * 8
        yield path.decode("utf-8", "surrogateescape")


def _number(content: bytes, place: int) -> tuple[int, int]:
    """The number of variable length at a place, and the place after it."""
    value = 0
    for n, byte in enumerate(content[place : place + _MOST_DIGITS]):
        value = ((value + 1) << 7 if n else 0) | (byte & 0x7F)
        if not byte & 0x80:
            return value, place + n + 1
    return _MOST_PATH, place + _MOST_DIGITS
