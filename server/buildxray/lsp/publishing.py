"""Push diagnostics, debounced if an analysis takes long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from lsprotocol import types

from buildxray.lsp.client import Client
from buildxray.lsp.documents import PATIENCE, Document
from buildxray.lsp.limits import diagnostics_in_time

_QUICK: Final = 0.02
"""Seconds; analyses that take longer are debounced."""
_log = logging.getLogger("buildxray")


class Publisher:
    """Pushes the diagnostics of open documents, until the client pulls them."""

    def __init__(self, send: Callable[[types.PublishDiagnosticsParams], None], client: Callable[[], Client]) -> None:
        self._push = send
        self._client = client
        self._pending: dict[str, asyncio.TimerHandle] = {}
        self._is_off = False

    def publish_soon(self, document: Document) -> None:
        """Effect: publish now, or debounced if the last analysis was slow; a pending older version is dropped."""
        self._forget(document.uri)
        if self._is_off:
            return
        if document.seconds < _QUICK and not document.is_given_up:
            self.publish(document)
            return
        delay = PATIENCE if document.is_given_up else document.seconds
        loop = asyncio.get_running_loop()
        self._pending[document.uri] = loop.call_later(delay, self._publish_guarded, document)

    def publish(self, document: Document) -> None:
        """Effect: send the diagnostics of a document's newest version."""
        self._forget(document.uri)
        if self._is_off or document.is_provisional:
            return
        start = time.perf_counter()
        diagnostics = diagnostics_in_time(document, self._client())
        document.seconds = time.perf_counter() - start
        self._send(document.uri, diagnostics, document.version)

    def withdraw(self, uri: str) -> None:
        """Effect: withdraw the diagnostics of a document."""
        self._forget(uri)
        if not self._is_off:
            self._send(uri, [], None)

    def publish_others(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None) -> None:
        """Effect: send the diagnostics of a document that is not a Dockerfile."""
        if not self._is_off:
            self._send(uri, diagnostics, version)

    def switch_off(self, documents: Iterable[Document]) -> None:
        """Effect: withdraw the diagnostics of these documents and push no more, because the client pulls them."""
        if self._is_off:
            return
        for document in documents:
            self.withdraw(document.uri)
        self._is_off = True

    def _send(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None) -> None:
        self._push(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def _publish_guarded(self, document: Document) -> None:
        try:
            self.publish(document)
        except Exception:  # noqa: BLE001 - a timer has nobody to raise to
            _log.exception("diagnostics of %s have failed", document.uri)

    def _forget(self, uri: str) -> None:
        pending = self._pending.pop(uri, None)
        if pending is not None:
            pending.cancel()
