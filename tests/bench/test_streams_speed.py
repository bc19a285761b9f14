"""The CPU time of keystrokes with the reader of messages in `lsp/streams.py`, and with pygls's pool of threads."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.support.samples import THIRTY_LINES
from tests.support.warm_server import COMMAND

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

N_MESSAGES = 300
URI = "file:///w/Dockerfile"
COMMANDS = {
    "own": COMMAND,
    "pygls": [sys.executable, "-c", "from buildxray.lsp.main import create_server; create_server().start_io()"],
}


@pytest.mark.parametrize("reader", COMMANDS)
def test_messages(benchmark: BenchmarkFixture, reader: str) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMANDS[reader], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sink, source, versions = process.stdin, process.stdout, count(2)
        send(sink, "initialize", {"processId": None, "rootUri": None, "capabilities": {}}, number=1)
        wait_for(source, lambda it: it.get("id") == 1)
        send(sink, "initialized", {})
        item = {"uri": URI, "languageId": "dockerfile", "version": 1, "text": THIRTY_LINES}
        send(sink, "textDocument/didOpen", {"textDocument": item})

        def type_() -> None:
            for _ in range(N_MESSAGES):
                version = next(versions)
                changes = [{"text": f"{THIRTY_LINES}# {version}\n"}]
                document = {"uri": URI, "version": version}
                send(sink, "textDocument/didChange", {"textDocument": document, "contentChanges": changes})
                wait_for(source, lambda it: it.get("params", {}).get("version") == version)  # noqa: B023 - called at once

        benchmark.pedantic(type_, rounds=10, warmup_rounds=1)
        process.kill()


def send(sink: IO[bytes], method: str, params: object, *, number: int | None = None) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
    body = json.dumps(message).encode()
    sink.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sink.flush()


def wait_for(source: IO[bytes], is_wanted: Any) -> None:  # noqa: ANN401 - a predicate of any message
    while True:
        length = 0
        while (line := source.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        if is_wanted(json.loads(source.read(length))):
            return
