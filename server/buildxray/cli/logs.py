"""Read the log named in the options, and find the build of a Dockerfile in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.cli.build_options import Builds
from buildxray.cli.console import report
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.ide.build_times import LoadedLog, MeasuredBuild, measure_best
from buildxray.localization import _, localized, ngettext
from buildxray.logs.escapes import visible
from buildxray.logs.model import Log, LogError
from buildxray.logs.names import read_name, without_digest
from buildxray.logs.reader import read_log, read_stream


class Gates(NamedTuple):
    """Limits of `buildxray times`; exceeding one sets the exit code 1."""

    max_emulated: int | None
    """The most RUN steps under emulation."""
    max_minutes: float | None
    """The most minutes of the logged build; for a text that was edited since, of the lower bound of its prediction."""

    @classmethod
    def of(cls, options: argparse.Namespace) -> Gates:
        """Read the options. Raises `CliError` for minutes without a log."""
        if options.max_minutes is not None and not options.log:
            raise CliError(_("--max-minutes: expected --log, a log of the build with its times"))
        return cls(options.max_emulated, options.max_minutes)

    def is_exceeded(self, path: str, n_emulated: int, seconds: float | None) -> bool:
        """True if a file exceeds a limit; effect: report by how much."""
        is_over = False
        if self.max_emulated is not None and n_emulated > self.max_emulated:
            is_over = True
            report(
                ngettext(
                    "{path}: {n} RUN step is emulated; the limit is {limit} (--max-emulated)",
                    "{path}: {n} RUN steps are emulated; the limit is {limit} (--max-emulated)",
                    n_emulated,
                    path=path,
                    limit=self.max_emulated,
                )
            )
        if self.max_minutes is not None and seconds is not None and seconds > self.max_minutes * 60:
            is_over = True
            report(
                _(
                    "{path}: the build takes {minutes} min; the limit is {limit} min (--max-minutes)",
                    path=path,
                    minutes=f"{seconds / 60:.1f}",
                    limit=f"{self.max_minutes:g}",
                )
            )
        return is_over


class LogOfFiles:
    """The log of `--log`, for all files with a build in it."""

    def __init__(self, path: str) -> None:
        """Read the log. Raises `CliError`."""
        self.path = path
        self.error = ""
        """The error that the log has a build of none of the files; empty after the first match."""
        self._loaded = LoadedLog(path, read_log_of_user(path))
        self._fits = False

    def measured(self, path: str, text: str, builds: Builds) -> MeasuredBuild | None:
        """The build of a file that fits it best; None if the log has none. Raises `CliError`."""
        build = builds.of(path)
        measured_build = measure_best(self._loaded, text, build.request, builds.workspace(path), build.settings.rules)
        if measured_build is not None:
            self._fits, self.error = True, ""
        elif not self._fits:
            self.error = no_build(self.path, builds.shown(path), self._loaded.log)
        return measured_build


def log_of_user(options: argparse.Namespace) -> LogOfFiles | None:
    """The log that `--log` names; None without the option. Raises `CliError`."""
    if options.log == STDIN and STDIN in options.paths:
        raise CliError(_("--log -: the standard input is the Dockerfile; expected a file"))
    return LogOfFiles(options.log) if options.log else None


def no_build(log_name: str, path: str, log: Log) -> str:
    """The message that a log belongs to another Dockerfile, with one of its steps."""
    steps = [it.name for build in log.builds for it in build.vertices if read_name(it.name).is_step]
    example = without_digest(next((it for it in steps if "] RUN " in it), steps[0] if steps else ""))
    if not example:
        return _("{log}: no build of {path} is in the log", log=log_name, path=path)
    return _(
        "{log}: no build of {path} is in the log; it builds another Dockerfile, with the step `{step}`",
        log=log_name,
        path=path,
        step=visible(example if len(example) <= _LONGEST_STEP else f"{example[: _LONGEST_STEP - 1]}…"),
    )


_LONGEST_STEP: Final = 100
"""The most characters of a step in a message."""


class LoggedFile(NamedTuple):
    """A Dockerfile and its builds in a log."""

    path: str
    builds: tuple[MeasuredBuild, ...]
    """All builds, in the order of the log, including those of other Dockerfiles."""

    @property
    def best(self) -> MeasuredBuild | None:
        """The build that fits the Dockerfile best; None if none does."""
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
    """The times of a Dockerfile; for an empty path, of the text in the log, or of the file that the log names.

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
                it,
                build.request,
                workspace=workspace,
                rules=build.settings.rules,
            )
            for it in log.builds
        ),
    )
