"""The notification `buildxray/status`: which build and platforms a document is shown for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from buildxray.localization import localized
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document

METHOD: Final = "buildxray/status"
VERSION: Final = 1
"""The version of the format; it grows when a field changes its meaning or is removed, not when one is added."""


class StatusReporter:
    """Sends the status of each open document when it changes, to clients with `experimental.buildxrayStatus`."""

    def __init__(self, notify: Callable[[str, dict[str, Any]], None], client: Callable[[], Client]) -> None:
        self._notify = notify
        self._client = client
        self._sent: dict[str, dict[str, Any]] = {}

    def report(self, document: Document) -> None:
        """Effect: send the status of a document if it is final and has changed."""
        if not self._client().shows_status or document.is_provisional:
            return
        status = _status(document)
        if self._sent.get(document.uri) != status:
            self._sent[document.uri] = status
            self._notify(METHOD, status)

    def forget(self, uri: str) -> None:
        """Effect: forget the last status, so that it is sent when the document is opened again."""
        self._sent.pop(uri, None)


def _status(document: Document) -> dict[str, Any]:
    request = document.build.request
    log, measured = document.loaded_log, document.analysis.measured
    return {
        "version": VERSION,
        "uri": document.uri,
        "targetPlatforms": [str(it) for it in request.target_platforms],
        "buildPlatform": str(request.build_platform),
        "origin": localized(document.build.origin) or None,
        "shownOrigin": localized(document.build.shown_origin),
        "nodes": {str(it): str(request.node(it)) for it in request.target_platforms},
        "build": None if document.build.shown is None else document.build.shown.name,
        "builds": [
            {
                "name": it.name,
                "source": it.source.as_uri(),
                "line": it.line,
                "platforms": [*it.platform_names],
                "target": it.target,
                "default": it.is_default,
                "unknown": sorted(it.unknown),
            }
            for it in document.build.declared
        ],
        "log": None
        if log is None or measured is None
        else {"name": log.name, "modified": log.modified, "total": round(measured.times.total, 3)},
    }
