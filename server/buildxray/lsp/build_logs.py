"""Read build logs and match them with the plan of a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pygls.exceptions import JsonRpcInvalidParams

from buildxray.ide.time_budget import SECONDS_IN_TERMINAL, OutOfTimeError, thread_budget
from buildxray.localization import _, localized
from buildxray.lsp.documents import Document

if TYPE_CHECKING:
    from buildxray.ide.build_times import LoadedLog, MeasuredBuild


def measured(source: str | Path, name: str, document: Document) -> tuple[LoadedLog, MeasuredBuild]:
    """Read a log, given as text or as a file, and match it, in a thread. Raises `JsonRpcInvalidParams` with the reason."""
    try:
        with thread_budget(SECONDS_IN_TERMINAL):
            return _measured(source, name, document)
    except OutOfTimeError as error:
        reason = _("{name}: not shown, because reading it takes more than {n} s", name=name, n=int(SECONDS_IN_TERMINAL))
        raise JsonRpcInvalidParams(reason) from error


def _measured(source: str | Path, name: str, document: Document) -> tuple[LoadedLog, MeasuredBuild]:
    from buildxray.ide.build_times import LoadedLog, measure_best  # noqa: PLC0415 - few documents have a log
    from buildxray.logs.model import LogError  # noqa: PLC0415
    from buildxray.logs.reader import modified, read_log, read_log_text  # noqa: PLC0415

    try:
        log = read_log_text(source) if isinstance(source, str) else read_log(source)
    except LogError as error:
        raise JsonRpcInvalidParams(f"{name}: {localized(error.message)}") from error
    loaded = LoadedLog(name, log, None if isinstance(source, str) else modified(source))
    build = measure_best(loaded, document.text, document.build.request, document.workspace)
    if build is None:
        raise JsonRpcInvalidParams(_("{name}: no build of this Dockerfile is in the log", name=name))
    return loaded, build


def load_setting(document: Document, directory: Path) -> tuple[LoadedLog, MeasuredBuild] | str:
    """The log that the setting names, or the reason why it cannot be shown."""
    path = directory / document.build.settings.log
    try:
        return measured(path, path.name, document)
    except JsonRpcInvalidParams as error:
        return str(error.message)
