"""A client that behaves like an editor: it starts a server process, keeps texts, and applies edits."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from buildxray.syntax.text import ColumnUnit, Edit, LineIndex, TextRange, apply_edits
from tests.support.warm_server import warm_command

SETTINGS = {"platforms": ["linux/amd64", "linux/arm64"], "buildPlatform": "linux/amd64"}
URI = "file:///nowhere/Dockerfile"


class Editor:
    """A client with one open document."""

    def __init__(self, client: LanguageClient, unit: ColumnUnit) -> None:
        self.client = client
        self.unit = unit
        self.text = ""
        self.version = 0
        self.uri = URI
        self.latest: list[types.Diagnostic] = []
        self.registrations: list[types.Registration] = []
        self.capabilities = types.ServerCapabilities()
        self._published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        # A queue loses no message of a fast server, unlike the client's own method for waiting.
        client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = self._published.put_nowait

    async def open(self, text: str, *, uri: str = URI, language: str = "dockerfile") -> list[types.Diagnostic]:
        self.uri, self.text, self.version = uri, text, 1
        item = types.TextDocumentItem(uri, language, self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def change(self, text: str) -> list[types.Diagnostic]:
        self.send(text)
        return await self.diagnostics()

    def send(self, text: str) -> None:
        self.text = text
        self.version += 1
        document = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def send_raw(self, method: str, params: object) -> None:
        """Send a notification that the protocol does not allow."""
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode()
        writer = self.client.protocol.writer
        assert writer is not None
        written = writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        if inspect.isawaitable(written):
            await written

    async def diagnostics(self) -> list[types.Diagnostic]:
        """The diagnostics of the current version."""
        published = await self.published()
        while published.version != self.version:
            published = await self.published()
        return [*published.diagnostics]

    async def published(self) -> types.PublishDiagnosticsParams:
        """The next diagnostics that the server publishes, for any document."""
        published = await asyncio.wait_for(self._published.get(), 60)
        self.latest = [*published.diagnostics]
        return published

    async def until(self, rules: list[str]) -> None:
        """Wait until exactly these rules report something."""
        while [it.code for it in self.latest] != rules:
            await self.published()

    async def actions(self, range_: types.Range, only: Sequence[str] | None = None) -> list[types.CodeAction]:
        context = types.CodeActionContext([], only=only)
        document = types.TextDocumentIdentifier(self.uri)
        found = await self.client.text_document_code_action_async(types.CodeActionParams(document, range_, context))
        actions = [it for it in found or () if isinstance(it, types.CodeAction)]
        assert len(actions) == len(found or ())
        return actions

    async def apply(self, action: types.CodeAction) -> list[types.Diagnostic]:
        """Apply an action, and return the new diagnostics."""
        assert action.edit is not None
        return await self.change(self.edited(action.edit))

    def edited(self, edit: types.WorkspaceEdit) -> str:
        """The text after an edit of the current version."""
        edits: list[Any] = []
        for change in edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            assert (change.text_document.uri, change.text_document.version) == (self.uri, self.version)
            edits += change.edits
        edits += (edit.changes or {}).get(self.uri, ())
        return apply_edits(self.text, [Edit(self.range(it.range), it.new_text) for it in edits])

    async def hover(self, offset: int) -> types.Hover | None:
        document = types.TextDocumentIdentifier(self.uri)
        return await self.client.text_document_hover_async(types.HoverParams(document, self.position(offset)))

    def position(self, offset: int) -> types.Position:
        return types.Position(*LineIndex.of(self.text).position(offset, self.unit))

    def range(self, range_: types.Range) -> TextRange:
        lines = LineIndex.of(self.text)
        start, end = range_.start, range_.end
        return TextRange(
            lines.offset(start.line, start.character, self.unit), lines.offset(end.line, end.character, self.unit)
        )

    def marked(self, range_: types.Range) -> str:
        """The text in a range."""
        return self.text[slice(*self.range(range_))]

    @property
    def errors(self) -> list[str]:
        """The errors that the server has logged or shown."""
        logged = [it.message for it in self.client.log_messages if it.type is types.MessageType.Error]
        return logged + [it.message for it in self.client.messages if it.type is types.MessageType.Error]


@asynccontextmanager
async def editor(
    capabilities: str | types.ClientCapabilities = "visual-studio-code",
    *,
    units: Sequence[ColumnUnit] | None = None,
    options: object = SETTINGS,
    configuration: dict[str, Any] | None = None,
    folders: Sequence[Path] = (),
    locale: str | None = None,
) -> AsyncIterator[Editor]:
    """A session with a server of its own."""
    spec = client_capabilities(capabilities) if isinstance(capabilities, str) else capabilities
    if units is not None:
        spec.general = spec.general or types.GeneralClientCapabilities()
        spec.general.position_encodings = [*units]
    client = await ClientServerConfig(warm_command()).start()
    assert isinstance(client, LanguageClient)
    registrations: list[types.Registration] = []

    def accept(params: types.RegistrationParams) -> None:
        registrations.extend(params.registrations)

    client.feature(types.CLIENT_REGISTER_CAPABILITY)(accept)
    if configuration is not None:
        client.set_configuration(configuration, section="buildxray")
    result = await client.initialize_session(
        types.InitializeParams(
            capabilities=spec,
            initialization_options=options,
            root_uri=None,
            locale=locale,
            workspace_folders=[types.WorkspaceFolder(it.as_uri(), it.name) for it in folders] or None,
        )
    )
    encoding = result.capabilities.position_encoding
    try:
        session = Editor(client, cast("ColumnUnit", str(getattr(encoding, "value", encoding or "utf-16"))))
        session.registrations = registrations
        session.capabilities = result.capabilities
        yield session
    finally:
        await client.shutdown_session()
        await client.stop()  # type: ignore[no-untyped-call]
