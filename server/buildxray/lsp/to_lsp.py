"""Convert our types to those of the protocol; each function is named after what it returns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from buildxray.ide.analysis import Analysis
from buildxray.ide.code_actions import Action
from buildxray.ide.code_lens import CodeLens
from buildxray.ide.completion.base import Completion
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.hover.base import Hover
from buildxray.ide.inlay_hints import InlayHint
from buildxray.ide.navigation import Highlight
from buildxray.ide.outline import Fold, Symbol
from buildxray.ide.semantic_tokens import SemanticToken
from buildxray.ide.signature_help import Signature
from buildxray.lsp.client import CHOOSE_BUILD, SHOW_PLAN, Client
from buildxray.rules.base import Severity
from buildxray.syntax.text import ColumnUnit, Edit, LineIndex, TextRange

if TYPE_CHECKING:
    from buildxray.ide.project_files.lenses import BuildLens

_SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
}


def position(lines: LineIndex, offset: int, unit: ColumnUnit) -> types.Position:
    """The position of an offset."""
    line, column = lines.position(offset, unit)
    return types.Position(line, column)


def range_(lines: LineIndex, text_range: TextRange, unit: ColumnUnit) -> types.Range:
    """The range of positions."""
    return types.Range(position(lines, text_range.start, unit), position(lines, text_range.end, unit))


def diagnostics(analysis: Analysis, uri: str, client: Client) -> list[types.Diagnostic]:
    """All diagnostics of a document."""
    return [diagnostic(analysis.lines, it, uri, client) for it in analysis.diagnostics]


def diagnostic(lines: LineIndex, it: Diagnostic, uri: str, client: Client) -> types.Diagnostic:
    """A diagnostic, reduced to what the client supports."""
    unit = client.unit
    related = [
        types.DiagnosticRelatedInformation(types.Location(uri, range_(lines, other.range, unit)), other.message)
        for other in it.related
    ]
    is_faded = it.is_unnecessary and types.DiagnosticTag.Unnecessary in client.tags
    return types.Diagnostic(
        range_(lines, it.range, unit),
        it.message,
        severity=_SEVERITY[it.severity],
        code=it.rule,
        code_description=types.CodeDescription(it.documentation_url) if client.shows_documentation else None,
        source="buildxray",
        tags=[types.DiagnosticTag.Unnecessary] if is_faded else None,
        related_information=related if related and client.shows_related else None,
    )


def code_action(analysis: Analysis, action: Action, uri: str, version: int | None, client: Client) -> types.CodeAction:
    """A code action that needs no further request."""
    return types.CodeAction(
        action.title,
        kind=action.kind,
        diagnostics=[diagnostic(analysis.lines, it, uri, client) for it in action.diagnostics],
        is_preferred=action.is_preferred,
        edit=workspace_edit(analysis.lines, action.edits, uri, version, client),
    )


def workspace_edit(
    lines: LineIndex, edits: Iterable[Edit], uri: str, version: int | None, client: Client
) -> types.WorkspaceEdit:
    """Edits of one document, with its version if the client supports that."""
    text_edits = [types.TextEdit(range_(lines, it.range, client.unit), it.new_text) for it in edits]
    if not client.takes_versioned_edits:
        return types.WorkspaceEdit(changes={uri: text_edits})
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, text_edits)])


def hover(lines: LineIndex, it: Hover, client: Client) -> types.Hover:
    """A hover in Markdown, or as plain text for a client without Markdown."""
    return types.Hover(markup(it.markdown, client), range_(lines, it.range, client.unit))


def inlay_hint(lines: LineIndex, it: InlayHint, client: Client) -> types.InlayHint:
    """A hint with its explanation."""
    tooltip = (
        types.MarkupContent(types.MarkupKind.Markdown, it.tooltip) if client.shows_markdown else _plain(it.tooltip)
    )
    return types.InlayHint(position(lines, it.offset, client.unit), it.label, tooltip=tooltip, padding_left=True)


def code_lens(lines: LineIndex, it: CodeLens, uri: str, client: Client) -> types.CodeLens:
    """A lens that opens the plan view or the choice of a build if the client has these commands; otherwise text only."""
    place = range_(lines, it.range, client.unit)
    if it.is_of_build:
        command = types.Command(it.title, CHOOSE_BUILD, arguments=[uri]) if client.chooses_builds else None
        return types.CodeLens(place, command or types.Command(it.title, ""))
    if not client.shows_plans:
        return types.CodeLens(place, types.Command(it.title, ""))
    return types.CodeLens(place, types.Command(it.title, SHOW_PLAN, arguments=[uri, place.start.line]))


def build_lens(lines: LineIndex, it: BuildLens, client: Client) -> types.CodeLens:
    """A lens of a build that opens its plan if the client has that command; otherwise text only."""
    place = range_(lines, it.range, client.unit)
    if not client.shows_plans:
        return types.CodeLens(place, types.Command(it.title, ""))
    return types.CodeLens(
        place, types.Command(it.title, SHOW_PLAN, arguments=[it.dockerfile.as_uri(), it.line, it.build])
    )


def symbol(lines: LineIndex, it: Symbol, unit: ColumnUnit) -> types.DocumentSymbol:
    """A symbol with its children."""
    return types.DocumentSymbol(
        it.name,
        _SYMBOL_KIND[it.kind],
        range_(lines, it.range, unit),
        range_(lines, it.selection, unit),
        detail=it.detail,
        children=[symbol(lines, child, unit) for child in it.children],
    )


def flat_symbols(lines: LineIndex, it: Symbol, uri: str, unit: ColumnUnit) -> list[types.SymbolInformation]:
    """A symbol and its children as a flat list, for clients without nesting."""
    own = types.SymbolInformation(types.Location(uri, range_(lines, it.range, unit)), it.name, _SYMBOL_KIND[it.kind])
    inside = [
        types.SymbolInformation(
            types.Location(uri, range_(lines, child.range, unit)),
            child.name,
            _SYMBOL_KIND[child.kind],
            container_name=it.name,
        )
        for child in it.children
    ]
    return [own, *inside]


def folding_range(it: Fold) -> types.FoldingRange:
    """Lines that can be folded."""
    kind = types.FoldingRangeKind.Comment if it.is_comment else None
    return types.FoldingRange(it.first_line, it.last_line, kind=kind)


def highlight(lines: LineIndex, it: Highlight, unit: ColumnUnit) -> types.DocumentHighlight:
    """A highlight of the name at the cursor."""
    kind = types.DocumentHighlightKind.Write if it.is_write else types.DocumentHighlightKind.Read
    return types.DocumentHighlight(range_(lines, it.range, unit), kind)


def completion(lines: LineIndex, it: Completion, rank: int, client: Client) -> types.CompletionItem:
    """A completion, which the client shows at its rank."""
    unit = client.unit
    edits = [types.TextEdit(range_(lines, other.range, unit), other.new_text) for other in it.others]
    is_snippet = bool(it.snippet) and client.takes_snippets
    item = types.CompletionItem(
        it.label,
        kind=_COMPLETION_KIND[it.kind],
        detail=it.detail or None,
        sort_text=f"{rank:03}",
        filter_text=it.filter_text or it.label,
        text_edit=types.TextEdit(range_(lines, it.edit.range, unit), it.snippet if is_snippet else it.edit.new_text),
        additional_text_edits=edits or None,
    )
    if is_snippet:
        item.insert_text_format = types.InsertTextFormat.Snippet
    if it.documentation:
        item.documentation = markup(it.documentation, client)
    if it.goes_on and client.shows_plans:
        # Our own client is VS Code, where this is the command that asks for completions.
        item.command = types.Command("", "editor.action.triggerSuggest")
    return item


def markup(markdown: str, client: Client) -> types.MarkupContent:
    """A text in Markdown, or plain for a client without Markdown."""
    if client.shows_markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, markdown)
    return types.MarkupContent(types.MarkupKind.PlainText, _plain(markdown))


def signature_help(forms: list[Signature], client: Client) -> types.SignatureHelp:
    """The forms of an instruction; the first is active."""
    signatures = [
        types.SignatureInformation(
            it.label,
            documentation=markup(it.documentation, client) if it.documentation else None,
            parameters=[types.ParameterInformation(it.label[start:end]) for start, end in it.parameters],
            active_parameter=it.active,
        )
        for it in forms
    ]
    return types.SignatureHelp(signatures, active_signature=0, active_parameter=forms[0].active)


def selection_range(lines: LineIndex, ranges: list[TextRange], unit: ColumnUnit) -> types.SelectionRange:
    """Nested ranges, given the smallest first."""
    parent: types.SelectionRange | None = None
    for it in reversed(ranges):
        parent = types.SelectionRange(range_(lines, it, unit), parent)
    assert parent is not None, "the whole file is around every offset"
    return parent


def semantic_tokens(lines: LineIndex, tokens: Iterable[SemanticToken], unit: ColumnUnit) -> list[int]:
    """Five numbers per token; positions are relative to the token before."""
    data: list[int] = []
    last_line = last_column = 0
    for it in tokens:
        line, column = lines.position(it.range.start, unit)
        length = lines.position(it.range.end, unit)[1] - column
        data += (line - last_line, column - (last_column if line == last_line else 0), length, it.type, 0)
        last_line, last_column = line, column
    return data


def token_edits(before: list[int], after: list[int]) -> list[types.SemanticTokensEdit]:
    """One edit with the numbers that differ; none if none does."""
    shorter = min(len(before), len(after))
    start = next((idx for idx in range(shorter) if before[idx] != after[idx]), shorter)
    n_same = next(
        (idx for idx in range(shorter - start) if before[len(before) - 1 - idx] != after[len(after) - 1 - idx]),
        shorter - start,
    )
    if start == len(before) == len(after):
        return []
    return [types.SemanticTokensEdit(start, len(before) - n_same - start, after[start : len(after) - n_same])]


_SYMBOL_KIND: Final = {
    "argument": types.SymbolKind.Variable,
    "directive": types.SymbolKind.Property,
    "instruction": types.SymbolKind.Event,
    "stage": types.SymbolKind.Module,
}
_COMPLETION_KIND: Final = {
    "file": types.CompletionItemKind.File,
    "flag": types.CompletionItemKind.Field,
    "folder": types.CompletionItemKind.Folder,
    "keyword": types.CompletionItemKind.Keyword,
    "platform": types.CompletionItemKind.Value,
    "setting": types.CompletionItemKind.Property,
    "snippet": types.CompletionItemKind.Snippet,
    "stage": types.CompletionItemKind.Module,
    "value": types.CompletionItemKind.Value,
    "variable": types.CompletionItemKind.Variable,
}


def _plain(markdown: str) -> str:
    without_rules = re.sub(r"^\|(?: --- \|)+\n", "", markdown, flags=re.MULTILINE)
    return re.sub(r"[*`]", "", without_rules)
