"""Checking files: one after the other, or many of them in parallel processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import progress
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.ide.batch import CheckedFile, check_text
from buildxray.localization import _, use_environment

_MANY: Final = 64
"""Files from which on it pays to start other processes."""
_CHUNK: Final = 8


def check_files(paths: Sequence[str], options: BuildOptions) -> Iterator[CheckedFile]:
    """Check files, in their order. Raises `CliError` for a wrong configuration file."""
    n_processes = os.cpu_count() or 1
    if len(paths) < _MANY or n_processes == 1 or STDIN in paths:
        builds = Builds(options)
        yield from (_check(path, builds) for path in paths)
        return
    with ProcessPoolExecutor(n_processes, initializer=_begin, initargs=(options,)) as pool:
        yield from progress(pool.map(_check_in_worker, paths, chunksize=_CHUNK), len(paths), _("Checking"))


def _check(path: str, builds: Builds) -> CheckedFile:
    try:
        text = read_file(path)
    except CliError as error:
        return CheckedFile(path, error=str(error))
    return check_text(path, text, builds.analyzer(path))


_builds: Builds
"""Of a worker process."""


def _begin(options: BuildOptions) -> None:
    global _builds  # noqa: PLW0603 - a process of a pool keeps nothing else between two files
    use_environment()
    _builds = Builds(options)


def _check_in_worker(path: str) -> CheckedFile:
    return _check(path, _builds)
