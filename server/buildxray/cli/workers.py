"""Check files, many of them in parallel processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import progress
from buildxray.cli.errors import CliError, internal_error, limited
from buildxray.cli.files import STDIN, read_file
from buildxray.files.reading import treat_as_repository, treated_as_repositories
from buildxray.ide.batch import CheckedFile, check_text
from buildxray.localization import _, use_environment
from buildxray.rules.registry import import_all

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from buildxray.cli.logs import LogOfFiles

_MANY: Final = 64
"""The number of files from which on worker processes pay."""
_CHUNK: Final = 8


def check_files(
    paths: Sequence[str], options: BuildOptions, builds: Builds, log: LogOfFiles | None = None
) -> Iterator[CheckedFile]:
    """Check files, in order; the failure of one is stored in its `error`. `builds` are those of this process.

    A log is in the memory of this process, so the files to which it may belong are checked in this process too.
    """
    n_processes = os.cpu_count() or 1
    if len(paths) < _MANY or n_processes == 1 or STDIN in paths or log is not None:
        yield from (_check(path, builds, log) for path in paths)
    else:
        yield from progress(_in_processes(paths, options, n_processes), len(paths), _("Checking"))


def _in_processes(paths: Sequence[str], options: BuildOptions, n_processes: int) -> Iterator[CheckedFile]:
    """Check files in a pool. The files of a killed worker are checked again, each in a process of its own."""
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - few runs need it

    # The workers are forked: modules imported here need not be imported in each of them.
    import_all()
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    pool = _pool(n_processes, options)
    waits = True
    try:
        futures = [pool.submit(_check_in_worker, it) for it in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                yield from future.result()
            except BrokenProcessPool:
                for path in chunk:
                    yield _check_alone(path, options)
    except KeyboardInterrupt:
        # `main` kills the workers at once.
        waits = False
        raise
    finally:
        # Python joins the workers at its exit, where the pipe of a closing pool may raise "Bad file descriptor".
        pool.shutdown(wait=waits, cancel_futures=True)


def _check_alone(path: str, options: BuildOptions) -> CheckedFile:
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    with _pool(1, options) as pool:
        future: Future[list[CheckedFile]] = pool.submit(_check_in_worker, [path])
        try:
            return future.result()[0]
        except BrokenProcessPool:
            reason = _("the process that checked it was killed, perhaps for lack of memory")
            return CheckedFile(path, error=f"{path}: {reason}")


def _pool(n_processes: int, options: BuildOptions) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - few runs need it

    return ProcessPoolExecutor(n_processes, initializer=_begin, initargs=(options, treated_as_repositories()))


def _check(path: str, builds: Builds, log: LogOfFiles | None = None) -> CheckedFile:
    try:
        text = read_file(path)
        with limited(path):
            measured = None if log is None else log.measured(path, text, builds)
            analyzer = builds.analyzer(path, measured)
            analyzer.measured = measured
            return check_text(builds.shown(path), text, analyzer)
    except CliError as error:
        return CheckedFile(path, error=str(error))
    except Exception as error:  # noqa: BLE001 - the other files are still reported
        return CheckedFile(path, error=f"{path}: {internal_error(error)}")


_builds: Builds
"""The builds of a worker process."""


def _begin(options: BuildOptions, roots: Iterable[Path]) -> None:
    """Effect: prepare a worker process, which leaves Ctrl-C to its parent."""
    import gc  # noqa: PLC0415
    import signal  # noqa: PLC0415

    global _builds  # noqa: PLW0603 - a process of a pool keeps nothing else between two files
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Exclude the modules of the parent process from garbage collection.
    gc.freeze()
    use_environment()
    for it in roots:
        treat_as_repository(it)
    _builds = Builds(options)


def _check_in_worker(paths: Sequence[str]) -> list[CheckedFile]:
    return [_check(it, _builds) for it in paths]
