"""One request for each feature through a real process, with the capabilities of VS Code and of Neovim."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from buildxray.syntax.text import Edit, apply_edits
from tests.support.editor import SETTINGS, Editor, editor
from tests.support.markup import fixture

pytestmark = [pytest.mark.slow, pytest.mark.processes]


CLIENTS = ["visual-studio-code", "neovim"]
every_client = pytest.mark.parametrize("client", CLIENTS)


async def opened(session: Editor, markup: str) -> types.Position:
    """Open a text, and return the position of its cursor."""
    given = fixture(markup)
    await session.open(given.text)
    return session.position(given.cursor)


def document(session: Editor) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(session.uri)


@every_client
async def test_symbols_and_folds(client: str) -> None:
    async with editor(client) as session:
        await session.open("ARG V=1\nFROM é AS build\nRUN a \\\n  b\nFROM scratch\n")
        found = await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(document(session)))
        assert [it.name for it in found or ()] == ["ARG V", "build", "stage-1"]
        assert isinstance((found or [])[1], types.DocumentSymbol)
        folded = await session.client.text_document_folding_range_async(types.FoldingRangeParams(document(session)))
        assert [(it.start_line, it.end_line) for it in folded or ()] == [(1, 3), (2, 3)]


@pytest.mark.parametrize(("limit", "folds"), [(0, []), (1, [(1, 3)]), (9, [(1, 3), (2, 3)])])
async def test_no_more_folds_than_the_client_wants(limit: int, folds: list[tuple[int, int]]) -> None:
    folding = types.FoldingRangeClientCapabilities(range_limit=limit)
    wants = types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(folding_range=folding))
    async with editor(wants) as session:
        await session.open("ARG V=1\nFROM x\nRUN a \\\n  b\n")
        folded = await session.client.text_document_folding_range_async(types.FoldingRangeParams(document(session)))
        assert [(it.start_line, it.end_line) for it in folded or ()] == folds


async def test_symbols_for_a_client_that_does_not_nest_them() -> None:
    async with editor(types.ClientCapabilities()) as session:
        await session.open("FROM a AS build\nRUN b\n")
        found = await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(document(session)))
        assert [(it.name, getattr(it, "container_name", None)) for it in found or ()] == [
            ("build", None),
            ("RUN b", "build"),
        ]


@every_client
async def test_definition_references_and_rename(client: str) -> None:
    async with editor(client) as session:
        where = await opened(session, "FROM 🐳 AS <|>x\nFROM x\nCOPY --from=x a b\n")
        at = document(session)
        defined = await session.client.text_document_definition_async(types.DefinitionParams(at, where))
        assert isinstance(defined, list)
        assert [session.marked(it.range) for it in defined if isinstance(it, types.Location)] == ["x"]
        context = types.ReferenceContext(include_declaration=True)
        used = await session.client.text_document_references_async(types.ReferenceParams(context, at, where))
        assert len(used or ()) == 3
        shown = await session.client.text_document_document_highlight_async(types.DocumentHighlightParams(at, where))
        assert [it.kind for it in shown or ()] == [
            types.DocumentHighlightKind.Write,
            *[types.DocumentHighlightKind.Read] * 2,
        ]
        prepared = await session.client.text_document_prepare_rename_async(types.PrepareRenameParams(at, where))
        assert isinstance(prepared, types.Range)
        assert session.marked(prepared) == "x"
        edit = await session.client.text_document_rename_async(types.RenameParams(at, where, "base"))
        assert edit is not None
        assert session.edited(edit) == "FROM 🐳 AS base\nFROM base\nCOPY --from=base a b\n"
        with pytest.raises(JsonRpcException, match="not a name for a stage"):
            await session.client.text_document_rename_async(types.RenameParams(at, where, "No Name"))


@every_client
async def test_completion(client: str) -> None:
    async with editor(client) as session:
        where = await opened(session, "FROM é\nRUN é $TARGETA<|>\n")
        found = await session.client.text_document_completion_async(types.CompletionParams(document(session), where))
        assert isinstance(found, types.CompletionList)
        (item,) = [it for it in found.items if it.label == "TARGETARCH"]
        assert isinstance(item.text_edit, types.TextEdit)
        edits = [item.text_edit, *(item.additional_text_edits or ())]
        text = apply_edits(session.text, [Edit(session.range(it.range), it.new_text) for it in edits])
        assert text == "FROM é\nARG TARGETARCH\nRUN é $TARGETARCH\n"


@every_client
async def test_language_features(client: str) -> None:
    async with editor(client) as session:
        text = "FROM é/x AS a\nFROM a\nCOPY --from=a é /\n  run x\n"
        where = await opened(session, text.replace("FROM a\n", "FROM <|>a\n"))
        at, every = document(session), types.Range(types.Position(0, 0), types.Position(5, 0))
        ask = session.client
        helped = await ask.text_document_signature_help_async(types.SignatureHelpParams(at, where))
        assert helped is not None
        assert helped.signatures[0].label == "FROM [--platform=platform] image[:tag] [AS name]"
        links = await ask.text_document_document_link_async(types.DocumentLinkParams(at))
        assert not links
        linked = await ask.text_document_linked_editing_range_async(types.LinkedEditingRangeParams(at, where))
        assert linked is not None
        assert [session.marked(it) for it in linked.ranges] == ["a", "a", "a"]
        (selected,) = await ask.text_document_selection_range_async(types.SelectionRangeParams(at, [where])) or ()
        assert session.marked(selected.range) == "a"
        assert selected.parent is not None
        full = await ask.text_document_semantic_tokens_full_async(types.SemanticTokensParams(at))
        assert full is not None
        part = await ask.text_document_semantic_tokens_range_async(types.SemanticTokensRangeParams(at, every))
        assert part is not None
        assert part.data == full.data
        edits = await ask.text_document_formatting_async(
            types.DocumentFormattingParams(at, types.FormattingOptions(4, insert_spaces=True))
        )
        formatted = apply_edits(text, [Edit(session.range(it.range), it.new_text) for it in edits or ()])
        assert formatted == text.replace("  run x", "RUN x")
        some = await ask.text_document_range_formatting_async(
            types.DocumentRangeFormattingParams(
                at, types.Range(where, where), types.FormattingOptions(4, insert_spaces=True)
            )
        )
        assert not some
        found = await ask.workspace_symbol_async(types.WorkspaceSymbolParams("copy"))
        assert [it.name for it in found or ()] == ["COPY é /"]
        session.send(text.replace("run x", "run yy"))
        assert full.result_id is not None
        delta = await ask.text_document_semantic_tokens_full_delta_async(
            types.SemanticTokensDeltaParams(at, full.result_id)
        )
        assert isinstance(delta, types.SemanticTokensDelta)
        data = [*full.data]
        for change in delta.edits:
            data[change.start : change.start + change.delete_count] = change.data or ()
        full = await ask.text_document_semantic_tokens_full_async(types.SemanticTokensParams(at))
        assert full is not None
        assert data == [*full.data]
        assert session.errors == []


async def test_snippets_only_where_the_client_takes_them() -> None:
    async with editor(types.ClientCapabilities()) as session:
        where = await opened(session, "FROM x\nCOP<|>")
        found = await session.client.text_document_completion_async(types.CompletionParams(document(session), where))
        assert isinstance(found, types.CompletionList)
        (item,) = found.items
        assert isinstance(item.text_edit, types.TextEdit)
        assert (item.text_edit.new_text, item.insert_text_format) == ("COPY ", None)


async def test_features_of_another_server_are_left_to_it() -> None:
    settings = {**SETTINGS, "navigation": False, "general": False}
    async with editor(options=settings) as session:
        where = await opened(session, "FROM x AS a\nFROM <|>a\n")
        at, ask = document(session), session.client
        assert not await ask.text_document_definition_async(types.DefinitionParams(at, where))
        assert not await ask.text_document_document_symbol_async(types.DocumentSymbolParams(at))
        assert not await ask.text_document_folding_range_async(types.FoldingRangeParams(at))
        assert await ask.text_document_signature_help_async(types.SignatureHelpParams(at, where)) is None
        found = await ask.text_document_completion_async(types.CompletionParams(at, where))
        assert isinstance(found, types.CompletionList)
        assert list(found.items) == []
        hovered = await session.hover(len("FROM x AS a\nFR"))
        assert hovered is not None
        assert "Dockerfile reference" not in str(hovered.contents)
        where = session.position(len("FROM x AS a"))
        assert await ask.text_document_rename_async(types.RenameParams(at, where, "b")) is not None


async def test_requests_about_unopened_documents_have_empty_answers() -> None:
    async with editor() as session:
        at, where = document(session), types.Position(0, 0)
        assert not await session.client.text_document_definition_async(types.DefinitionParams(at, where))
        assert await session.client.text_document_rename_async(types.RenameParams(at, where, "x")) is None
        assert not await session.client.text_document_folding_range_async(types.FoldingRangeParams(at))
        assert session.errors == []
