"""The time from a keystroke to its diagnostics in a real process: alone, and while 500 Dockerfiles are checked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types

from tests.support.editor import Editor, editor
from tests.support.samples import THIRTY_LINES

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

N_FILES = 500


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.parametrize("how", ["alone", "while the workspace is checked"])
def test_keystroke(benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop, tmp_path: Path, how: str) -> None:
    for n in range(N_FILES):
        (tmp_path / f"{n}.Dockerfile").write_text(f"{THIRTY_LINES}# {n}\n", encoding="utf-8")
    session_of_editor = editor(folders=[tmp_path])
    session = loop.run_until_complete(session_of_editor.__aenter__())
    try:
        loop.run_until_complete(session.open(THIRTY_LINES))
        checking = None if how == "alone" else loop.create_task(check(session))
        # The other process competes with this one only after it has started.
        loop.run_until_complete(asyncio.sleep(1))
        versions = (f"{THIRTY_LINES}# {it}\n" for it in count())
        benchmark.pedantic(
            lambda text: loop.run_until_complete(session.change(text)),
            setup=lambda: ((next(versions),), {}),
            rounds=100,
            warmup_rounds=5,
        )
        if checking is not None:
            assert not checking.done(), "the workspace was checked too quickly to say anything"
            assert loop.run_until_complete(checking) == N_FILES
    finally:
        loop.run_until_complete(session_of_editor.__aexit__(None, None, None))


async def check(session: Editor) -> int:
    report = await session.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
    return len(report.items)
