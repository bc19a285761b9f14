"""Pulled diagnostics: of one document, and of all Dockerfiles of the workspace.

Workspace diagnostics run in a separate process, so that they never delay interactive requests.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import sys
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lsprotocol import types

from buildxray import localization
from buildxray.ide.batch import CheckedFile, check_in_project, dockerfiles_of_project, without_notes
from buildxray.ide.configuration import find_configuration
from buildxray.ide.settings import Settings
from buildxray.localization import _, ngettext
from buildxray.lsp import from_lsp, to_lsp
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document
from buildxray.lsp.limits import diagnostics_in_time
from buildxray.lsp.settings import ClientSettings
from buildxray.projects.search import search
from buildxray.syntax.text import LineIndex

if TYPE_CHECKING:
    from pygls.progress import Progress

_AT_ONCE: Final = 4
"""The most files queued for the worker process; queued files are checked even after a cancellation."""
_LOOK_AGAIN: Final = 30.0
"""The polling interval in seconds, for clients that do not report changed files."""
_log = logging.getLogger("buildxray")


class Host(Protocol):
    """The part of the server that workspace diagnostics need."""

    client: Client
    settings: ClientSettings
    documents: dict[str, Document]

    @property
    def folders(self) -> list[str]:
        """The URIs of the workspace folders."""

    @property
    def work_done_progress(self) -> Progress:
        """The progress API of pygls."""


class WorkspaceDiagnostics:
    """Answers `workspace/diagnostic`."""

    def __init__(self, server: Host) -> None:
        self._server = server
        self._generation = 0
        self._changed = asyncio.Event()
        self._pool: ProcessPoolExecutor | None = None
        self._checked: dict[str, tuple[str, list[types.Diagnostic]]] = {}

    def invalidate(self) -> None:
        """Effect: mark all results as stale, because files or settings have changed."""
        self._generation += 1
        self._changed.set()

    def close(self) -> None:
        """Effect: end the worker process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def report(self, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        """The diagnostics of all Dockerfiles. If the client has them all, waits until something changes."""
        known = {it.uri: it.value for it in params.previous_result_ids}
        self._changed.clear()
        items = await self._items(known, params.work_done_token)
        if known and all(isinstance(it, types.WorkspaceUnchangedDocumentDiagnosticReport) for it in items):
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN)
            items = await self._items(known, params.work_done_token)
        return types.WorkspaceDiagnosticReport(items)

    async def _items(
        self, known: dict[str, str], token: types.ProgressToken | None
    ) -> list[types.WorkspaceDocumentDiagnosticReport]:
        paths = await self._files()
        items: list[types.WorkspaceDocumentDiagnosticReport] = []
        stamps = {path: await asyncio.to_thread(_stamp, path, self._generation) for path in paths}
        stale = [it for it in paths if self._checked.get(it.as_uri(), ("",))[0] != stamps[it]]
        progress = _Progress(self._server, token, len(stale))
        async for file, path in self._check(stale):
            self._checked[path.as_uri()] = (stamps[path], self._converted(file, path.as_uri()))
            progress.advance()
            if progress.is_cancelled:
                break
        progress.end()
        for path in paths:
            uri = path.as_uri()
            stamp, diagnostics = self._checked.get(uri, ("", []))
            if uri in self._server.documents:
                continue
            if known.get(uri) == stamp:
                items.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri, stamp))
            else:
                items.append(types.WorkspaceFullDocumentDiagnosticReport(uri, diagnostics, None, result_id=stamp))
        gone = {*known} - {it.as_uri() for it in paths} - {*self._server.documents}
        items += [types.WorkspaceFullDocumentDiagnosticReport(uri, [], None) for uri in sorted(gone)]
        return items

    async def _files(self) -> list[Path]:
        """The Dockerfiles of all folders: those with the name of one, and those that a build of the project names."""
        files: dict[Path, None] = {}
        loop = asyncio.get_running_loop()
        for folder in self._server.folders:
            path = from_lsp.path(folder)
            if path is None:
                continue
            named, excluded = await asyncio.to_thread(_searched, path, self._server.settings.of(folder))
            files |= dict.fromkeys(named)
            call = partial(dockerfiles_of_project, str(path), excluded, self._generation)
            files |= dict.fromkeys(map(Path, await loop.run_in_executor(self._executor(), call)))
        return [*files]

    async def _check(self, paths: Iterable[Path]) -> AsyncIterator[tuple[CheckedFile, Path]]:
        """Check files in the worker process, a few at a time."""
        loop = asyncio.get_running_loop()
        waiting: list[tuple[asyncio.Future[CheckedFile], Path]] = []
        try:
            for path in paths:
                settings = self._server.settings.of(path.as_uri())
                call = partial(check_in_project, str(path), settings, self._generation, localization.language())
                waiting.append((loop.run_in_executor(self._executor(), call), path))
                if len(waiting) >= _AT_ONCE:
                    future, first = waiting.pop(0)
                    yield await future, first
            while waiting:
                future, first = waiting.pop(0)
                yield await future, first
        finally:
            for future, _ in waiting:
                future.cancel()

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_lower_priority)
        return self._pool

    def _converted(self, file: CheckedFile, uri: str) -> list[types.Diagnostic]:
        lines = LineIndex.of(file.text)
        return [to_lsp.diagnostic(lines, it, uri, self._server.client) for it in without_notes(file).diagnostics]


def _searched(directory: Path, settings: Settings) -> tuple[list[Path], tuple[str, ...]]:
    """The files in a directory with the name of a Dockerfile, and the directories that its settings exclude."""
    excluded = settings.over(find_configuration(directory).settings).exclude
    return [*search(directory, excluded)], excluded


def _lower_priority() -> None:
    """Effect: run at low priority; a no-op on Windows."""
    if sys.platform != "win32":
        os.nice(10)


class _Progress:
    """Reports progress to the client if it has sent a token."""

    def __init__(self, server: Host, token: types.ProgressToken | None, n_files: int) -> None:
        self._server = server
        self._token = token if n_files else None
        self._n_files = n_files
        self._n_done = 0
        if self._token is not None:
            title = ngettext("Checking {n} Dockerfile", "Checking {n} Dockerfiles", n_files)
            server.work_done_progress.begin(
                self._token, types.WorkDoneProgressBegin(title, percentage=0, cancellable=True)
            )

    @property
    def is_cancelled(self) -> bool:
        """True if the client cancelled the progress token."""
        future = None if self._token is None else self._server.work_done_progress.tokens.get(self._token)
        return future is not None and future.cancelled()

    def advance(self) -> None:
        self._n_done += 1
        if self._token is not None and self._n_done % 10 == 0:
            done = _("{n_done} of {n}", n_done=self._n_done, n=self._n_files)
            report = types.WorkDoneProgressReport(message=done, percentage=100 * self._n_done // self._n_files)
            self._server.work_done_progress.report(self._token, report)

    def end(self) -> None:
        if self._token is not None:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())


def document_report(
    client: Client, document: Document, previous: str | None
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """The diagnostics of an open document, unless the client has them already."""
    result = str(document.revision)
    if previous == result:
        return types.RelatedUnchangedDocumentDiagnosticReport(result)
    diagnostics = diagnostics_in_time(document, client)
    return types.RelatedFullDocumentDiagnosticReport(diagnostics, result_id=result)


def _stamp(path: Path, generation: int) -> str:
    """A stamp that changes with the content of a file."""
    try:
        status = path.stat()
    except OSError:
        return f"{generation}"
    return f"{generation}:{status.st_mtime_ns}:{status.st_size}"
