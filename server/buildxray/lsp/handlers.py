"""Handlers of requests and notifications: convert the parameters, call one function, convert the result."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from buildxray.ide.code_actions import FIX_ALL, fix_all, quick_fixes
from buildxray.ide.code_lens import code_lenses
from buildxray.ide.completion import completions
from buildxray.ide.hover import hover
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.ide.navigation import (
    RenameError,
    definitions,
    highlights,
    references,
    renamable,
    rename,
    stage_declared_at,
)
from buildxray.ide.outline import folds, symbols
from buildxray.ide.project import WATCHED
from buildxray.ide.time_budget import SECONDS_IN_EDITOR, OutOfTimeError, time_budget
from buildxray.lsp import from_lsp, language_features, to_lsp
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document
from buildxray.lsp.parameters import get
from buildxray.lsp.plans import PLAN, show_plan
from buildxray.lsp.project_documents import project_registrations
from buildxray.lsp.pulling import document_report
from buildxray.lsp.server import Server, configuration_of
from buildxray.lsp.times import TIMES, show_times
from buildxray.lsp.tolerance import version
from buildxray.projects.file_names import DOCKERFILES
from buildxray.syntax.text import TextRange

Params = TypeVar("Params")
Result = TypeVar("Result")
_log = logging.getLogger("buildxray")
_DIAGNOSTICS: Final = types.DiagnosticOptions(
    inter_file_dependencies=True, workspace_diagnostics=True, identifier="buildxray"
)
_COMPLETION: Final = types.CompletionOptions(trigger_characters=["$", "{", "=", " ", "-", ",", "/"])
_QUICK_FIX: Final = types.CodeActionKind.QuickFix


class _Positioned(Protocol):
    """The parameters of a request with a document and a position."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


def register(server: Server) -> None:
    """Effect: register all handlers."""
    actions = types.CodeActionOptions(code_action_kinds=[_QUICK_FIX, FIX_ALL])
    features: list[tuple[str, Callable[[Server, Any], Any], object]] = [
        (types.INITIALIZE, initialize, None),
        (types.INITIALIZED, initialized, None),
        (types.SHUTDOWN, shutdown, None),
        (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
        (types.TEXT_DOCUMENT_DID_SAVE, did_save, None),
        (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files, None),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, did_change_workspace_folders, None),
        (types.TEXT_DOCUMENT_DIAGNOSTIC, document_diagnostic, _DIAGNOSTICS),
        (types.TEXT_DOCUMENT_CODE_ACTION, code_action, actions),
        (types.TEXT_DOCUMENT_HOVER, show_hover, None),
        (types.TEXT_DOCUMENT_INLAY_HINT, inlay_hint, None),
        (types.TEXT_DOCUMENT_CODE_LENS, code_lens, None),
        (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, document_symbol, None),
        (types.TEXT_DOCUMENT_FOLDING_RANGE, folding_range, None),
        (types.TEXT_DOCUMENT_DEFINITION, definition, None),
        (types.TEXT_DOCUMENT_REFERENCES, find_references, None),
        (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, document_highlight, None),
        (types.TEXT_DOCUMENT_PREPARE_RENAME, prepare_rename, None),
        (types.TEXT_DOCUMENT_RENAME, rename_name, types.RenameOptions(prepare_provider=True)),
        (types.TEXT_DOCUMENT_COMPLETION, complete, _COMPLETION),
        (PLAN, show_plan, None),
    ]
    for method, handler, options in features:
        server.feature(method, options)(guarded(handler))
    server.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic)
    language_features.register(server, guarded)
    server.feature(TIMES)(tell_times)


def guarded(handler: Callable[[Server, Params], Result]) -> Callable[[Server, Params], Result | None]:
    """Wrap a handler so that it logs exceptions instead of raising them."""

    # pygls passes the server only to a first parameter of this name.
    @functools.wraps(handler)
    def guarded_handler(ls: Server, params: Params) -> Result | None:
        if handler.__name__ in _UNLIMITED:
            return handle(ls, params)
        document = ls.documents.get(_uri(params))
        if document is not None and document.is_given_up:
            return None
        try:
            with time_budget(SECONDS_IN_EDITOR):
                return handle(ls, params)
        except OutOfTimeError:
            _log.error("%s takes more than %d s", handler.__name__, SECONDS_IN_EDITOR)
            return None

    def handle(ls: Server, params: Params) -> Result | None:
        try:
            return handler(ls, params)
        except JsonRpcException:
            raise
        except Exception:  # noqa: BLE001 - one failed request must not end the session
            _log.exception("%s has failed", handler.__name__)
            return None

    return guarded_handler


_UNLIMITED: Final = frozenset(
    {
        "initialize",
        "initialized",
        "shutdown",
        "did_open",
        "did_change",
        "did_save",
        "did_close",
        "did_change_configuration",
        "did_change_watched_files",
        "did_change_workspace_folders",
        "document_diagnostic",
    }
)
"""Handlers that send messages, which a time limit must not cut; their analyses have limits of their own."""


def _uri(params: object) -> str:
    """The URI of the document of a request; empty if there is none. Parameters of our own requests have no type."""
    document = getattr(params, "text_document", None) or get(params, "textDocument")
    uri = getattr(document, "uri", None) or get(document, "uri")
    return uri if isinstance(uri, str) else ""


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Effect: store the client's capabilities and settings."""
    ls.client = Client.of(params.capabilities, ls.workspace.position_encoding or "utf-16")
    ls.begin(params.initialization_options, params.locale)


def initialized(ls: Server, _params: types.InitializedParams) -> None:
    """Effect: request settings, and register for changes of settings and project files."""
    registrations: list[types.Registration] = []
    if ls.client.registers_configuration:
        registrations.append(types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION))
    if ls.client.registers_watchers:
        watchers = [types.FileSystemWatcher(it) for it in (*WATCHED, *DOCKERFILES)]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registrations.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if ls.client.registers_documents and ls.settings.common.project_files:
        registrations += project_registrations(is_pulling=ls.client.registers_diagnostics)
    if registrations:
        ls.client_register_capability(types.RegistrationParams(registrations))
    _ask_for_settings(ls)


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Effect: publish the diagnostics of a document."""
    ls.open_document(params.text_document)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Effect: publish the diagnostics of the new version."""
    ls.project_documents.change(params)
    document = ls.documents.get(params.text_document.uri)
    if document is not None:
        text = from_lsp.changed_text(document.analysis.text, params.content_changes, ls.client.unit)
        document.change(text, version(params.text_document))
        ls.publisher.publish_soon(document)
        ls.memory.edited()


def did_save(ls: Server, _params: types.DidSaveTextDocumentParams) -> None:
    """Effect: read the project files again, because not every client reports changes of files."""
    ls.reread()


def did_change_watched_files(ls: Server, _params: types.DidChangeWatchedFilesParams) -> None:
    """Effect: read the project files again."""
    ls.reread()


def did_change_workspace_folders(ls: Server, _params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Effect: request the settings of the current workspace folders."""
    ls.workspace_diagnostics.invalidate()
    _ask_for_settings(ls)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Effect: withdraw the diagnostics of the document."""
    ls.close(params.text_document.uri)


def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Effect: apply changed settings."""
    raw = configuration_of(params)
    if raw is not None:
        ls.warn(ls.settings.set_common(raw))
        ls.refresh()
    else:
        _ask_for_settings(ls)


def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Code actions for a range."""
    uri = params.text_document.uri
    if uri in ls.project_documents and ls.client.takes_literal_actions:
        return ls.project_documents.actions(uri, params.range) if _is_wanted(params.context, _QUICK_FIX) else []
    document = ls.documents.get(uri)
    if document is None or not ls.client.takes_literal_actions:
        return []
    analysis = document.analysis
    place = from_lsp.text_range(analysis.lines, params.range, ls.client.unit)
    named = from_lsp.named_diagnostics(analysis.lines, params.context.diagnostics, ls.client.unit)
    actions = [*quick_fixes(analysis, place, named)] if _is_wanted(params.context, _QUICK_FIX) else []
    is_automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
    if _is_wanted(params.context, FIX_ALL) and (params.context.only or not is_automatic):
        everything = fix_all(document.analyzer, analysis)
        actions += [everything] if everything is not None else []
    return [to_lsp.code_action(analysis, it, document.uri, document.version, ls.client) for it in actions]


def show_hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """The hover at a position."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return None
    lines = document.analysis.lines
    offset = from_lsp.offset(lines, params.position, ls.client.unit)
    answer = hover(document.analysis, offset, is_general=document.build.settings.general)
    return None if answer is None else to_lsp.hover(lines, answer, ls.client)


def document_diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """The diagnostics of a document; from the first such request on, they are no longer pushed."""
    ls.publisher.switch_off(ls.documents.values())
    if params.text_document.uri in ls.project_documents:
        return ls.project_documents.report(params.text_document.uri, params.previous_result_id)
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    return document_report(ls.client, document, params.previous_result_id)


async def workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    """The diagnostics of all Dockerfiles of the workspace."""
    try:
        return await ls.workspace_diagnostics.report(params)
    except Exception:  # noqa: BLE001 - one failed request must not end the session
        _log.exception("the workspace cannot be checked")
        return types.WorkspaceDiagnosticReport([])


async def tell_times(ls: Server, params: object) -> dict[str, Any] | None:
    """The times of a logged build. Runs in a thread, because reading a log takes long."""
    try:
        return await show_times(ls, params)
    except JsonRpcException:
        raise
    except Exception:  # noqa: BLE001 - one failed request must not end the session
        _log.exception("the times of a build cannot be told")
        return None


def shutdown(ls: Server, _params: None) -> None:
    """Effect: end the worker processes."""
    ls.workspace_diagnostics.close()


def inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The inlay hints in a range."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not document.build.settings.inlay_hints:
        return []
    lines = document.analysis.lines
    place = from_lsp.text_range(lines, params.range, ls.client.unit)
    return [to_lsp.inlay_hint(lines, it, ls.client) for it in inlay_hints(document.analysis, place)]


def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Code lenses of stages, and in a project file of builds."""
    if params.text_document.uri in ls.project_documents:
        return ls.project_documents.lenses(params.text_document.uri)
    document = ls.documents.get(params.text_document.uri)
    if document is None or not document.build.settings.code_lens:
        return []
    lines = document.analysis.lines
    return [to_lsp.code_lens(lines, it, document.uri, ls.client) for it in code_lenses(document.analysis)]


def document_symbol(
    ls: Server, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """The stages and instructions of a document."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not document.build.settings.navigation:
        return []
    lines, unit = document.analysis.lines, ls.client.unit
    all_symbols = [*symbols(document.analysis)]
    if ls.client.nests_symbols:
        return [to_lsp.symbol(lines, it, unit) for it in all_symbols]
    return [flat for it in all_symbols for flat in to_lsp.flat_symbols(lines, it, document.uri, unit)]


def folding_range(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """The folding ranges of a document."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not document.build.settings.navigation:
        return []
    # Stages and instructions come first, so a limit costs comments first.
    return [to_lsp.folding_range(it) for it in islice(folds(document.analysis), ls.client.most_folds)]


def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location]:
    """The declarations of the name at a position; in a project file, the stage that is built there."""
    if params.text_document.uri in ls.project_documents:
        return ls.project_documents.definitions(params.text_document.uri, params.position)
    place = _navigated(ls, params)
    return [] if place is None else _locations(ls, place[0], definitions(place[0].analysis, place[1]))


def find_references(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
    """The references to the name at a position."""
    place = _navigated(ls, params)
    if place is None:
        return []
    with_declaration = params.context.include_declaration
    document, offset = place
    locations = _locations(ls, document, references(document.analysis, offset, with_declaration=with_declaration))
    stage = stage_declared_at(document.analysis, offset)
    return locations if stage is None else [*locations, *ls.builders_of(document, stage)]


def document_highlight(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    """All occurrences of the name at a position."""
    place = _navigated(ls, params)
    if place is None:
        return []
    document, offset = place
    return [
        to_lsp.highlight(document.analysis.lines, it, ls.client.unit) for it in highlights(document.analysis, offset)
    ]


def prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.Range | None:
    """The range that a rename would change."""
    place = _place(ls, params)
    range_ = None if place is None else renamable(place[0].analysis, place[1])
    return None if place is None or range_ is None else to_lsp.range_(place[0].analysis.lines, range_, ls.client.unit)


def rename_name(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """The edits that rename the name at a position. Raises `JsonRpcInvalidParams`, whose message the client shows."""
    place = _place(ls, params)
    if place is None:
        return None
    document, offset = place
    try:
        edits = rename(document.analysis, offset, params.new_name)
    except RenameError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    return to_lsp.workspace_edit(document.analysis.lines, edits, document.uri, document.version, ls.client)


def complete(ls: Server, params: types.CompletionParams) -> types.CompletionList:
    """The completions at a position."""
    place = _place(ls, params)
    if place is None:
        return types.CompletionList(is_incomplete=False, items=[])
    document, offset = place
    lines = document.analysis.lines
    is_general = document.build.settings.general
    offered = completions(document.analysis, offset, ls.context_lister(document.uri), is_general=is_general)
    items = [to_lsp.completion(lines, it, rank, ls.client) for rank, it in enumerate(offered)]
    return types.CompletionList(is_incomplete=False, items=items)


def _place(ls: Server, params: _Positioned) -> tuple[Document, int] | None:
    """The document of a request and the offset in it; None for a document that is not a Dockerfile."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return None
    return document, from_lsp.offset(document.analysis.lines, params.position, ls.client.unit)


def _navigated(ls: Server, params: _Positioned) -> tuple[Document, int] | None:
    """The same, for features of names; None if these are left to another server."""
    place = _place(ls, params)
    return place if place is not None and place[0].build.settings.navigation else None


def _locations(ls: Server, document: Document, ranges: list[TextRange]) -> list[types.Location]:
    lines, unit = document.analysis.lines, ls.client.unit
    return [types.Location(document.uri, to_lsp.range_(lines, it, unit)) for it in ranges]


def _is_wanted(context: types.CodeActionContext, kind: str) -> bool:
    """True if the request names a kind of code actions or one that contains it."""
    return context.only is None or any(kind == it or kind.startswith(f"{it}.") for it in context.only)


def _ask_for_settings(ls: Server) -> None:
    if ls.client.answers_configuration:
        folders = ls.folders
        items = [types.ConfigurationItem(section="buildxray")]
        items += [types.ConfigurationItem(it, section="buildxray") for it in folders]
        parameters = types.ConfigurationParams(items)
        ls.workspace_configuration(parameters, callback=lambda them: _take_settings(ls, folders, them))


def _take_settings(ls: Server, folders: list[str], answers: object) -> None:
    if not isinstance(answers, list | tuple) or not answers:
        return
    warnings: tuple[str, ...] = ()
    if answers[0] is not None:
        warnings = ls.settings.set_common(answers[0])
    pairs = zip(folders, answers[1:], strict=False)
    ls.warn(warnings + ls.settings.set_folders((uri, raw) for uri, raw in pairs if raw is not None))
    ls.refresh()
