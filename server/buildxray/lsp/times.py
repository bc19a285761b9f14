"""The custom request `buildxray/times`, described in docs/protocol.md."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygls.exceptions import JsonRpcInvalidParams

from buildxray.localization import _
from buildxray.lsp import from_lsp
from buildxray.lsp.build_logs import measured
from buildxray.lsp.documents import Document
from buildxray.lsp.parameters import get

if TYPE_CHECKING:
    from buildxray.ide.build_times import LoadedLog, MeasuredBuild
    from buildxray.lsp.server import Server

TIMES: Final = "buildxray/times"
VERSION: Final = 1
_LONGEST_TEXT: Final = 64 * 1024 * 1024
"""The most characters of a log that a client sends as text."""


async def show_times(ls: Server, params: object) -> dict[str, Any] | None:
    """The times of a build of a document; None for a document that is not a Dockerfile. Raises `JsonRpcInvalidParams`.

    Effect: read the log that the client names and show its times from now on, or none any more.
    """
    uri = get(get(params, "textDocument"), "uri")
    document = ls.documents.get(uri) if isinstance(uri, str) else None
    if document is None:
        return None
    log = get(params, "log")
    if log is not None:
        loaded, measured = await asyncio.to_thread(_load, log, document)
        show_log(ls, document, loaded, measured)
    elif get(params, "clear") is True:
        show_log(ls, document, None, None)
    return times_of(document)


def show_log(ls: Server, document: Document, loaded: LoadedLog | None, measured: MeasuredBuild | None) -> None:
    """Effect: show the times of a build, and let the client refresh hints, lenses and the plan."""
    if ls.documents.get(document.uri) is document:
        document.show_log(loaded, measured)
        ls.log_changed(document)


def times_of(document: Document) -> dict[str, Any]:
    """The answer for a document: `times` is null if no log is shown."""
    from buildxray.ide.times_as_json import times_as_json  # noqa: PLC0415 - few documents have a log

    loaded, measured = document.loaded_log, document.analysis.measured
    if loaded is None or measured is None:
        return {
            "version": VERSION,
            "uri": document.uri,
            "documentVersion": document.version,
            "log": None,
            "times": None,
        }
    analysis = document.analysis
    return {
        "version": VERSION,
        "uri": document.uri,
        "documentVersion": document.version,
        "log": {"name": loaded.name, "modified": loaded.modified, "brokenLines": loaded.log.n_broken},
        "times": times_as_json(measured),
        "edited": analysis.text != measured.text,
        "saved": round(analysis.saved, 3),
        "instructions": [
            {
                "line": analysis.dockerfile.instructions[idx].first_line,
                "current": it.is_current,
                "steps": [
                    {
                        "platform": None if time.step.platform is None else str(time.step.platform),
                        "targets": [str(target) for target in time.step.targets],
                        "seconds": time.seconds,
                        "emulated": time.step.is_emulated,
                        "cached": time.is_cached,
                    }
                    for time in it.times
                ],
            }
            for idx, it in sorted(analysis.times.items())
        ],
    }


def _load(given: object, document: Document) -> tuple[LoadedLog, MeasuredBuild]:
    """Read a log that a client names by `path` or `uri`, or sends as `text`. Raises `JsonRpcInvalidParams`."""
    text, path, uri = get(given, "text"), get(given, "path"), get(given, "uri")
    if isinstance(uri, str):
        path = from_lsp.path(uri)
    if isinstance(text, str) and len(text) <= _LONGEST_TEXT:
        name = get(given, "name")
        return measured(text, name if isinstance(name, str) and name else _("clipboard"), document)
    if isinstance(path, str | Path) and path:
        return measured(Path(path), Path(path).name, document)
    raise JsonRpcInvalidParams(_("log: expected a `path`, a `uri` of a file or a `text`"))
