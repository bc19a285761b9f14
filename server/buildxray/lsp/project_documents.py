"""The open Bake files, Compose files and workflows. Results are computed outside of the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from buildxray.files.reading import unsaved_texts
from buildxray.lsp import from_lsp, to_lsp
from buildxray.lsp.tolerance import version
from buildxray.records import dataclass
from buildxray.syntax.text import LineIndex

if TYPE_CHECKING:
    from buildxray.ide.project import Projects
    from buildxray.ide.project_files import ProjectFile
    from buildxray.ide.settings import Settings
    from buildxray.lsp.server import Server

_PATTERNS: Final = (
    "**/*{docker-bake,bake}*.{hcl,json}",
    "**/{compose,docker-compose}*.{yml,yaml}",
    "**/.github/workflows/*.{yml,yaml}",
)
"""Glob patterns of files that may declare builds."""
_PAUSE: Final = 0.25
"""The debounce time in seconds after an edit: the whole project is read again."""
_log = logging.getLogger("buildxray")


@dataclass(slots=True)
class ProjectDocument:
    """An open file that declares builds."""

    uri: str
    path: Path
    text: str
    version: int | None
    file: ProjectFile | None = None
    """The results for its text or for an earlier one; None before the first result."""
    revision: int = 0
    turn: int = 0
    timer: asyncio.TimerHandle | None = None


class ProjectDocuments:
    """The open project files."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._documents: dict[str, ProjectDocument] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, uri: object) -> bool:
        """True if a document is one of them."""
        return uri in self._documents

    def watch(self, item: types.TextDocumentItem) -> None:
        """Effect: add a document if its name is that of a project file and the settings allow it."""
        path = from_lsp.path(item.uri)
        if path is None or not _may_declare_builds(path) or not self._server.settings.of(item.uri).project_files:
            return
        self._documents[item.uri] = ProjectDocument(item.uri, path, item.text, version(item))
        self._look_soon(self._documents[item.uri], 0)

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Effect: analyze the new text, debounced."""
        document = self._documents.get(params.text_document.uri)
        if document is not None:
            document.text = from_lsp.changed_text(document.text, params.content_changes, self._server.client.unit)
            document.version = version(params.text_document)
            self._look_soon(document, _PAUSE)

    def close(self, uri: str) -> None:
        """Effect: remove a document and withdraw its diagnostics."""
        document = self._documents.pop(uri, None)
        if document is not None:
            document.turn += 1
            self._server.publisher.publish_others(uri, [], None)

    def refresh(self) -> None:
        """Effect: analyze all documents again, because files or settings have changed."""
        for document in [*self._documents.values()]:
            if self._server.settings.of(document.uri).project_files:
                self._look_soon(document, 0)
            else:
                self.close(document.uri)

    def unsaved(self) -> dict[Path, str]:
        """The texts of all open files, project files and Dockerfiles, by path."""
        texts = {it.path: it.text for it in self._documents.values()}
        for uri, document in self._server.documents.items():
            path = from_lsp.path(uri)
            if path is not None:
                texts[path] = document.text
        return texts

    def report(self, uri: str, previous: str | None) -> types.DocumentDiagnosticReport:
        """The diagnostics of a document, unless the client has them already."""
        document = self._documents[uri]
        result = f"project {document.revision}"
        if previous == result:
            return types.RelatedUnchangedDocumentDiagnosticReport(result)
        return types.RelatedFullDocumentDiagnosticReport(self._diagnostics(document), result_id=result)

    def lenses(self, uri: str) -> list[types.CodeLens]:
        """The lenses of the builds of a document."""
        document = self._documents[uri]
        if document.file is None or not self._server.settings.of(uri).code_lens:
            return []
        lines = LineIndex.of(document.file.text)
        return [to_lsp.build_lens(lines, it, self._server.client) for it in document.file.lenses]

    def actions(self, uri: str, range_: types.Range) -> list[types.CodeAction]:
        """The fixes of the findings of a document that a range touches."""
        document = self._documents[uri]
        if document.file is None or document.file.text != document.text:
            # The results belong to an earlier text, so that their ranges are wrong now.
            return []
        client, lines = self._server.client, LineIndex.of(document.text)
        place = from_lsp.text_range(lines, range_, client.unit)
        return [
            types.CodeAction(
                fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[to_lsp.diagnostic(lines, it, uri, client)],
                is_preferred=True,
                edit=to_lsp.workspace_edit(lines, fix.edits, uri, document.version, client),
            )
            for it in document.file.diagnostics
            if it.range.touches(place)
            for fix in it.fixes
        ]

    def definitions(self, uri: str, position: types.Position) -> list[types.Location]:
        """The stages that the build at a position builds."""
        document = self._documents[uri]
        if document.file is None:
            return []
        unit = self._server.client.unit
        offset = from_lsp.offset(LineIndex.of(document.file.text), position, unit)
        texts = self.unsaved()
        locations: list[types.Location] = []
        for link in document.file.links:
            is_here = link.range.start <= offset <= link.range.end
            text = _text_of(link.dockerfile, texts) if is_here else None
            if text is not None:
                place = to_lsp.range_(LineIndex.of(text), link.stage, unit)
                locations.append(types.Location(link.dockerfile.as_uri(), place))
        return [it for number, it in enumerate(locations) if it not in locations[:number]]

    def references(
        self, dockerfile: Path, stage_index: int, projects: Projects, settings: Settings
    ) -> Iterator[types.Location]:
        """The places in files of the project, open or not, that build a stage of a Dockerfile."""
        from buildxray.ide.project_files import analyze_all, references_to  # noqa: PLC0415 - few sessions need it

        opened = {it.path: it.text for it in self._documents.values()}
        paths = {it: opened.get(it) for it in projects.project_files(dockerfile)}
        unit = self._server.client.unit
        with unsaved_texts(self.unsaved()):
            files = [*analyze_all(paths, projects, settings)]
        for path, text, place in references_to(dockerfile, stage_index, files):
            yield types.Location(path.as_uri(), to_lsp.range_(LineIndex.of(text), place, unit))

    def _diagnostics(self, document: ProjectDocument) -> list[types.Diagnostic]:
        if document.file is None:
            return []
        lines = LineIndex.of(document.file.text)
        return [to_lsp.diagnostic(lines, it, document.uri, self._server.client) for it in document.file.diagnostics]

    def _look_soon(self, document: ProjectDocument, pause: float) -> None:
        if document.timer is not None:
            document.timer.cancel()
        document.turn += 1
        document.timer = asyncio.get_running_loop().call_later(pause, self._begin, document, document.turn)

    def _begin(self, document: ProjectDocument, turn: int) -> None:
        task = asyncio.get_running_loop().create_task(self._look(document, turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self, document: ProjectDocument, turn: int) -> None:
        settings = self._server.settings.of(document.uri)
        try:
            file = await asyncio.to_thread(_look_at, document.path, document.text, self.unsaved(), settings)
        except Exception:  # noqa: BLE001 - a task has nobody to raise to
            _log.exception("%s cannot be looked at", document.uri)
            return
        if document.turn != turn or self._documents.get(document.uri) is not document or file == document.file:
            return
        document.file = file
        document.revision += 1
        self._server.publisher.publish_others(document.uri, self._diagnostics(document), document.version)
        self._server.ask_for_refresh()


def project_registrations(*, is_pulling: bool) -> list[types.Registration]:
    """The registrations for project files.

    A client that registers features for all documents of a server would also ask this one to format and fold them.
    """
    selector = [types.TextDocumentFilterPattern(scheme="file", pattern=it) for it in _PATTERNS]
    plain = types.TextDocumentRegistrationOptions(selector)
    changes = types.TextDocumentChangeRegistrationOptions(types.TextDocumentSyncKind.Full, selector)
    options: list[tuple[str, object]] = [
        (types.TEXT_DOCUMENT_DID_OPEN, plain),
        (types.TEXT_DOCUMENT_DID_CHANGE, changes),
        (types.TEXT_DOCUMENT_DID_CLOSE, plain),
        (types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensRegistrationOptions(selector)),
        (types.TEXT_DOCUMENT_DEFINITION, types.DefinitionRegistrationOptions(selector)),
        (
            types.TEXT_DOCUMENT_CODE_ACTION,
            types.CodeActionRegistrationOptions(selector, code_action_kinds=[types.CodeActionKind.QuickFix]),
        ),
    ]
    if is_pulling:
        diagnostics = types.DiagnosticRegistrationOptions(
            inter_file_dependencies=True,
            workspace_diagnostics=False,
            document_selector=selector,
            identifier="buildxray-builds",
        )
        options.append((types.TEXT_DOCUMENT_DIAGNOSTIC, diagnostics))
    return [types.Registration(f"builds {method}", method, it) for method, it in options]


def _may_declare_builds(path: Path) -> bool:
    """True if a file may declare builds, by its name; the exact test is imported for likely files only."""
    if path.suffix.lower() not in {".hcl", ".json", ".yml", ".yaml"}:
        return False
    from buildxray.ide.project_files import is_project_file  # noqa: PLC0415

    return is_project_file(path)


def _look_at(path: Path, text: str, texts: Mapping[Path, str], settings: Settings) -> ProjectFile:
    """Read the project with the unsaved texts, and compute the results for one of its files."""
    from buildxray.ide.project import Projects  # noqa: PLC0415
    from buildxray.ide.project_files import look_at  # noqa: PLC0415

    with unsaved_texts(texts):
        return look_at(path, text, Projects(), settings)


def _text_of(path: Path, texts: Mapping[Path, str]) -> str | None:
    from buildxray.files.reading import MOST_DOCKERFILE_BYTES, read_project_text  # noqa: PLC0415

    return texts[path] if path in texts else read_project_text(path, MOST_DOCKERFILE_BYTES)
