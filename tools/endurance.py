"""Type for hours into one server: `tools/endurance.py DIRECTORY [EDITS] [SEED]`.

Opens the Dockerfiles of a directory one after the other, edits each at random 60 times, and requests hovers, plans and code actions in between.
Prints memory, processor time and latency every 2,000 edits, and at the end how long the server takes to leave; exits with 1 if a promise is broken:
memory 10 % above that after the first 2,000 edits, no answer, or more than a second to leave.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

EVERY: Final = 2_000
EDITS_PER_FILE: Final = 60
LONGEST: Final = 8_000
GROWTH: Final = 1.1
LINES: Final = (
    "RUN go build ./{n}\n",
    "ARG TARGETARCH\n",
    "ENV V{n}={m}\n",
    "RUN curl -L https://x.org/{n}-{m}.tgz\n",
    "COPY a{n} /b{m}\n",
    "# c{n} {m}\n",
    "RUN GOARCH=$TARGETARCH go build -o /{n} ./{m}\n",
    "FROM alpine AS s{n}x{m}\n",
)


class Session:
    """A client of one server over its standard streams; it reads only while it waits for an answer."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-m", "buildxray", "lsp"], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
        self.n_errors = 0
        self._n_requests = 0
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def tell(self, method: str, params: object) -> None:
        """Effect: send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object) -> object:
        """The result of a request; errors are counted."""
        self._n_requests += 1
        self._send({"jsonrpc": "2.0", "id": self._n_requests, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("method") == "window/logMessage":
                self.n_errors += 1
                sys.stdout.write(f"{message['params']['message'][-2000:]}\n")
            if message.get("id") == self._n_requests and "method" not in message:
                self.n_errors += "error" in message
                return message.get("result")

    def _send(self, message: object) -> None:
        assert self.process.stdin is not None
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        stream = self.process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return dict(json.loads(stream.read(length)))

    @property
    def memory(self) -> float:
        """The resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(it.split()[1]) / 1024 for it in status.splitlines() if it.startswith("VmRSS"))

    @property
    def cpu(self) -> float:
        """The CPU seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def leave(self) -> float:
        """End the session; returns the seconds until the server has ended."""
        self.ask("shutdown", None)
        start = time.monotonic()
        self.tell("exit", None)
        self.process.wait(60)
        return time.monotonic() - start


def edited(text: str, n: int, rng: random.Random) -> str:
    """A text after one random edit: a line or a character is inserted, or a piece is removed."""
    place = rng.randrange(len(text) + 1)
    match n % 6:
        case 0:
            place = text.rfind("\n", 0, place) + 1
            return text[:place] + rng.choice(LINES).format(n=n, m=rng.randrange(10**6)) + text[place:]
        case 5:
            return text[:place] + text[place + rng.randrange(1, 9) :]
        case _:
            return text[:place] + rng.choice("abcdefgh $\n\\\"'{}=") + text[place:]


def main() -> int:
    """Edit, print the figures, and compare them with the promises."""
    directory, n_edits = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 7)  # noqa: S311 - nothing is kept secret
    texts = [it.read_text(encoding="utf-8", errors="replace") for it in sorted(directory.iterdir()) if it.is_file()]
    texts = [it for it in texts if len(it) < LONGEST]
    rng.shuffle(texts)
    session, latencies, n, n_files, first, cpu = Session(), list[float](), 0, 0, 0.0, 0.0
    while n < n_edits:
        text = texts[n_files % len(texts)]
        uri = f"untitled:{n_files}"
        n_files += 1
        item = {"uri": uri, "languageId": "dockerfile", "version": 0, "text": text}
        session.tell("textDocument/didOpen", {"textDocument": item})
        for version in range(1, EDITS_PER_FILE + 1):
            n += 1
            text = edited(text, version, rng)
            changes = [{"text": text}]
            identifier = {"uri": uri}
            start = time.perf_counter()
            session.tell(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes},
            )
            place = {"line": rng.randrange(text.count("\n") + 1), "character": rng.randrange(20)}
            session.ask("textDocument/hover", {"textDocument": identifier, "position": place})
            latencies.append(time.perf_counter() - start)
            if version % 20 == 0:
                session.ask("buildxray/plan", {"textDocument": identifier})
                whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
                params = {"textDocument": identifier, "range": whole, "context": {"diagnostics": []}}
                session.ask("textDocument/codeAction", params)
            if n % EVERY == 0:
                memory, now = session.memory, session.cpu
                first = first or memory
                sys.stdout.write(
                    f"{n:7d} edits  {memory:6.1f} MiB  {1000 * (now - cpu) / EVERY:.2f} ms CPU per edit  "
                    f"latency median {1000 * statistics.median(latencies):.1f} ms\n"
                )
                sys.stdout.flush()
                cpu = now
                latencies.clear()
        session.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    last, seconds = session.memory, session.leave()
    sys.stdout.write(
        f"memory {last / (first or last):.2f} times the first, {session.n_errors} errors, left in {seconds:.2f} s\n"
    )
    return int(last > GROWTH * (first or last) or session.n_errors > 0 or seconds > 1)


if __name__ == "__main__":
    sys.exit(main())
