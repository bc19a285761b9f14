"""Reading the log that the user names, and finding the build of a Dockerfile in it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from buildxray.cli.build_options import Builds
from buildxray.cli.console import report
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.ide.build_times import MeasuredBuild
from buildxray.localization import _, localized, ngettext
from buildxray.logs.model import Log, LogError
from buildxray.logs.reader import read_log, read_stream


class LoggedFile(NamedTuple):
    """A Dockerfile and its builds in a log."""

    path: str
    builds: tuple[MeasuredBuild, ...]
    """In the order of the log; those of other Dockerfiles are among them."""

    @property
    def best(self) -> MeasuredBuild | None:
        """The build that fits the Dockerfile best; None where none does."""
        fitting = [it for it in self.builds if it.times.fits]
        return min(fitting, key=lambda it: len(it.times.matching.unmatched), default=None)


def read_log_of_user(path: str) -> Log:
    """Read a log; `-` is the standard input. Raises `CliError`; effect: report lines that could not be read."""
    try:
        log = read_stream(sys.stdin.buffer) if path == STDIN else read_log(Path(path))
    except LogError as error:
        name = _("the standard input") if path == STDIN else path
        raise CliError(f"{name}: {localized(error.message)}") from error
    if log.n_broken:
        report(
            ngettext(
                "{path}: {n} line could not be read and was left out",
                "{path}: {n} lines could not be read and were left out",
                log.n_broken,
                path=path,
            )
        )
    return log


def measure_file(log: Log, path: str, builds: Builds) -> LoggedFile:
    """The times of a Dockerfile; an empty path is the text that the log has, or the file that it names.

    Raises `CliError`.
    """
    recorded = next((it for it in log.builds if it.dockerfile is not None), None)
    if not path and recorded is not None and recorded.dockerfile is not None:
        name = (recorded.request.file_name if recorded.request is not None else "") or "Dockerfile"
        return _measured(log, name, recorded.dockerfile, builds)
    path = path or "Dockerfile"
    return _measured(log, path, read_file(path), builds)


def _measured(log: Log, path: str, text: str, builds: Builds) -> LoggedFile:
    build = builds.of(path)
    workspace = builds.workspace(path)
    return LoggedFile(
        path,
        tuple(
            MeasuredBuild(
                text,
                replace(it, dockerfile=it.dockerfile),
                build.request,
                workspace=workspace,
                rules=build.settings.rules,
            )
            for it in log.builds
        ),
    )
