"""The Dockerfiles of a directory, without those that Git ignores and those that others have written.

As in Git, each file and directory is looked up by itself, nothing below an ignored directory is looked at, and the
nearest `.gitignore` with something to say decides; those above the directory count up to the root of the repository,
whose `.git/info/exclude` comes last. The configuration of a user's Git is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from pathspec import GitIgnoreSpec, RegexPattern

from buildxray.files.reading import ReadError, is_inside, list_directory, read_project_text
from buildxray.projects.file_names import is_dockerfile

EXCLUDED_DIRECTORIES: Final = ("node_modules", "testdata", "third_party", "vendor")
"""Names of directories that hold what others have written, or what tests feed to programs."""


class _Ignoring(NamedTuple):
    """What a file of Git's leaves out."""

    depth: int
    """How many directories below the root of the repository it holds from."""
    of_files: tuple[RegexPattern, ...]
    of_directories: tuple[RegexPattern, ...]
    """Without a slash at their ends: the names of directories are looked up without one too."""

    def says(self, parts: tuple[str, ...], *, is_directory: bool) -> bool | None:
        """Whether an entry, by its path below the root of the repository, is left out; None where nothing is said."""
        name = "/".join(parts[self.depth :])
        for pattern in reversed(self.of_directories if is_directory else self.of_files):
            match = None if pattern.include is None or pattern.regex is None else pattern.regex.match(name)
            # The only group with a name marks the end of a directory that holds the entry.
            if match is not None and match.lastgroup is None:
                return pattern.include
        return None


def search(directory: Path, excluded: Iterable[str] = EXCLUDED_DIRECTORIES) -> Iterator[Path]:
    """Yield the Dockerfiles in a directory and those below it, in order of name.

    Directories below it with one of the excluded names are passed over; the directory itself never is.
    """
    above = [directory.absolute(), *directory.absolute().parents]
    root = next((it for it in above if (it / ".git").exists()), above[0])
    parts = above[0].relative_to(root).parts
    ignoring = _read(root / ".git" / "info" / "exclude", 0)
    for depth in range(len(parts)):
        ignoring += _read(root.joinpath(*parts[:depth], ".gitignore"), depth)
    return _search(directory, root, parts, ignoring, frozenset((*excluded, ".git")))


def _search(
    directory: Path, root: Path, parts: tuple[str, ...], ignoring: tuple[_Ignoring, ...], excluded: frozenset[str]
) -> Iterator[Path]:
    try:
        entries = list_directory(directory)
    except ReadError:
        return
    ignoring += _read(directory / ".gitignore", len(parts))
    for entry in entries:
        is_directory = entry.is_dir() and not entry.is_symlink()
        names = (*parts, entry.name)
        said = (it.says(names, is_directory=is_directory) for it in reversed(ignoring))
        if next((it for it in said if it is not None), False):
            continue
        path = directory / entry.name
        if is_directory and entry.name not in excluded:
            yield from _search(path, root, names, ignoring, excluded)
        elif is_dockerfile(entry.name) and entry.is_file() and (not entry.is_symlink() or is_inside(path, root)):
            yield path


def _read(path: Path, depth: int) -> tuple[_Ignoring, ...]:
    text = read_project_text(path)
    if text is not None:
        lines = text.splitlines()
        of_files = (it for it in lines if not it.rstrip(" ").endswith("/"))
        of_directories = (it.rstrip(" ")[:-1] if it.rstrip(" ").endswith("/") else it for it in lines)
        return (_Ignoring(depth, _patterns(of_files), _patterns(of_directories)),)
    return ()


def _patterns(lines: Iterable[str]) -> tuple[RegexPattern, ...]:
    found: list[RegexPattern] = []
    for line in lines:
        # As Git does, a line that is no pattern is passed over.
        with suppress(ValueError):
            found += GitIgnoreSpec.from_lines([line]).patterns
    return tuple(found)
