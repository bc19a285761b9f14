"""Finding, reading and writing files."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from buildxray.cli.errors import CliError
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
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise CliError(_("{path}: cannot be read: {reason}", path=path, reason=error.strerror or error)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CliError(_("{path}:{line}: not UTF-8; convert the file first", path=path, line=line)) from error


def write_file(path: str, text: str) -> None:
    """Effect: replace a file's content at once or not at all, its permissions kept. Raises `CliError`."""
    target = Path(path).resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise CliError(_("{path}: cannot be written: {reason}", path=path, reason=error.strerror or error)) from error
