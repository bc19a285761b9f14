"""Finding, reading and writing files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from buildxray.cli.errors import CliError
from buildxray.files.reading import MOST_DOCKERFILE_BYTES, ReadError, read_bytes, read_stream
from buildxray.files.writing import WriteError, replace_content
from buildxray.ide.configuration import find_configuration
from buildxray.localization import _
from buildxray.projects.builds import absolute
from buildxray.projects.search import search

STDIN: Final = "-"


def find_dockerfiles(paths: Iterable[str]) -> Iterator[str]:
    """Yield files as given, and the Dockerfiles in directories in order of name.

    What `.gitignore` names, and what the project's settings exclude, is left out.
    """
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            configuration = find_configuration(absolute(path))
            yield from map(str, search(Path(path), configuration.settings.exclude))
        else:
            yield path


def read_file(path: str) -> str:
    """The text of a file, line ends untouched; `-` is the standard input. Raises `CliError`."""
    try:
        content = _read_stdin() if path == STDIN else read_bytes(path, MOST_DOCKERFILE_BYTES)
    except ReadError as error:
        raise CliError(_("{path}: cannot be read: {reason}", path=path, reason=error)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CliError(_("{path}:{line}: not UTF-8; convert the file first", path=path, line=line)) from error


def write_file(path: str, old: str, new: str, directory: str | None = None) -> None:
    """Effect: replace a file's text at once or not at all; see `replace_content`. Raises `CliError`."""
    try:
        replace_content(path, old.encode("utf-8"), new.encode("utf-8"), directory)
    except WriteError as error:
        raise CliError(_("{path}: cannot be written: {reason}", path=path, reason=error)) from error


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise ReadError(_("the standard input is closed"))
    return read_stream(sys.stdin.buffer, MOST_DOCKERFILE_BYTES)
