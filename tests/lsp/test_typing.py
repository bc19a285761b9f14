"""While a document is typed, the server never raises, logs an error, or loses synchronisation."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from buildxray.lsp import handlers
from buildxray.lsp.main import create_server
from buildxray.lsp.server import Server
from tests.support.conformance import CASES, case_text
from tests.support.editor import URI, editor

pytestmark = pytest.mark.slow


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/Dockerfile*"))


class Output:
    """Records the output of the server."""

    def __init__(self) -> None:
        self.last = b""

    def write(self, data: bytes) -> None:
        self.last = data

    @property
    def published(self) -> types.PublishDiagnosticsParams:
        message = json.loads(self.last.partition(b"\r\n\r\n")[2])
        assert message["method"] == types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        return types.PublishDiagnosticsParams(message["params"]["uri"], [], message["params"].get("version"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    log = logging.getLogger("buildxray")
    known = [*log.handlers]
    yield create_server()
    log.handlers[:] = known


STEP = 3
"""Every third keystroke of a case is sent by one test, the others by two more of `make processes`."""


def typed() -> dict[str, list[int]]:
    """The lengths of the prefixes to send of each case: one per character, but beginnings of lines known from earlier lines are pasted."""
    seen: set[str] = set()
    lengths: dict[str, list[int]] = {}
    for case in CASES:
        start = 0
        of_case: list[int] = []
        for line in case_text(case).splitlines(keepends=True):
            n_known = next((n for n in range(len(line), 0, -1) if line[:n] in seen), 0)
            of_case += [start + n for n in range(max(1, n_known), len(line) + 1)]
            seen.update(line[:n] for n in range(n_known + 1, len(line) + 1))
            start += len(line)
        lengths[case] = of_case
    return lengths


TYPED = typed()


@pytest.mark.parametrize("first", [0, *(pytest.param(it, marks=pytest.mark.processes) for it in range(1, STEP))])
@pytest.mark.parametrize("case", CASES)
async def test_every_case_typed(server: Server, case: str, first: int, caplog: pytest.LogCaptureFixture) -> None:
    text = case_text(case)
    output = Output()
    server.protocol.set_writer(output)  # type: ignore[arg-type]
    handlers.did_open(server, types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "dockerfile", 0, "")))
    assert (TYPED[case] or [0])[-1] == len(text)
    for end in dict.fromkeys([*TYPED[case][first::STEP], *TYPED[case][-1:]]):
        document = types.VersionedTextDocumentIdentifier(end, URI)
        change = types.TextDocumentContentChangeWholeDocument(text[:end])
        handlers.did_change(server, types.DidChangeTextDocumentParams(document, [change]))
        if output.published.version != end:
            # A slow analysis is debounced.
            server.publisher.publish(server.documents[URI])
        assert output.published.version == end
    assert [it.getMessage() for it in caplog.records if it.levelno >= logging.ERROR] == []


@pytest.mark.processes
async def test_examples_typed_into_a_process() -> None:
    async with editor() as session:
        for path in EXAMPLES:
            text = path.read_bytes().decode()
            await session.open("", uri=path.as_uri())
            for end in range(1, len(text)):
                session.send(text[:end])
            await session.change(text)
        assert session.errors == []
