"""The Dockerfiles of a directory, what `.gitignore` names left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pathspec

from buildxray.ide.file_names import is_dockerfile

_NEVER_SEARCHED: Final = frozenset({".git", "node_modules"})
_Ignored = tuple[tuple[Path, pathspec.GitIgnoreSpec], ...]


def search(directory: Path) -> Iterator[Path]:
    """The Dockerfiles in a directory and those below it, in order of name."""
    return _search(directory, ())


def _search(directory: Path, ignored: _Ignored) -> Iterator[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return
    with suppress(OSError):
        lines = (directory / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
        ignored = (*ignored, (directory, pathspec.GitIgnoreSpec.from_lines(lines)))
    for entry in entries:
        is_directory = entry.is_dir() and not entry.is_symlink()
        if _is_ignored(entry, ignored, is_directory=is_directory):
            continue
        if is_directory and entry.name not in _NEVER_SEARCHED:
            yield from _search(entry, ignored)
        elif is_dockerfile(entry.name) and entry.is_file():
            yield entry


def _is_ignored(entry: Path, ignored: _Ignored, *, is_directory: bool) -> bool:
    """What the nearest `.gitignore` that has something to say of the entry says."""
    for directory, spec in reversed(ignored):
        name = entry.relative_to(directory).as_posix() + ("/" if is_directory else "")
        include: bool | None = spec.check_file(name).include
        if include is not None:
            return include
    return False
