"""Editors other than VS Code: columns in UTF-8, no dynamic registration, no file watching."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from buildxray.syntax.text import Edit, apply_edits
from tests.support.editor import Editor, editor
from tests.support.markup import fixture

pytestmark = [pytest.mark.slow, pytest.mark.processes]

EMULATED = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"


def columns_in_bytes() -> types.ClientCapabilities:
    """A client that counts columns in bytes, registers nothing, and names each capability that it has, as Helix does."""
    document = types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
        rename=types.RenameClientCapabilities(dynamic_registration=False, prepare_support=True),
        inlay_hint=types.InlayHintClientCapabilities(dynamic_registration=False),
        diagnostic=types.DiagnosticClientCapabilities(dynamic_registration=False),
    )
    workspace = types.WorkspaceClientCapabilities(
        configuration=True,
        did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=False),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=False),
    )
    general = types.GeneralClientCapabilities(position_encodings=["utf-8", "utf-32", "utf-16"])
    return types.ClientCapabilities(text_document=document, workspace=workspace, general=general)


def document(session: Editor) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(session.uri)


async def test_every_range_is_in_bytes() -> None:
    given = fixture("FROM é🐳 AS x\n  RUN echo é🐳 \\\n\t&& true\nFROM <|>x\nCOPY --from=x é🐳 /\n")
    async with editor(columns_in_bytes(), configuration={}) as session:
        assert session.unit == "utf-8"
        await session.open(given.text)
        where, at, ask = session.position(given.cursor), document(session), session.client
        whole = types.Range(types.Position(0, 0), types.Position(5, 0))
        prepared = await ask.text_document_prepare_rename_async(types.PrepareRenameParams(at, where))
        assert isinstance(prepared, types.Range)
        assert session.marked(prepared) == "x"
        (selected,) = await ask.text_document_selection_range_async(types.SelectionRangeParams(at, [where])) or ()
        assert session.marked(selected.range) == "x"
        shown = await ask.text_document_document_highlight_async(types.DocumentHighlightParams(at, where))
        assert [session.marked(it.range) for it in shown or ()] == ["x", "x", "x"]
        second = types.Range(types.Position(1, 0), types.Position(2, 0))
        options = types.FormattingOptions(2, insert_spaces=True)
        edits = await ask.text_document_range_formatting_async(types.DocumentRangeFormattingParams(at, second, options))
        formatted = apply_edits(given.text, [Edit(session.range(it.range), it.new_text) for it in edits or ()])
        assert formatted.startswith("FROM é🐳 AS x\nRUN echo é🐳 \\\n")
        hints = await ask.text_document_inlay_hint_async(types.InlayHintParams(at, whole))
        ends = [session.text[: session.range(types.Range(it.position, it.position)).start] for it in hints or ()]
        assert ends
        assert all(it.endswith("true") or it.rpartition("\n")[2].strip() for it in ends)
        folded = await ask.text_document_folding_range_async(types.FoldingRangeParams(at))
        assert [(it.start_line, it.end_line) for it in folded or ()] == [(0, 2), (3, 4), (1, 2)]
        report = await ask.text_document_diagnostic_async(types.DocumentDiagnosticParams(at))
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert session.errors == []


async def test_nothing_is_registered_with_a_client_that_cannot() -> None:
    async with editor(columns_in_bytes(), configuration={}) as session:
        await session.open("FROM x\n")
        assert session.registrations == []
        assert session.errors == []


async def test_saving_reads_the_project_again_where_nobody_watches_files(tmp_path: Path) -> None:
    bake, uri = tmp_path / "docker-bake.hcl", (tmp_path / "Dockerfile").as_uri()
    bake.write_text('target "app" { platforms = ["linux/amd64"] }\n')
    options = {"buildPlatform": "linux/amd64"}
    async with editor(columns_in_bytes(), options=options, configuration=options) as session:
        assert await session.open(EMULATED, uri=uri) == []
        bake.write_text('target "app" { platforms = ["linux/amd64", "linux/s390x"] }\n')
        saved = types.TextDocumentIdentifier(bake.as_uri())
        session.client.text_document_did_save(types.DidSaveTextDocumentParams(saved))
        await session.until(["emulated-build"])
        assert "linux/s390x" in str(session.latest[0].message)


async def test_settings_are_pulled_and_pushed_without_a_registration() -> None:
    one = {"platforms": ["linux/amd64"], "buildPlatform": "linux/amd64"}
    two = {"platforms": ["linux/amd64", "linux/arm64"], "buildPlatform": "linux/amd64"}
    async with editor(columns_in_bytes(), options=None, configuration=one) as session:
        await session.open(EMULATED)
        await session.until([])
        pushed = types.DidChangeConfigurationParams({"buildxray": two})
        session.client.workspace_did_change_configuration(pushed)
        await session.until(["emulated-build"])
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await session.until([])


async def test_capabilities_of_the_server() -> None:
    """Editors without dynamic registration know only the answer to `initialize`."""
    async with editor(columns_in_bytes(), configuration={}) as session:
        can = session.capabilities
        assert can.position_encoding == "utf-8"
        assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
        assert can.text_document_sync.save
        assert can.text_document_sync.open_close
        assert can.document_range_formatting_provider
        assert can.folding_range_provider
        assert can.selection_range_provider
        assert isinstance(can.rename_provider, types.RenameOptions)
        assert can.rename_provider.prepare_provider
        assert isinstance(can.diagnostic_provider, types.DiagnosticOptions | types.DiagnosticRegistrationOptions)
        assert can.diagnostic_provider.workspace_diagnostics
        # Hints come with their tooltips: there is nothing to resolve.
        assert not getattr(can.inlay_hint_provider, "resolve_provider", False)
