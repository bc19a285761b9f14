"""Handlers of general language features: signatures, links, tokens, selections, formatting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lsprotocol import types

from buildxray.ide.document_links import document_links
from buildxray.ide.formatting import format_edits, format_edits_in, format_on_type
from buildxray.ide.navigation import linked_ranges
from buildxray.ide.outline import Symbol, symbols
from buildxray.ide.selection_ranges import selection_ranges
from buildxray.ide.semantic_tokens import TYPES, semantic_tokens, semantic_tokens_in
from buildxray.ide.signature_help import signatures
from buildxray.lsp import from_lsp, to_lsp
from buildxray.lsp.documents import Document
from buildxray.lsp.server import Server

_LEGEND: Final = types.SemanticTokensLegend(token_types=[*TYPES], token_modifiers=[])
_SIGNATURE: Final = types.SignatureHelpOptions(trigger_characters=[" ", "[", ",", "=", "-"])
_ON_TYPE: Final = types.DocumentOnTypeFormattingOptions("\n")
_MOST_SYMBOLS: Final = 500
"""The most results of one workspace symbol search."""


def register(server: Server, guarded: Callable[[Callable[[Server, Any], Any]], Callable[[Server, Any], Any]]) -> None:
    """Effect: register these handlers."""
    server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, _SIGNATURE)(guarded(signature_help))
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)(guarded(document_link))
    server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)(guarded(selection_range))
    server.feature(types.TEXT_DOCUMENT_LINKED_EDITING_RANGE)(guarded(linked_editing_range))
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, _LEGEND)(guarded(semantic_tokens_full))
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA)(guarded(semantic_tokens_delta))
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE)(guarded(semantic_tokens_range))
    server.feature(types.TEXT_DOCUMENT_FORMATTING)(guarded(formatting))
    server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)(guarded(range_formatting))
    server.feature(types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, _ON_TYPE)(guarded(on_type_formatting))
    server.feature(types.WORKSPACE_SYMBOL)(guarded(workspace_symbol))


def signature_help(ls: Server, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    """The forms of the instruction at a position."""
    document = _document(ls, params.text_document)
    if document is None:
        return None
    lines = document.analysis.lines
    forms = signatures(document.analysis, from_lsp.offset(lines, params.position, ls.client.unit))
    return to_lsp.signature_help(forms, ls.client) if forms else None


def document_link(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    """Images, files and URLs."""
    document = _document(ls, params.text_document)
    if document is None:
        return []
    lines, lister = document.analysis.lines, ls.context_lister(document.uri)
    links = document_links(document.analysis, None if lister is None else lister.path)
    return [types.DocumentLink(to_lsp.range_(lines, it.range, ls.client.unit), target=it.target) for it in links]


def selection_range(ls: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
    """The selection ranges at each position."""
    document = _document(ls, params.text_document)
    if document is None:
        return []
    lines, unit = document.analysis.lines, ls.client.unit
    return [
        to_lsp.selection_range(lines, selection_ranges(document.analysis, from_lsp.offset(lines, it, unit)), unit)
        for it in params.positions
    ]


def linked_editing_range(ls: Server, params: types.LinkedEditingRangeParams) -> types.LinkedEditingRanges | None:
    """The occurrences of a stage's name."""
    document = _document(ls, params.text_document)
    if document is None:
        return None
    lines, unit = document.analysis.lines, ls.client.unit
    ranges = linked_ranges(document.analysis, from_lsp.offset(lines, params.position, unit))
    if not ranges:
        return None
    return types.LinkedEditingRanges([to_lsp.range_(lines, it, unit) for it in ranges], word_pattern=r"[\w.-]+")


def semantic_tokens_full(ls: Server, params: types.SemanticTokensParams) -> types.SemanticTokens:
    """The tokens of a document."""
    document = _document(ls, params.text_document)
    if document is None:
        return types.SemanticTokens([])
    result_id, data = _tokens(ls, document)
    return types.SemanticTokens(data, result_id=result_id)


def semantic_tokens_delta(
    ls: Server, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta:
    """The difference to the tokens that the client has."""
    document = _document(ls, params.text_document)
    before = None if document is None else document.shown_tokens
    if document is None or before is None or before[0] != params.previous_result_id:
        return semantic_tokens_full(ls, types.SemanticTokensParams(params.text_document))
    result_id, data = _tokens(ls, document)
    return types.SemanticTokensDelta(to_lsp.token_edits(before[1], data), result_id=result_id)


def _tokens(ls: Server, document: Document) -> tuple[str, list[int]]:
    """The tokens of this revision with their result id; the cached ones if the text has not changed."""
    result_id = str(document.revision)
    if document.shown_tokens is None or document.shown_tokens[0] != result_id:
        data = to_lsp.semantic_tokens(document.analysis.lines, semantic_tokens(document.analysis), ls.client.unit)
        document.shown_tokens = (result_id, data)
    return document.shown_tokens


def semantic_tokens_range(ls: Server, params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
    """The tokens of a part of a document."""
    document = _document(ls, params.text_document)
    if document is None:
        return types.SemanticTokens([])
    lines = document.analysis.lines
    place = from_lsp.text_range(lines, params.range, ls.client.unit)
    return types.SemanticTokens(
        to_lsp.semantic_tokens(lines, semantic_tokens_in(document.analysis, place), ls.client.unit)
    )


def formatting(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    """The edits that format a document."""
    return _formatted(ls, params.text_document, params.options, None)


def range_formatting(ls: Server, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit]:
    """The edits that format the lines of a range."""
    return _formatted(ls, params.text_document, params.options, params.range)


def on_type_formatting(ls: Server, params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit]:
    """The indentation of a new line that continues an instruction."""
    document = _document(ls, params.text_document)
    if document is None:
        return []
    lines, unit = document.analysis.lines, ls.client.unit
    offset = from_lsp.offset(lines, params.position, unit)
    edits = format_on_type(document.analysis.dockerfile, offset, from_lsp.format_options(params.options))
    return [types.TextEdit(to_lsp.range_(lines, it.range, unit), it.new_text) for it in edits]


def workspace_symbol(ls: Server, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    """The stages and instructions of the open documents whose names contain the query."""
    query = params.query.lower()
    matches: list[types.SymbolInformation] = []
    for document in ls.documents.values():
        if not document.build.settings.navigation:
            continue
        matching = [it for it in symbols(document.analysis) if _matches(it, query)]
        for symbol in matching:
            flat = to_lsp.flat_symbols(document.analysis.lines, symbol, document.uri, ls.client.unit)
            matches += [it for it in flat if query in it.name.lower()]
    return matches[:_MOST_SYMBOLS]


def _matches(symbol: Symbol, query: str) -> bool:
    return query in symbol.name.lower() or any(query in it.name.lower() for it in symbol.children)


def _document(ls: Server, identifier: types.TextDocumentIdentifier) -> Document | None:
    """An open document for which these features are switched on."""
    document = ls.documents.get(identifier.uri)
    return document if document is not None and document.build.settings.general else None


def _formatted(
    ls: Server,
    identifier: types.TextDocumentIdentifier,
    options: types.FormattingOptions,
    range_: types.Range | None,
) -> list[types.TextEdit]:
    document = _document(ls, identifier)
    if document is None:
        return []
    lines, unit = document.analysis.lines, ls.client.unit
    dockerfile, indentation = document.analysis.dockerfile, from_lsp.format_options(options)
    if range_ is None:
        edits = format_edits(dockerfile, indentation)
    else:
        edits = format_edits_in(dockerfile, lines, from_lsp.text_range(lines, range_, unit), indentation)
    return [types.TextEdit(to_lsp.range_(lines, it.range, unit), it.new_text) for it in edits]
