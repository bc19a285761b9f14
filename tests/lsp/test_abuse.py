"""Hostile and broken clients: every request is answered, the session continues, and memory does not grow."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import pytest

from buildxray.caching import clear_caches
from buildxray.lsp.main import create_server
from buildxray.lsp.protocol import Protocol
from tests.support.warm_server import COMMAND, warm_command

pytestmark = [pytest.mark.slow, pytest.mark.processes]
URI = "file:///w/Dockerfile"
UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
IDENTIFIER = {"uri": URI}
PLACE = {"textDocument": IDENTIFIER, "position": {"line": 0, "character": 0}}


class Client:
    """A client that sends arbitrary messages over two streams."""

    def __init__(self, sink: IO[bytes], source: IO[bytes]) -> None:
        self.sink, self.source = sink, source
        self.received: list[dict[str, Any]] = []
        self._id = 0
        self._writer = ThreadPoolExecutor(1)

    def send_raw(self, data: bytes) -> None:
        # In a thread: client and server would wait for each other if both wrote more than a pipe holds.
        writing = self._writer.submit(self._write, data)
        if writing in wait([writing], timeout=1).done:
            writing.result()

    def _write(self, data: bytes) -> None:
        self.sink.write(data)
        self.sink.flush()

    def send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.send_raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object) -> dict[str, Any]:
        self._id += 1
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return self.wait_for(lambda it: it.get("id") == self._id and "method" not in it)

    def wait_for(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message = self.read()
            self.received.append(message)
            if is_wanted(message):
                return message

    def read(self) -> dict[str, Any]:
        length = 0
        while (line := self.source.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has left"
        return dict(json.loads(self.source.read(length)))

    def initialize(self, capabilities: object = None, **more: object) -> dict[str, Any]:
        params = {"processId": None, "rootUri": None, "capabilities": capabilities or {}, **more}
        answer = self.ask("initialize", params)
        self.notify("initialized", {})
        return answer

    def open(self, text: str = UNDECLARED) -> dict[str, Any]:
        item = {"uri": URI, "languageId": "dockerfile", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return self.wait_for(lambda it: it.get("method") == "textDocument/publishDiagnostics")

    @property
    def errors(self) -> list[str]:
        """The errors that the server has logged."""
        return [it["params"]["message"] for it in self.received if it.get("method") == "window/logMessage"]

    @property
    def pop_ups(self) -> list[dict[str, Any]]:
        return [it for it in self.received if it.get("method") == "window/showMessage"]


@contextmanager
def started(*, is_warm: bool = False) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """A server process and its client; by default started as an editor starts it, to test its start and end."""
    command = warm_command() if is_warm else COMMAND
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Client(process.stdin, process.stdout), process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with started(is_warm=True) as (client, _process):
        client.initialize()
        client.open()
        yield client


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/hover", None),
        ("textDocument/hover", []),
        ("textDocument/hover", {**PLACE, "position": "x"}),
        ("textDocument/hover", {**PLACE, "position": {"line": {}}}),
        ("textDocument/codeAction", {"textDocument": IDENTIFIER}),
        ("textDocument/rename", PLACE),
        ("textDocument/completion", {"textDocument": 5}),
        ("textDocument/inlayHint", {"textDocument": IDENTIFIER, "range": [1, 2]}),
    ],
)
def test_wrong_parameters_are_answered_without_a_pop_up(client: Client, method: str, params: object) -> None:
    assert client.ask(method, params)["error"]["code"] == -32602
    assert client.pop_ups == []


REQUESTS = (
    *("hover", "completion", "definition", "references", "documentHighlight", "rename", "prepareRename"),
    *("signatureHelp", "codeAction", "inlayHint", "codeLens", "documentSymbol", "foldingRange", "semanticTokens/full"),
    *("semanticTokens/full/delta", "semanticTokens/range", "documentLink", "formatting", "rangeFormatting"),
    *("onTypeFormatting", "selectionRange", "linkedEditingRange", "diagnostic"),
)
NOTIFICATIONS = (
    *("textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose"),
    *("workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders"),
    *("$/setTrace", "$/cancelRequest", "window/workDoneProgress/cancel", "no/such"),
)
FAR = {"line": 1 << 40, "character": 1 << 40}
ABSURD: tuple[object, ...] = (
    *(None, [], {}, 0, "x", [[]], {"textDocument": None}, {"textDocument": {"uri": []}}),
    *({"textDocument": IDENTIFIER, "position": it} for it in (FAR, {"line": -1, "character": -1}, {"line": 0.5}, None)),
    {
        "textDocument": IDENTIFIER,
        "position": FAR,
        "positions": [FAR, FAR],
        "ch": "",
        "newName": "\n::x",
        "range": {"start": FAR, "end": {"line": 0, "character": 0}},
        "context": {"diagnostics": [], "only": ["x"], "includeDeclaration": True},
        "options": {"tabSize": -5, "insertSpaces": True},
        "previousResultId": "\ud800",
    },
    {"settings": 5, "event": {"added": [{"uri": 5}], "removed": None}, "changes": [{"uri": "x", "type": 9}], "id": {}},
    {"settings": {"buildxray": {"platforms": {"a": 1}, "severity": [5], "build": {}}}},
    {"textDocument": {"uri": "file://[", "languageId": "dockerfile", "version": 1 << 70, "text": "FROM a"}},
)


@pytest.mark.parametrize(
    "method", [*(f"textDocument/{it}" for it in REQUESTS), "workspace/diagnostic", "workspace/symbol", "buildxray/plan"]
)
def test_every_request_is_answered_whatever_its_parameters_are(client: Client, method: str) -> None:
    for params in ABSURD:
        answer = client.ask(method, params)
        assert "result" in answer or answer["error"]["code"] in (-32602, -32803), (params, answer)
    assert client.errors == []


def test_notifications_with_absurd_parameters_change_nothing(client: Client) -> None:
    for method in NOTIFICATIONS:
        for params in ABSURD[:-1]:
            client.notify(method, params)
    item = {"uri": URI, "languageId": "dockerfile", "version": 1, "text": UNDECLARED}
    client.notify("textDocument/didOpen", {"textDocument": item})
    assert "result" in client.ask("textDocument/hover", PLACE)
    assert client.errors == []


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "untitled:Untitled-1",
            "",
            "git:/a/Dockerfile?x=y",
            "file://host/share/Dockerfile",
            "file:///c%3A/Dockerfile",
        ),
        *("file:///%ff%00/Dockerfile", "file:///" + "a/" * 30_000 + "Dockerfile", "file:///" + "x" * 65_536),
        *("file:///dev/zero/Dockerfile", "vscode-notebook-cell:/x#1", "file:///a\nb/Dockerfile", "file:///\ud800"),
    ],
)
def test_a_document_of_any_uri_is_checked(client: Client, uri: str) -> None:
    item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": UNDECLARED}
    client.notify("textDocument/didOpen", {"textDocument": item})
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 12}}
    assert client.ask("textDocument/hover", place)["result"] is not None
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.errors == []


def test_requests_before_initialize_are_refused() -> None:
    with started(is_warm=True) as (client, _process):
        assert client.ask("textDocument/hover", PLACE)["error"]["code"] == -32002
        client.notify(
            "textDocument/didOpen", {"textDocument": {**IDENTIFIER, "languageId": "", "version": 1, "text": ""}}
        )
        assert "capabilities" in client.initialize()["result"]


def test_a_flood_of_notifications_leaves_nothing(client: Client) -> None:
    body = json.dumps({"jsonrpc": "2.0", "method": "$/x", "params": {"n": "x" * 50}}).encode()
    client.send_raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) * 20_000)
    assert "result" in client.ask("textDocument/hover", PLACE)


def test_an_unknown_method_is_answered(client: Client) -> None:
    assert client.ask("no/such", {})["error"]["code"] == -32601


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Length: 4\r\n\r\n{{{{",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 4\r\n\r\nnull",
        b'Content-Length: 17\r\n\r\n{"jsonrpc":"1.0"}',
        b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000,
        b"X: " + b"x" * 200_000 + b"\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff",
        b'Content-Length: 5\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"x"}',
        b"Content-Length: 999999999999\r\n\r\n",
        b"content-length:4\r\n\r\n1234",
    ],
)
def test_what_is_not_a_message_is_refused_and_the_session_goes_on(client: Client, data: bytes) -> None:
    client.send_raw(data)
    refused = client.wait_for(lambda it: "error" in it)
    assert refused["id"] is None
    assert "result" in client.ask("textDocument/hover", PLACE)


def test_a_change_of_an_unopened_document_is_skipped(client: Client) -> None:
    changes = [{"text": "FROM a\n"}]
    before = [*client.pop_ups]
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": "file:///no", "version": 2}, "contentChanges": changes}
    )
    assert "result" in client.ask("textDocument/hover", PLACE)
    assert client.pop_ups == before


@pytest.mark.parametrize(
    "capabilities",
    [
        {"textDocument": {"semanticTokens": {"requests": {}}, "hover": {"contentFormat": ["markdown"]}}},
        {"textDocument": {"semanticTokens": 5, "hover": {"contentFormat": ["markdown"]}}},
        {"workspace": "x", "textDocument": {"hover": {"contentFormat": ["markdown"]}}},
        {"general": {"positionEncodings": [[]]}, "textDocument": {"hover": {"contentFormat": ["markdown"]}}},
    ],
)
def test_a_malformed_capability_counts_as_missing(capabilities: object) -> None:
    with started(is_warm=True) as (client, _process):
        assert "capabilities" in client.initialize(capabilities)["result"]
        client.open()
        assert client.ask("textDocument/hover", PLACE)["result"]["contents"]["kind"] == "markdown"


@pytest.mark.parametrize("more", [{"clientInfo": 5}, {"workspaceFolders": {"a": 1}}, {"rootUri": 5}, {"trace": "loud"}])
def test_malformed_initialization_options_do_not_end_the_session(more: dict[str, object]) -> None:
    with started(is_warm=True) as (client, _process):
        assert "capabilities" in client.initialize(**more)["result"]


def test_requests_after_shutdown_are_invalid_and_exit_ends_the_process() -> None:
    with started() as (client, process):
        client.initialize()
        assert client.ask("shutdown", None)["result"] is None
        assert client.ask("textDocument/hover", PLACE)["error"]["code"] == -32600
        client.notify("exit", None)
        assert process.wait(30) == 0


def test_exit_without_shutdown_has_code_1() -> None:
    with started() as (client, process):
        client.initialize()
        client.notify("exit", None)
        assert process.wait(30) == 1


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_a_closed_stream_ends_the_process(stream: str) -> None:
    with started() as (client, process):
        client.initialize()
        client.open()
        getattr(process, stream).close()
        if stream == "stdout":
            client.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": "FROM a"}]},
            )
        start = time.monotonic()
        process.wait(20)
        assert time.monotonic() - start < 10, "a second on a quiet machine"


def test_the_process_ends_while_a_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(UNDECLARED)
    # Reading this takes 20 s, of which the server gives 10.
    loops = "for a in 1 2 3 4 5 6 7 8; do for b in 1 2 3 4 5 6 7 8; do docker build --build-arg A=$a$b{n} .; done; done"
    steps = "".join(f'      - run: "{loops.format(n=n)}"\n' for n in range(1_500))
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "a.yml").write_text(f"jobs:\n  b:\n    steps:\n{steps}")
    with started() as (client, process):
        client.initialize()
        item = {"uri": (tmp_path / "Dockerfile").as_uri(), "languageId": "dockerfile", "version": 1, "text": UNDECLARED}
        client.notify("textDocument/didOpen", {"textDocument": item})
        client.ask("shutdown", None)
        client.notify("exit", None)
        start = time.monotonic()
        assert process.wait(30) == 0
        assert time.monotonic() - start < 8, "a second on a quiet machine"


async def test_futures_of_notifications_are_forgotten() -> None:
    server = create_server()
    protocol = server.protocol
    assert isinstance(protocol, Protocol)
    protocol.set_writer(Sink())
    protocol.receive(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {"processId": None, "rootUri": None, "capabilities": {}},
        }
    )
    item = {"uri": URI, "languageId": "dockerfile", "version": 1, "text": "FROM a\n"}
    protocol.receive({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
    # Imported once per session, when memory is first given back.
    import_module("ctypes")
    before = blocks_before = 0
    for n in range(20_000):
        params = {"textDocument": {"uri": URI, "version": n}, "contentChanges": [{"text": f"FROM a{n % 9}\n"}]}
        protocol.receive({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})
        if n % 100 == 0:
            await asyncio.sleep(0)
        if n == 8_000:
            clear_caches()  # as the server does itself, a second after each 1,000 edits
            before, blocks_before = resident_kib(), allocated_blocks()
    assert protocol._request_futures == {}
    assert resident_kib() - before < 2048
    clear_caches()
    # Caches of the session go up and down by 1,500 blocks; a leak of one block per message would add 12,000.
    assert allocated_blocks() - blocks_before < 3_000


class Sink:
    """A writer that discards its input."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError


def allocated_blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


@contextmanager
def started_tcp() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "buildxray", "lsp", "--tcp", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield port, process
        finally:
            process.kill()


def connected(port: int) -> socket.socket:
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), 20)
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server does not listen")


def test_tcp_survives_a_scan_and_http_and_serves_one_client() -> None:
    with started_tcp() as (port, process):
        connected(port).close()
        with connected(port) as web:
            web.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            assert web.recv(100).startswith(b"HTTP/1.1 400")
        with connected(port) as first, connected(port) as second:
            client = Client(first.makefile("wb"), first.makefile("rb"))
            assert "result" in client.initialize()
            other = Client(second.makefile("wb"), second.makefile("rb"))
            assert "one client" in other.read()["params"]["message"]
            client.open()
            assert "result" in client.ask("textDocument/hover", PLACE)
            client.sink.close()
            client.source.close()
        process.wait(60)
