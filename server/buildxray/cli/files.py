"""Finding, reading and writing the Dockerfiles that a command line names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from buildxray.cli.console import report, warn
from buildxray.cli.errors import CliError
from buildxray.files.reading import (
    MOST_DOCKERFILE_BYTES,
    ReadError,
    is_directory,
    read_bytes,
    read_stream,
    treat_as_repository,
)
from buildxray.files.writing import WriteError, replace_content
from buildxray.ide.configuration import find_configuration
from buildxray.localization import _
from buildxray.projects.builds import absolute
from buildxray.projects.file_names import is_dockerfile
from buildxray.projects.search import dockerfiles_of_builds, search

if TYPE_CHECKING:
    from buildxray.ide.project import Projects

STDIN: Final = "-"
_OTHER_KINDS: Final = frozenset(
    [
        ".bash",
        ".c",
        ".cc",
        ".cfg",
        ".cpp",
        ".cs",
        ".css",
        ".dockerignore",
        ".env",
        ".gitignore",
        ".go",
        ".h",
        ".hcl",
        ".htm",
        ".html",
        ".ini",
        ".java",
        ".js",
        ".json",
        ".jsx",
        ".kt",
        ".lock",
        ".md",
        ".mjs",
        ".mod",
        ".php",
        ".png",
        ".ps1",
        ".py",
        ".rb",
        ".rs",
        ".rst",
        ".sh",
        ".sql",
        ".sum",
        ".svg",
        ".tf",
        ".toml",
        ".ts",
        ".tsx",
        ".txt",
        ".xml",
        ".yaml",
        ".yml",
        ".zip",
    ]
)
"""Suffixes of files that are not Dockerfiles; a Dockerfile with such a name can be given as `-`."""


class Target(NamedTuple):
    """A file that a command works on."""

    path: str
    directory: str | None = None
    """The directory argument in which the file was found; None if the file itself is an argument."""


def find_targets(
    paths: Iterable[str], failed: list[str] | None = None, projects: Projects | None = None
) -> Iterator[Target]:
    """Yield the given files, and the Dockerfiles in the given directories in order of name.

    With `projects`, files of other names follow that a build of the project names as its Dockerfile. Entries that `.gitignore` or the settings of the project exclude are left out. Effect: report directories that
    cannot be searched, and append them to `failed`. Raises `CliError` for a path that is certainly wrong.
    """
    failed = [] if failed is None else failed

    def on_error(path: Path, reason: str) -> None:
        report(_("{path}: cannot be searched: {reason}", path=_short(str(path)), reason=reason))
        failed.append(str(path))

    for path in paths:
        if path == STDIN or not is_directory(path):
            if path != STDIN:
                _refuse_other_kinds(path)
            yield Target(path)
            continue
        treat_as_repository(absolute(path))
        configuration = find_configuration(absolute(path))
        excluded = configuration.settings.exclude
        files = search(Path(path), excluded, on_error)
        if projects is not None:
            files = chain(files, dockerfiles_of_builds(Path(path), projects.dockerfiles(absolute(path)), excluded))
        n_found = 0
        for file in files:
            n_found += 1
            yield Target(str(file), path)
        if not n_found:
            warn(_("no Dockerfile found in {path}", path=path))


def find_dockerfiles(
    paths: Iterable[str], failed: list[str] | None = None, projects: Projects | None = None
) -> Iterator[str]:
    """Yield the paths of `find_targets`."""
    return (it.path for it in find_targets(paths, failed, projects))


def read_file(path: str) -> str:
    """The text of a file with unchanged line ends; `-` is the standard input. Raises `CliError`."""
    try:
        content = _read_stdin() if path == STDIN else read_bytes(path, MOST_DOCKERFILE_BYTES)
    except ReadError as error:
        raise CliError(_("{path}: cannot be read: {reason}", path=_short(path), reason=error)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CliError(_("{path}:{line}: not UTF-8; convert the file first", path=path, line=line)) from error


def write_file(target: Target, old: str, new: str) -> None:
    """Effect: replace a file's text atomically; see `replace_content`. Raises `CliError`."""
    try:
        replace_content(target.path, old.encode("utf-8"), new.encode("utf-8"), target.directory)
    except WriteError as error:
        raise CliError(_("{path}: cannot be written: {reason}", path=target.path, reason=error)) from error


def _refuse_other_kinds(path: str) -> None:
    """Raise `CliError` for the name of a file of another kind, such as `compose.yaml`."""
    pure = Path(path)
    kind = pure.suffix.lower() or pure.name.lower()
    if kind in _OTHER_KINDS and not is_dockerfile(pure.name):
        raise CliError(
            _("{path}: not a Dockerfile by its name; if it is one, give it to the standard input: `-`", path=path)
        )


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise ReadError(_("the standard input is closed"))
    return read_stream(sys.stdin.buffer, MOST_DOCKERFILE_BYTES)


def _short(path: str) -> str:
    """A readable length of a path, without its beginning."""
    return path if len(path) <= 300 else f"…{path[-300:]}"
