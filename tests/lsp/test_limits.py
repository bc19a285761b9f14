"""A document that takes too long to analyse keeps its earlier results, with a note; other documents are answered."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import Mock

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from buildxray.files.reading import read_project_text
from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.lsp import build_logs, handlers, limits, publishing
from buildxray.lsp import documents as documents_module
from buildxray.lsp import server as server_module
from buildxray.lsp.documents import Document
from buildxray.lsp.main import create_server
from buildxray.lsp.protocol import Protocol
from buildxray.projects import sources
from buildxray.toolchains.base import Workspace

# Python ignores an interruption in a callback of the garbage collector, such as that of hypothesis; the timer fires again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
SLOW = UNDECLARED + "".join(f"FROM a AS s{n}\nRUN go build ./{n}\nCOPY --from=s{n - 1} / /\n" for n in range(1, 6000))


class Session:
    """A server in this process, and the messages that it has sent."""

    def __init__(self) -> None:
        server = create_server()
        assert isinstance(server.protocol, Protocol)
        self.server, self.protocol = server, server.protocol
        self.protocol.set_writer(self)
        self.sent: list[dict[str, Any]] = []
        self._has_sent = asyncio.Event()
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})

    def write(self, data: bytes) -> None:
        self.sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))
        self._has_sent.set()

    def close(self) -> None: ...

    def ask(self, method: str, params: object) -> dict[str, Any]:
        self.protocol.receive({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return self.sent[-1]

    def open(self, uri: str, text: str) -> None:
        item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
        self.protocol.receive({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})

    def change(self, uri: str, text: str) -> None:
        params = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]}
        self.protocol.receive({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})

    async def until_published(self, uri: str) -> None:
        """Wait for the first diagnostics of a document."""
        while not any(it.get("params", {}).get("uri") == uri for it in self.sent if "method" in it):
            self._has_sent.clear()
            await self._has_sent.wait()

    def shown(self, uri: str) -> list[str]:
        """The messages of the last diagnostics of a document."""
        published = (
            it["params"] for it in reversed(self.sent) if it.get("method") == "textDocument/publishDiagnostics"
        )
        return [it["message"] for it in next(it["diagnostics"] for it in published if it["uri"] == uri)]


@pytest.fixture
async def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(limits, "SECONDS_IN_EDITOR", 0.3)
    monkeypatch.setattr(handlers, "SECONDS_IN_EDITOR", 0.3)
    for module in (documents_module, publishing):
        monkeypatch.setattr(module, "PATIENCE", 0.01)
    return Session()


def is_note(message: str) -> bool:
    return message.startswith("not analysed")


async def test_the_last_good_result_stays_with_a_note(session: Session) -> None:
    session.open("untitled:a", UNDECLARED)
    before = session.shown("untitled:a")
    session.server.documents["untitled:a"].seconds = 0.0
    start = time.process_time()
    session.change("untitled:a", SLOW)
    assert time.process_time() - start < 10, "a third of a second on a quiet machine; a minute without a limit"
    note, *after = session.shown("untitled:a")
    assert is_note(note)
    assert after == before != []


async def test_other_documents_are_answered_and_the_slow_one_costs_nothing(session: Session) -> None:
    session.open("untitled:slow", SLOW)
    assert [*map(is_note, session.shown("untitled:slow"))] == [True]
    start = time.process_time()
    for line in range(50):
        place = {"textDocument": {"uri": "untitled:slow"}, "position": {"line": line, "character": 1}}
        assert session.ask("textDocument/hover", place)["result"] is None
    session.change("untitled:slow", SLOW + "# more\n")
    session.open("untitled:other", UNDECLARED)
    place = {"textDocument": {"uri": "untitled:other"}, "position": {"line": 1, "character": 12}}
    assert session.ask("textDocument/hover", place)["result"]
    assert time.process_time() - start < 5, "a fiftieth of a second on a quiet machine"


async def test_an_interrupted_analysis_is_tried_again_after_a_pause(session: Session) -> None:
    session.open("untitled:a", SLOW)
    session.change("untitled:a", UNDECLARED)
    assert [*map(is_note, session.shown("untitled:a"))] == [True]
    await asyncio.sleep(0.2)
    assert session.shown("untitled:a")
    assert not any(map(is_note, session.shown("untitled:a")))
    place = {"textDocument": {"uri": "untitled:a"}, "position": {"line": 1, "character": 12}}
    assert session.ask("textDocument/hover", place)["result"]


async def test_pulled_diagnostics_have_the_note_too(session: Session) -> None:
    session.open("untitled:a", SLOW)
    pulled = session.ask("textDocument/diagnostic", {"textDocument": {"uri": "untitled:a"}})
    assert [is_note(it["message"]) for it in pulled["result"]["items"]] == [True]


async def test_a_project_that_cannot_be_read_leaves_the_default_build(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {x: {build: .}}\n")
    monkeypatch.setattr(Projects, "build", Mock(side_effect=RuntimeError))
    uri = (tmp_path / "Dockerfile").as_uri()
    session.open(uri, UNDECLARED)
    await session.until_published(uri)
    assert session.shown(uri) != []


async def test_a_project_that_takes_too_long_leaves_the_default_build_and_names_a_file(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {x: {build: .}}\n")

    def read_for_ever(*_arguments: object) -> None:
        read_project_text(tmp_path / "compose.yaml")
        while True:
            pass

    monkeypatch.setattr(Projects, "build", read_for_ever)
    monkeypatch.setattr(server_module, "SECONDS_OF_PROJECT", 0.2)
    uri = (tmp_path / "Dockerfile").as_uri()
    session.open(uri, UNDECLARED)
    start = time.monotonic()
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 12}}
    assert session.ask("textDocument/hover", place)["result"], "it is answered meanwhile"
    await session.until_published(uri)
    assert session.shown(uri) != []
    assert time.monotonic() - start < 10, "a quarter of a second on a quiet machine"
    notes = [it["params"]["message"] for it in session.sent if it.get("method") == "window/showMessage"]
    assert [it for it in notes if it.endswith("compose.yaml")] == notes != []


async def test_a_search_that_takes_too_long_is_given_up(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package.json").write_text("{}")
    monkeypatch.setattr(sources, "_project_files", lambda _directory: itertools.repeat(tmp_path / "package.json"))
    monkeypatch.setattr(sources, "_MOST_SEARCHED_FILES", 1 << 60)
    monkeypatch.setattr(sources, "_MOST_SEARCHED_BYTES", 1 << 60)
    monkeypatch.setattr(server_module, "SECONDS_OF_PROJECT", 0.2)
    uri = (tmp_path / "Dockerfile").as_uri()
    (tmp_path / "compose.yaml").write_text("services: {x: {build: .}}\n")
    session.open(uri, UNDECLARED)
    await session.until_published(uri)
    assert session.shown(uri) != []


async def test_a_log_that_takes_too_long_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_for_ever(_text: str) -> NoReturn:
        while True:
            pass

    monkeypatch.setattr(build_logs, "SECONDS_IN_TERMINAL", 0.1)
    monkeypatch.setattr("buildxray.logs.reader.read_log_text", read_for_ever)
    settings = Settings()
    build = ProjectBuild(settings.request(), settings, "")
    document = Document("file:///w/Dockerfile", 0, "FROM alpine\n", build, Workspace())
    with pytest.raises(JsonRpcInvalidParams, match=r"a\.log: not shown, because reading it takes more than"):
        await asyncio.to_thread(build_logs.measured, "x", "a.log", document)
