"""Tells clients that ask for it which platforms a document is shown for: the notification `buildxray/status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from buildxray.localization import localized

if TYPE_CHECKING:
    from buildxray.lsp.documents import Document
    from buildxray.lsp.server import Server

METHOD: Final = "buildxray/status"
VERSION: Final = 1
"""Another one where a field changes its meaning or goes; fields may be added without."""


class StatusReporter:
    """Sends the status of each open document when it changes, to clients with `experimental.buildxrayStatus`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sent: dict[str, dict[str, Any]] = {}

    def report(self, document: Document) -> None:
        """Effect: send the status of a document if it is settled, and another one than before."""
        if not self._server.client.shows_status or document.is_provisional:
            return
        status = _status(document)
        if self._sent.get(document.uri) != status:
            self._sent[document.uri] = status
            self._server.protocol.notify(METHOD, status)

    def forget(self, uri: str) -> None:
        """Effect: send the status anew when the document is opened the next time."""
        self._sent.pop(uri, None)


def _status(document: Document) -> dict[str, Any]:
    request = document.build.request
    return {
        "version": VERSION,
        "uri": document.uri,
        "targetPlatforms": [str(it) for it in request.target_platforms],
        "buildPlatform": str(request.build_platform),
        "origin": localized(document.build.origin) or None,
    }
