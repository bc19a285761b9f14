"""The server: its state is the open documents and the settings, nothing else."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

import buildxray
from buildxray.ide.file_names import is_dockerfile
from buildxray.ide.project.sources import read_workspace
from buildxray.ide.settings import Settings, read_settings
from buildxray.lsp import from_lsp, to_lsp
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document
from buildxray.lsp.tolerance import tolerant_converter, version
from buildxray.toolchains.base import Workspace

_LANGUAGES: Final = frozenset({"dockerfile", "containerfile"})
_QUICK: Final = 0.02
"""Seconds; an analysis that takes longer waits for a pause in typing."""
_log = logging.getLogger("buildxray")


class Server(LanguageServer):
    """One connection to one client."""

    def __init__(self) -> None:
        super().__init__(
            "buildxray", buildxray.__version__, types.TextDocumentSyncKind.Full, converter_factory=tolerant_converter
        )
        self.client = Client()
        self.settings = Settings()
        self.documents: dict[str, Document] = {}
        self._options: dict[str, object] = {}
        self._workspaces: dict[str, Workspace] = {}
        self._warned: set[str] = set()
        self._pending: dict[str, asyncio.TimerHandle] = {}

    def begin(self, options: object) -> None:
        """Effect: put the options of `initialize` into force; later settings go on top of them."""
        options = from_lsp.section(options)
        self._options = dict(options) if isinstance(options, Mapping) else {}
        self.configure(options)

    def configure(self, raw: object) -> None:
        """Effect: put settings into force, warn once of each wrong one, and publish what changes."""
        raw = from_lsp.section(raw)
        if isinstance(raw, Mapping):
            raw = {**self._options, **{name: value for name, value in raw.items() if value is not None}}
        settings, warnings = read_settings(raw)
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, warning))
        if settings == self.settings:
            return
        self.settings = settings
        for document in self.documents.values():
            document.configure(settings, self._workspace_of(document.uri))
            self.publish(document)
        if self.documents and self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)
        if self.documents and self.client.refreshes_lenses:
            self.workspace_code_lens_refresh(None)

    def open(self, item: types.TextDocumentItem) -> None:
        """Effect: start to watch a document, if it is a Dockerfile."""
        if item.language_id.lower() in _LANGUAGES or is_dockerfile(from_lsp.file_name(item.uri)):
            workspace = self._workspace_of(item.uri)
            document = Document.open(item.uri, version(item), item.text, self.settings, workspace)
            self.documents[item.uri] = document
            self.publish(document)

    def close(self, uri: str) -> None:
        """Effect: forget a document, and what was published of it."""
        if self.documents.pop(uri, None) is not None:
            self._forget(uri)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def refresh_workspace(self, uri: str) -> None:
        """Effect: read the files beside a document again."""
        document = self.documents.get(uri)
        directory = from_lsp.directory(uri)
        if document is None or directory is None:
            return
        known = self._workspaces.pop(directory, None)
        workspace = self._workspace_of(uri)
        if workspace != known:
            document.configure(self.settings, workspace)
            self.publish(document)

    def publish_soon(self, document: Document) -> None:
        """Effect: publish at once, or after a pause where analysing takes long; older versions are dropped."""
        self._forget(document.uri)
        if document.seconds < _QUICK:
            self.publish(document)
            return
        loop = asyncio.get_running_loop()
        self._pending[document.uri] = loop.call_later(document.seconds, self._publish_guarded, document)

    def publish(self, document: Document) -> None:
        """Effect: send the diagnostics of a document's newest version."""
        self._forget(document.uri)
        start = time.perf_counter()
        analysis = document.analysis
        diagnostics = [to_lsp.diagnostic(analysis, it, document.uri, self.client) for it in analysis.diagnostics]
        document.seconds = time.perf_counter() - start
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        )

    def _publish_guarded(self, document: Document) -> None:
        try:
            self.publish(document)
        except Exception:  # noqa: BLE001 - a timer has nobody to raise to
            _log.exception("diagnostics of %s have failed", document.uri)

    def _forget(self, uri: str) -> None:
        pending = self._pending.pop(uri, None)
        if pending is not None:
            pending.cancel()

    def _workspace_of(self, uri: str) -> Workspace:
        directory = from_lsp.directory(uri)
        if directory is None:
            return Workspace()
        if directory not in self._workspaces:
            self._workspaces[directory] = read_workspace(Path(directory))
        return self._workspaces[directory]


class _ToClient(logging.Handler):
    """Sends errors to the client's log."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.ERROR)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        self._server.window_log_message(types.LogMessageParams(types.MessageType.Error, self.format(record)))


def create_server() -> Server:
    """A server with all its features."""
    # Handlers need the server, and the server its handlers.
    from buildxray.lsp.handlers import register  # noqa: PLC0415

    server = Server()
    register(server)
    _log.addHandler(_ToClient(server))
    return server


def start_stdio() -> None:
    """Effect: serve the client at the other end of the standard streams, until it leaves."""
    server = create_server()
    _spare_the_collector()
    server.start_io()


def start_tcp(host: str, port: int) -> None:
    """Effect: serve the first client that connects, until it leaves."""
    server = create_server()
    _spare_the_collector()
    server.start_tcp(host, port)


def _spare_the_collector() -> None:
    """What is loaded by now stays; to look through it again and again would cost milliseconds a keystroke."""
    gc.collect()
    gc.freeze()


def configuration_of(params: types.DidChangeConfigurationParams) -> object:
    """The settings that a client pushes; None where it wants to be asked."""
    settings = params.settings
    return settings if isinstance(settings, Mapping) and settings else None
