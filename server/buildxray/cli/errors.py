"""What ends a command, or the work on one file, with exit code 2."""

from __future__ import annotations

from pathlib import Path

from buildxray.localization import _

_ISSUES = "https://github.com/buildxray/buildxray/issues"


class CliError(Exception):
    """Something that the user has to change; the message names it and says what to do."""


def internal_error(error: BaseException) -> str:
    """One line about an error of buildxray itself: what, where in the code, and what to do."""
    if isinstance(error, MemoryError):
        return _("not enough memory")
    traceback, place = error.__traceback__, ""
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if "buildxray" in path.parts:
            place = f"{path.parent.name}/{path.name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return _("internal error at {place}: {what}; please report it, {url}", place=place, what=what, url=_ISSUES)
