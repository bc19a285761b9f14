"""Measure how a session begins and ends: `tools/session_start.py DIRECTORY [ROUNDS]`.

Prints the resident memory with ten Dockerfiles of the directory open, the time from the start of the server to the first diagnostics beside that of a
server of pygls that only answers `initialize`, and the time that the server takes to end in several states.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

N_FILES: Final = 10
SERVER: Final = (sys.executable, "-m", "buildxray", "lsp")
_EMPTY_SERVER: Final = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("empty", "1")

@server.feature("textDocument/didOpen")
def opened(ls, params):
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

server.start_io()
"""
EMPTY: Final = (sys.executable, "-c", _EMPTY_SERVER)
BOMB: Final = "FROM a\n" + "".join(
    f"FROM a AS s{n}\nRUN go build ./{n}\nCOPY --from=s{n - 1} / /\n" for n in range(5_000)
)


class Session:
    """A client of one server."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.start = time.perf_counter()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.send({"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}})
        self.wait_for(lambda it: it.get("id") == 1)
        self.send({"method": "initialized", "params": {}})

    def send(self, message: dict[str, Any]) -> None:
        """Effect: send a message."""
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def wait_for(self, is_wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - a function of a message
        """The next message for which a condition holds."""
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message: dict[str, Any] = json.loads(stream.read(length))
            if is_wanted(message):
                return message

    def open(self, uri: str, text: str, *, is_awaited: bool = True) -> None:
        """Effect: open a document, and wait for its diagnostics."""
        item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
        if is_awaited:
            self.wait_for(lambda it: it.get("method") == "textDocument/publishDiagnostics")

    def leave(self) -> float:
        """End the session without waiting for an answer; returns the seconds until the process has ended."""
        start = time.perf_counter()
        self.send({"id": 2, "method": "shutdown"})
        self.send({"method": "exit"})
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
        return time.perf_counter() - start

    @property
    def memory(self) -> float:
        """The resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(it.split()[1]) / 1024 for it in status.splitlines() if it.startswith("VmRSS"))


def first_diagnostics(command: tuple[str, ...], text: str, rounds: int) -> float:
    """The median seconds from the start of a server to the first diagnostics."""
    taken: list[float] = []
    for _ in range(rounds):
        session = Session(command)
        session.open("untitled:a", text)
        taken.append(time.perf_counter() - session.start)
        session.process.kill()
        session.process.wait()
    return statistics.median(taken)


def main() -> int:
    """Measure and print."""
    directory, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 9
    files = [it for it in sorted(directory.iterdir()) if it.is_file()][:N_FILES]
    texts = [it.read_text(encoding="utf-8", errors="replace") for it in files]
    session = Session(SERVER)
    for path, text in zip(files, texts, strict=True):
        session.open(path.absolute().as_uri(), text)
    sys.stdout.write(f"{len(files)} open files: {session.memory:.1f} MiB\n")
    leaving = {"with open files": session.leave()}
    ours, empty = (first_diagnostics(it, texts[0], rounds) for it in (SERVER, EMPTY))
    sys.stdout.write(f"first diagnostics: {1000 * ours:.0f} ms, a server without features {1000 * empty:.0f} ms\n")
    leaving["after initialize"] = Session(SERVER).leave()
    session = Session(SERVER)
    session.open("untitled:a", BOMB, is_awaited=False)
    leaving["while it analyses"] = session.leave()
    for state, seconds in leaving.items():
        sys.stdout.write(f"leaves {state}: {seconds:.2f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
