"""Errors that end a command, or the work on one file, with exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buildxray.ide.time_budget import SECONDS_IN_TERMINAL, OutOfTimeError, time_budget
from buildxray.localization import _

_ISSUES = "https://github.com/buildxray/buildxray/issues"


@contextmanager
def limited(path: str) -> Iterator[None]:
    """Limit the time for one file. Raises `CliError` when it is used up."""
    try:
        with time_budget(SECONDS_IN_TERMINAL):
            yield
    except OutOfTimeError as error:
        raise CliError(
            _(
                "{path}: given up after {n} s of processor time; split the file, or leave it out with the setting `exclude`",
                path=path,
                n=int(SECONDS_IN_TERMINAL),
            )
        ) from error


class CliError(Exception):
    """An error of the user; the message names the cause and what to do."""


def system_error(error: OSError) -> str:
    """One line about an error of the system that no command has expected."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return _("{path}: cannot be read: {reason}", path=str(error.filename)[-300:], reason=reason)
    if not _has_directory():
        return _("the current directory does not exist any more; change to another one")
    # `/dev/full`, a full disk: the printed output is incomplete.
    return _("the output cannot be written: {reason}", reason=reason)


def _has_directory() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def internal_error(error: BaseException) -> str:
    """One line about a bug in buildxray: the error, its place in the code, and what to do."""
    if isinstance(error, MemoryError):
        return _("not enough memory")
    if isinstance(error, OSError) and not _has_directory():
        return system_error(error)
    traceback, place = error.__traceback__, ""
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if "buildxray" in path.parts:
            place = f"{path.parent.name}/{path.name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return _("internal error at {place}: {what}; please report it, {url}", place=place, what=what, url=_ISSUES)
