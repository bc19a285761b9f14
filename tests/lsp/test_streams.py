"""The server answers on pipes, files and sockets, and ends when they are closed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.processes]


COMMAND = [sys.executable, "-m", "buildxray", "lsp"]


def message(**content: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


INITIALIZE = message(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
SESSION = (
    INITIALIZE + message(method="initialized", params={}) + message(id=2, method="shutdown") + message(method="exit")
)


def test_messages_through_pipes() -> None:
    done = subprocess.run(COMMAND, input=SESSION, capture_output=True, timeout=60, check=True)
    assert b'"hoverProvider"' in done.stdout
    assert done.stderr == b""


def test_messages_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "session").write_bytes(SESSION)
    with (tmp_path / "session").open("rb") as source:
        done = subprocess.run(COMMAND, stdin=source, capture_output=True, timeout=60, check=True)
    assert b'"hoverProvider"' in done.stdout


def test_messages_through_one_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen(COMMAND, stdin=theirs.fileno(), stdout=theirs.fileno()) as process:
        theirs.close()
        ours.sendall(SESSION)
        answer = b"".join(iter(lambda: ours.recv(1 << 16), b""))
        assert process.wait(60) == 0
    assert b'"hoverProvider"' in answer


def test_a_client_that_leaves_within_a_message_ends_the_session() -> None:
    done = subprocess.run(COMMAND, input=INITIALIZE + SESSION[:30], capture_output=True, timeout=60, check=False)
    assert b'"hoverProvider"' in done.stdout
    assert b"Traceback" not in done.stderr
