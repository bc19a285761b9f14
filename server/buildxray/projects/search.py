"""The Dockerfiles of a directory, without those that Git ignores and those of other projects.

As in Git, nothing below an ignored directory is looked at, and for each file or directory the nearest `.gitignore` with a
matching line decides, up to the root of the repository, whose `.git/info/exclude` comes last. The configuration of a user's Git
is not read. A file that Git tracks is not ignored, whatever these files say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from os import DirEntry
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import (
    ReadError,
    is_file,
    is_inside,
    list_directory,
    open_stream,
    read_project_text,
    repository_root,
)
from buildxray.localization import _
from buildxray.projects.file_names import is_dockerfile, may_be_of_another_kind, may_be_script
from buildxray.projects.git_index import tracked_files
from buildxray.projects.ignoring import IgnoreFile
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.lazy_regex import lazy_regex

FOREIGN_DIRECTORIES: Final = (
    ".venv",
    "3rdparty",
    "bower_components",
    "node_modules",
    "site-packages",
    "testdata",
    "third_party",
    "vendor",
)
"""Names of directories with the code of other projects; Go reads nothing in `testdata` either."""
EXCLUDED_DIRECTORIES: Final = (
    *FOREIGN_DIRECTORIES,
    "__fixtures__",
    "_site",
    "fixtures",
    "test-data",
    "test_data",
    "testfiles",
    "testfiles-negative",
)
"""Names of directories without Dockerfiles that the project maintains: the code of others, data of tests, the pages that Jekyll makes."""


MOST_FILES: Final = 100_000
"""Limit for the entries that one search looks at."""
_HEAD_BYTES: Final = 65_536
"""The bytes of a file that decide whether it is of another kind."""
_WRITTEN: Final = lazy_regex(rb"^[ \t]*[^\s#]", re.MULTILINE)
"""The beginning of a line that is neither blank nor a comment."""
_KEY: Final = lazy_regex(
    rb"[ \t]*(?!(?:%s):)[\w.-]+:(?=\s|$)" % "|".join(INSTRUCTION_KINDS).encode(), re.MULTILINE | re.IGNORECASE
)
"""The beginning of a line of YAML, such as `services:`, which may hold a Dockerfile (`dockerfile_inline: |`)."""
_INSTRUCTION: Final = lazy_regex(
    rb"^(?:\xef\xbb\xbf)?[ \t]*(?:%s)(?=\s|$)" % "|".join(INSTRUCTION_KINDS).encode(), re.MULTILINE | re.IGNORECASE
)
_CERTAIN_INSTRUCTION: Final = lazy_regex(
    rb"^(?:\xef\xbb\xbf)?[ \t]*(?:(?i:FROM)|%s)(?=\s|$)" % "|".join(INSTRUCTION_KINDS).encode(), re.MULTILINE
)
"""One in capitals, or FROM: in another language, `cmd` and `user` may be names."""


class _Ignoring(NamedTuple):
    """A `.gitignore` or `exclude` file."""

    depth: int
    """The number of directories from the root of the repository to the one that its patterns are relative to."""
    rules: IgnoreFile


class _Directory(NamedTuple):
    """A directory to be searched."""

    path: Path
    parts: tuple[str, ...]
    """The path as components, from the root of the repository."""
    ignoring: tuple[_Ignoring, ...]


def _say_nothing(_path: Path, _reason: str) -> None:
    """Ignore a directory that cannot be read."""


def search(
    directory: Path,
    excluded: Iterable[str] = EXCLUDED_DIRECTORIES,
    on_error: Callable[[Path, str], None] = _say_nothing,
) -> Iterator[Path]:
    """Yield the Dockerfiles in a directory and those below it, in order of name; last, those in the index of Git that an ignore file matches.

    Directories below it with one of the excluded names are passed over; the directory itself never is. Links to
    directories are not followed, and links to files only inside the repository. `on_error` takes each directory that
    cannot be read, with the reason.
    """
    start = directory.absolute()
    root = repository_root(start) or start
    parts = start.relative_to(root).parts
    ignoring = _ignoring_above(root, parts)
    names_excluded = frozenset((*excluded, ".git"))
    n_left = MOST_FILES
    # An explicit stack, because a tree may be deeper than the limit of recursion.
    waiting: list[_Directory | Path] = [_Directory(directory, parts, ignoring)]
    found: set[Path] = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, Path):
            found.add(item)
            yield item
            continue
        try:
            entries = list_directory(item.path)
        except ReadError as error:
            on_error(item.path, str(error))
            continue
        n_left -= len(entries)
        if n_left < 0:
            on_error(item.path, _("more than {n} files; name the directories that matter", n=MOST_FILES))
            return
        ignoring = item.ignoring
        if any(it.name == ".gitignore" for it in entries):
            ignoring += _read(item.path / ".gitignore", len(item.parts))
        waiting += reversed([*_inside(item._replace(ignoring=ignoring), entries, root, names_excluded)])
    for path in _tracked(directory, root, names_excluded):
        if path not in found:
            yield path


def _tracked(directory: Path, root: Path, excluded: frozenset[str]) -> Iterator[Path]:
    """Yield the Dockerfiles in a directory and below it that the index of Git has, without excluded ones."""
    prefix = directory.absolute().relative_to(root).as_posix()
    prefix = "" if prefix == "." else f"{prefix}/"
    for name in tracked_files(root) or ():
        if not name.startswith(prefix):
            continue
        *above, own = name[len(prefix) :].split("/")
        if not is_dockerfile(own) or not excluded.isdisjoint(above):
            continue
        path = directory.joinpath(*above, own)
        if is_file(path) and is_inside(path, root) and not _is_of_another_kind(path):
            yield path


def dockerfiles_of_builds(
    directory: Path, named: Iterable[Path], excluded: Iterable[str] = EXCLUDED_DIRECTORIES
) -> Iterator[Path]:
    """Yield those files in a directory and below it that builds name and that `search` leaves out because of their own names.

    In a copy of a repository, which has no index of Git, also those that an ignore file matches: they are in it.
    `named` are absolute paths of Dockerfiles; a path that is yielded begins with `directory`, as in `search`.
    """
    start = directory.absolute()
    root = repository_root(start) or start
    names_excluded = frozenset((*excluded, ".git"))
    of_builds = {
        path: is_ignored(path, root)
        for path in named
        if path.is_relative_to(start) and is_file(path) and is_inside(path, root)
    }
    index = tracked_files(root) if any(of_builds.values()) else None
    tracked = None if index is None else frozenset(index)
    # A linked worktree has its index elsewhere.
    is_copy = tracked is None and not is_file(root / ".git")
    for path, is_matched in of_builds.items():
        below, is_usual = path.relative_to(start), is_dockerfile(path.name)
        is_tracked = tracked is not None and path.relative_to(root).as_posix() in tracked
        is_left_out = not is_usual if is_tracked or not is_matched else is_copy
        if is_left_out and names_excluded.isdisjoint(below.parts[:-1]) and not _is_of_another_kind(path):
            yield directory / below


def is_ignored(path: Path, root: Path) -> bool:
    """True if Git ignores a file of a repository, or a directory above it; the file need not exist. `root` is that of the repository."""
    parts = path.relative_to(root).parts
    ignoring = _ignoring_above(root, parts)
    for length in range(1, len(parts) + 1):
        above = (it for it in reversed(ignoring) if it.depth < length)
        decisions = (it.rules.says(parts[it.depth : length], is_directory=length < len(parts)) for it in above)
        if next((it for it in decisions if it is not None), False):
            return True
    return False


def _ignoring_above(root: Path, parts: tuple[str, ...]) -> tuple[_Ignoring, ...]:
    """The ignore files of a repository that apply to a path below its root, given as components, the nearest last."""
    ignoring = _read(root / ".git" / "info" / "exclude", 0)
    for depth in range(len(parts)):
        ignoring += _read(root.joinpath(*parts[:depth], ".gitignore"), depth)
    return ignoring


def _inside(
    directory: _Directory, entries: Iterable[DirEntry[str]], root: Path, excluded: frozenset[str]
) -> Iterator[_Directory | Path]:
    """Yield the Dockerfiles and the directories in a directory, without ignored and excluded ones."""
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if not is_directory and not is_dockerfile(entry.name):
            continue
        names = (*directory.parts, entry.name)
        decisions = (it.rules.says(names[it.depth :], is_directory=is_directory) for it in reversed(directory.ignoring))
        if next((it for it in decisions if it is not None), False):
            continue
        path = directory.path / entry.name
        if is_directory:
            if entry.name not in excluded:
                yield _Directory(path, names, directory.ignoring)
        elif is_file(path) and (not entry.is_symlink() or is_inside(path, root)) and not _is_of_another_kind(path):
            yield path


def _is_of_another_kind(path: Path) -> bool:
    """True if the beginning of a file shows that it is not a Dockerfile, unless its name is `Dockerfile` or similar to `web.Dockerfile`.

    Another kind is a script, which names its interpreter first, binary data, YAML, and a text that neither begins with an instruction nor has one
    in capitals, such as the grammar `Dockerfile.tmLanguage`.
    """
    if not may_be_of_another_kind(path.name):
        return False
    try:
        with open_stream(path) as file:
            head = file.read(_HEAD_BYTES)
    except (ReadError, OSError):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        # UTF-16, which the user is told to convert.
        return False
    if head.startswith(b"#!") and may_be_script(path.name):
        return True
    written = _WRITTEN.search(head)
    is_other_text = (
        written is not None
        and _INSTRUCTION.match(head, written.start()) is None
        and (_CERTAIN_INSTRUCTION.search(head) is None or _KEY.match(head, written.start()) is not None)
    )
    return b"\0" in head or is_other_text


def _read(path: Path, depth: int) -> tuple[_Ignoring, ...]:
    text = read_project_text(path)
    return () if text is None else (_Ignoring(depth, IgnoreFile(text)),)
