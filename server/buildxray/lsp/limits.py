"""Analyze documents within a time budget. A document that takes too long keeps its last good result."""

from __future__ import annotations

import logging

from lsprotocol import types

from buildxray.ide.time_budget import SECONDS_IN_EDITOR, SECONDS_IN_TERMINAL, OutOfTimeError, time_budget
from buildxray.localization import _
from buildxray.lsp import to_lsp
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document

_log = logging.getLogger("buildxray")


def diagnostics_in_time(document: Document, client: Client) -> list[types.Diagnostic]:
    """The diagnostics of a document, or those of its last version that could be analysed in time, with a note in line 1."""
    if document.may_be_analyzed:
        try:
            with time_budget(SECONDS_IN_EDITOR):
                shown = to_lsp.diagnostics(document.analysis, document.uri, client)
        except OutOfTimeError:
            _log.info("%s takes more than %d s to analyse", document.uri, SECONDS_IN_EDITOR)
            document.give_up()
        else:
            document.is_given_up = False
            document.shown_diagnostics = shown
            return shown
    return [_note(), *document.shown_diagnostics]


def _note() -> types.Diagnostic:
    start = types.Position(0, 0)
    message = _(
        "not analysed: this version takes more than {n} s of processor time, so that the results of an earlier version are shown. "
        "Split the file, or run `buildxray check`, which takes up to {most} s",
        n=int(SECONDS_IN_EDITOR),
        most=int(SECONDS_IN_TERMINAL),
    )
    return types.Diagnostic(
        types.Range(start, start), message, severity=types.DiagnosticSeverity.Information, source="buildxray"
    )
