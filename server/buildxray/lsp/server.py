"""The server. Its state is the client's settings, the open documents and the cached reads of their projects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer

import buildxray
from buildxray import localization
from buildxray.files.reading import last_project_file
from buildxray.ide.project import BY_SETTING, Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.time_budget import SECONDS_OF_PROJECT, OutOfTimeError, thread_budget
from buildxray.localization import _
from buildxray.lsp import from_lsp
from buildxray.lsp.build_logs import load_setting
from buildxray.lsp.client import Client
from buildxray.lsp.documents import Document
from buildxray.lsp.memory import MemoryKeeper
from buildxray.lsp.project_documents import ProjectDocuments
from buildxray.lsp.protocol import Protocol
from buildxray.lsp.publishing import Publisher
from buildxray.lsp.pulling import WorkspaceDiagnostics
from buildxray.lsp.settings import ClientSettings
from buildxray.lsp.status import StatusReporter
from buildxray.lsp.tolerance import tolerant_converter, version
from buildxray.projects.context import ContextLister
from buildxray.projects.file_names import is_dockerfile
from buildxray.projects.sources import ProjectSearch
from buildxray.toolchains.base import Workspace

_LANGUAGES: Final = frozenset({"dockerfile", "containerfile"})
_log = logging.getLogger("buildxray")


_MOST_NOTES = 3
"""The most messages about unreadable files."""


class _Built(NamedTuple):
    """The declared build of a document, with its analyzer."""

    build: ProjectBuild
    workspace: Workspace
    problems: tuple[str, ...]


class Server(LanguageServer):
    """One connection to one client."""

    def __init__(self) -> None:
        super().__init__(
            "buildxray",
            buildxray.__version__,
            types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=tolerant_converter,
        )
        self.client = Client()
        self.settings = ClientSettings()
        self.documents: dict[str, Document] = {}
        self.memory = MemoryKeeper()
        self._locale = localization.language()
        self._state = self.settings.state
        self.publisher = Publisher(self.text_document_publish_diagnostics, lambda: self.client)
        self._status = StatusReporter(self.protocol.notify, lambda: self.client)
        self.workspace_diagnostics = WorkspaceDiagnostics(self)
        self.project_documents = ProjectDocuments(self)
        self._projects = Projects()
        self._warned: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def report_server_error(self, error: Exception, source: object) -> None:
        """Effect: write an error to the log; pygls would show a pop-up for each."""
        _log.info("%s: %s", getattr(source, "__name__", source), error)

    @property
    def folders(self) -> list[str]:
        """The URIs of the workspace folders, or of the root of a client that knows no folders."""
        folders = [*self.workspace.folders]
        root = self.workspace.root_uri
        return folders or ([root] if root else [])

    def begin(self, options: object, locale: str | None) -> None:
        """Effect: apply the options of `initialize`, and use the language of the client if it names one."""
        self._locale = locale or localization.language()
        localization.use(self._locale)
        warnings = self.settings.begin(options)
        localization.use(self.settings.locale or self._locale)
        self.warn(warnings)
        self._state = self.settings.state

    def context_lister(self, uri: str) -> ContextLister | None:
        """A lister of the build context of a document; None if the document is not on this machine."""
        path, document = from_lsp.path(uri), self.documents.get(uri)
        shown = None if document is None else document.build.shown
        if path is None or (shown is not None and shown.remote):
            return None
        return ContextLister(path, path.parent if shown is None else shown.context)

    def warn(self, warnings: tuple[str, ...]) -> None:
        """Effect: show warnings to the user, each one once."""
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, warning))

    def open_document(self, item: types.TextDocumentItem) -> None:
        """Effect: track a document if it is a Dockerfile or a project file."""
        self.project_documents.watch(item)
        if item.language_id.lower() in _LANGUAGES or is_dockerfile(from_lsp.file_name(item.uri)):
            path = from_lsp.path(item.uri)
            is_known = path is None or self._projects.is_known(path)
            built = self._build(item.uri, path if is_known else None)
            document = Document(item.uri, version(item), item.text, built.build, built.workspace)
            document.is_provisional = not is_known
            self.documents[item.uri] = document
            self.warn(built.problems)
            self.publisher.publish(document)
            self._status.report(document)
            if not is_known or built.build.settings.log:
                self._refresh_later([document])

    def close(self, uri: str) -> None:
        """Effect: stop tracking a document, and withdraw its diagnostics."""
        self.project_documents.close(uri)
        document = self.documents.pop(uri, None)
        if document is not None:
            document.close()
            self.publisher.withdraw(uri)
            self._status.forget(uri)
            self.memory.closed()

    def refresh(self) -> None:
        """Effect: apply changed settings, and publish what changes."""
        if self.settings.state != self._state:
            self._state = self.settings.state
            localization.use(self.settings.locale or self._locale)
            self.workspace_diagnostics.invalidate()
        self._refresh_later([*self.documents.values()])
        self.project_documents.refresh()

    def reread(self) -> None:
        """Effect: read the project files of the open documents again, and publish what changes."""
        self._projects = Projects()
        self.workspace_diagnostics.invalidate()
        self.refresh()

    def _refresh_later(self, documents: list[Document]) -> None:
        turns = [(it, it.begin_turn()) for it in documents]
        task = asyncio.get_running_loop().create_task(self._refresh(turns))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refresh(self, turns: list[tuple[Document, int]]) -> None:
        has_changed = False
        for document, turn in turns:
            path = from_lsp.path(document.uri)
            try:
                if path is None or self._projects.is_known(path):
                    built = self._build(document.uri, path)
                else:
                    built = await asyncio.to_thread(self._build_in_time, document.uri, path)
            except Exception:  # noqa: BLE001 - a task has nobody to raise to
                _log.exception("the project of %s cannot be read", document.uri)
                built = self._build(document.uri, None)
            search = built.workspace.search
            if isinstance(search, ProjectSearch):
                # Outside of an analysis, because keystrokes wait for those.
                await asyncio.to_thread(_search_in_time, search)
            # The result is stale if another read of this document has started meanwhile.
            if document.turn != turn or self.documents.get(document.uri) is not document:
                continue
            # Yield to other requests between two documents.
            await asyncio.sleep(0)
            self.warn(built.problems)
            is_first = document.is_provisional
            document.is_provisional = False
            has_log = (
                document.build.settings.log != built.build.settings.log
                or document.log_setting != built.build.settings.log
            )
            if document.configure(built.build, built.workspace) or is_first or has_log:
                if has_log:
                    await self._load_log(document, path)
                has_changed = True
                self.publisher.publish(document)
            self._status.report(document)
        if has_changed:
            self.ask_for_refresh()

    def _build_in_time(self, uri: str, path: Path) -> _Built:
        """The build of a document; without its project if reading that takes too long."""
        try:
            with thread_budget(SECONDS_OF_PROJECT):
                return self._build(uri, path)
        except OutOfTimeError:
            note = _(
                "{path}: the default build is shown, because its project files take more than {n} s to read. The last one was {file}",
                path=path,
                n=int(SECONDS_OF_PROJECT),
                file=last_project_file(),
            )
            return self._build(uri, None)._replace(problems=(note,))

    def _build(self, uri: str, path: Path | None) -> _Built:
        """The build of a document; one that is not a file on this machine has no project."""
        settings, projects = self.settings.of(uri), self._projects
        if path is None:
            origin = "" if settings.platforms is None else BY_SETTING
            return _Built(ProjectBuild(settings.request(), settings, origin), Workspace(), ())
        problems = projects.configuration(path.parent).problems
        built = projects.build(path, settings)
        faults = [str(it) for it in projects.notes(path) if not it.is_limit]
        notes = (*faults[:_MOST_NOTES],) if built.declared else ()
        return _Built(built, projects.workspace(path.parent), (*problems, *notes))

    def build_named(self, document: Document, name: str) -> ProjectBuild | None:
        """The build of a document that a value of the setting `build` chooses; None if no build matches."""
        path = from_lsp.path(document.uri)
        if path is None or (name != "all" and not self._projects.named(path, name)):
            return None
        return self._projects.build(path, replace(self.settings.of(document.uri), build=name))

    def builders_of(self, document: Document, stage_index: int) -> list[types.Location]:
        """The places in files of the project that build a stage of a Dockerfile."""
        path = from_lsp.path(document.uri)
        settings = self.settings.of(document.uri)
        if path is None or not settings.project_files:
            return []
        return [*self.project_documents.references(path, stage_index, self._projects, settings)]

    def log_changed(self, document: Document) -> None:
        """Effect: make the client show the current times of a document."""
        self.publisher.publish(document)
        self._status.report(document)
        self.ask_for_refresh()

    async def _load_log(self, document: Document, path: Path | None) -> bool:
        """Effect: show the log that the setting names; returns True if that changes anything."""
        named = document.build.settings.log
        if named == document.log_setting or path is None:
            return False
        document.log_setting = named
        if not named:
            document.show_log(None, None)
            return True
        loaded = await asyncio.to_thread(load_setting, document, path.parent)
        if isinstance(loaded, str):
            self.warn((loaded,))
            return False
        document.show_log(*loaded)
        return True

    def ask_for_refresh(self) -> None:
        """Effect: make the client request hints, lenses and diagnostics again."""
        if self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)
        if self.client.refreshes_lenses:
            self.workspace_code_lens_refresh(None)
        if self.client.refreshes_diagnostics:
            self.workspace_diagnostic_refresh(None)


def _search_in_time(search: ProjectSearch) -> None:
    """Effect: search a project, and give it up where that takes too long."""
    try:
        with thread_budget(SECONDS_OF_PROJECT):
            search()
            search.uses_cgo()
    except OutOfTimeError:
        search.give_up()


def configuration_of(params: types.DidChangeConfigurationParams) -> object:
    """The settings that a client pushes; None if the server must request them."""
    settings = params.settings
    return settings if isinstance(settings, Mapping) and settings else None
