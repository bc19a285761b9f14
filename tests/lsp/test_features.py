"""Each feature of the editor once through the process, as VS Code and as Neovim ask for it."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from buildxray.syntax.text import Edit, apply_edits
from tests.support.editor import Editor, editor
from tests.support.markup import fixture

CLIENTS = ["visual-studio-code", "neovim"]
every_client = pytest.mark.parametrize("client", CLIENTS)


async def opened(session: Editor, markup: str) -> types.Position:
    """Open a text, and give the position of its cursor."""
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


async def test_symbols_for_a_client_that_does_not_nest_them() -> None:
    async with editor(types.ClientCapabilities()) as session:
        await session.open("FROM a AS build\nRUN b\n")
        found = await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(document(session)))
        assert [(it.name, getattr(it, "container_name", None)) for it in found or ()] == [
            ("build", None),
            ("RUN", "build"),
        ]


@every_client
async def test_names(client: str) -> None:
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


async def test_no_document_no_answer() -> None:
    async with editor() as session:
        at, where = document(session), types.Position(0, 0)
        assert not await session.client.text_document_definition_async(types.DefinitionParams(at, where))
        assert await session.client.text_document_rename_async(types.RenameParams(at, where, "x")) is None
        assert not await session.client.text_document_folding_range_async(types.FoldingRangeParams(at))
        assert session.errors == []
