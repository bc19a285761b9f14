"""The paths that a command line names: none may be empty, and none may be overwritten by the output."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Final

from buildxray.cli.errors import CliError
from buildxray.localization import _

_OPTIONS: Final = ("paths", "path", "log", "dockerfile", "old", "new", "config")
"""The options that name files to read."""


def check_named_paths(options: argparse.Namespace) -> None:
    """Raise `CliError` for an empty path, and for an output file that is also read."""
    written = vars(options).get("output_file")
    read = [*_read(options)]
    if "" in (written, *read):
        raise CliError(_("a path is empty; did a variable have no value? Write `.` for the current directory"))
    if written is not None and any(_reads(path, written) for path in read):
        raise CliError(
            _("--output-file {path}: the command reads this file; choose another one for its output", path=written)
        )


def _reads(path: str, file: str) -> bool:
    """True if an existing file is `path`, or a Dockerfile in the directory `path`."""
    from buildxray.files.reading import is_directory, is_file, is_inside  # noqa: PLC0415 - few runs write a file
    from buildxray.projects.file_names import is_dockerfile  # noqa: PLC0415

    if not is_file(file) or path == "-":
        return False
    if is_directory(path):
        return is_dockerfile(os.path.basename(file)) and is_inside(file, path)  # noqa: PTH119 - no Path is needed
    return is_file(path) and os.path.samefile(path, file)  # noqa: PTH121


def _read(options: argparse.Namespace) -> Iterator[str]:
    for name in _OPTIONS:
        value = vars(options).get(name)
        if isinstance(value, str):
            yield value
        else:
            yield from value or ()
