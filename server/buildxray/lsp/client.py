"""The capabilities of the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lsprotocol import types

from buildxray.records import dataclass
from buildxray.syntax.text import ColumnUnit

_UNITS: dict[str, ColumnUnit] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


SHOW_PLAN: Final = "buildxray.showPlan"
"""The command of a client that opens the plan view; its arguments are a URI and a line, counted from 0."""

CHOOSE_BUILD: Final = "buildxray.chooseBuild"
"""The command of a client that lets the user choose the build that is shown; its argument is the URI of the Dockerfile."""


@dataclass(frozen=True, slots=True)
class Client:
    """Capabilities, each false unless the client says otherwise."""

    unit: ColumnUnit = "utf-16"
    """The unit of columns."""
    shows_related: bool = False
    shows_documentation: bool = False
    tags: frozenset[types.DiagnosticTag] = frozenset()
    shows_markdown: bool = False
    takes_literal_actions: bool = False
    takes_versioned_edits: bool = False
    answers_configuration: bool = False
    registers_configuration: bool = False
    refreshes_hints: bool = False
    refreshes_lenses: bool = False
    refreshes_diagnostics: bool = False
    registers_watchers: bool = False
    registers_documents: bool = False
    """True if the server may ask for documents of other kinds while it runs."""
    registers_diagnostics: bool = False
    nests_symbols: bool = False
    prepares_rename: bool = False
    takes_snippets: bool = False
    most_folds: int | None = None
    """The most folding ranges that it accepts; None without a limit."""
    shows_plans: bool = False
    """True if it has the command `SHOW_PLAN`."""
    chooses_builds: bool = False
    """True if it has the command `CHOOSE_BUILD`."""
    shows_status: bool = False
    """True if it declares `experimental.buildxrayStatus`."""

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities, encoding: str) -> Client:
        """Read the parameters of `initialize`."""
        document = capabilities.text_document or types.TextDocumentClientCapabilities()
        workspace = capabilities.workspace or types.WorkspaceClientCapabilities()
        published = document.publish_diagnostics or types.PublishDiagnosticsClientCapabilities()
        hover = document.hover or types.HoverClientCapabilities()
        actions = document.code_action or types.CodeActionClientCapabilities()
        edits = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
        symbols = document.document_symbol or types.DocumentSymbolClientCapabilities()
        completion = document.completion or types.CompletionClientCapabilities()
        folding = document.folding_range or types.FoldingRangeClientCapabilities()
        experimental = capabilities.experimental
        changes = workspace.did_change_configuration or types.DidChangeConfigurationClientCapabilities()
        return cls(
            _UNITS.get(encoding, "utf-16"),
            shows_related=bool(published.related_information),
            shows_documentation=bool(published.code_description_support),
            tags=frozenset(published.tag_support.value_set) if published.tag_support else frozenset(),
            shows_markdown=types.MarkupKind.Markdown in (hover.content_format or ()),
            takes_literal_actions=actions.code_action_literal_support is not None,
            takes_versioned_edits=bool(edits.document_changes),
            answers_configuration=bool(workspace.configuration),
            registers_configuration=bool(changes.dynamic_registration),
            refreshes_hints=bool(workspace.inlay_hint and workspace.inlay_hint.refresh_support),
            refreshes_lenses=bool(workspace.code_lens and workspace.code_lens.refresh_support),
            refreshes_diagnostics=bool(workspace.diagnostics and workspace.diagnostics.refresh_support),
            nests_symbols=bool(symbols.hierarchical_document_symbol_support),
            takes_snippets=bool(completion.completion_item and completion.completion_item.snippet_support),
            most_folds=folding.range_limit,
            shows_plans=SHOW_PLAN in _commands(experimental),
            chooses_builds=CHOOSE_BUILD in _commands(experimental),
            prepares_rename=bool(document.rename and document.rename.prepare_support),
            shows_status=isinstance(experimental, Mapping) and experimental.get("buildxrayStatus") is True,
            registers_documents=all(
                it is not None and bool(it.dynamic_registration)
                for it in (document.synchronization, document.code_lens, document.definition)
            ),
            registers_diagnostics=bool(document.diagnostic and document.diagnostic.dynamic_registration),
            registers_watchers=bool(
                workspace.did_change_watched_files and workspace.did_change_watched_files.dynamic_registration
            ),
        )


def _commands(experimental: object) -> tuple[object, ...]:
    """The client commands that a client declares, in the experimental capability that other servers use too."""
    commands = experimental.get("commands") if isinstance(experimental, Mapping) else None
    names = commands.get("commands") if isinstance(commands, Mapping) else None
    return tuple(names) if isinstance(names, list | tuple) else ()
