"""`buildxray/times` through the process."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.support.editor import SETTINGS, Editor, editor
from tests.support.logs import RECORDED, dockerfile

pytestmark = [pytest.mark.slow, pytest.mark.processes]

NAIVE = dockerfile("naive.github.log")
LOG = RECORDED / "naive.github.log"


async def times(session: Editor, **parameters: object) -> Any:  # noqa: ANN401 - pygls makes an object of any answer
    protocol: Any = session.client.protocol
    return await protocol.send_request_async("buildxray/times", {"textDocument": {"uri": session.uri}, **parameters})


async def hints(session: Editor) -> list[str]:
    lines = session.text.count("\n")
    document = types.TextDocumentIdentifier(session.uri)
    range_ = types.Range(types.Position(0, 0), types.Position(lines, 0))
    found = await session.client.text_document_inlay_hint_async(types.InlayHintParams(document, range_))
    return [str(it.label) for it in found or ()]


async def lens(session: Editor) -> str:
    document = types.TextDocumentIdentifier(session.uri)
    found = await session.client.text_document_code_lens_async(types.CodeLensParams(document))
    assert found
    assert found[0].command is not None
    return found[0].command.title


async def test_open_a_log_apply_the_fix_and_clear() -> None:
    async with editor() as session:
        await session.open(NAIVE)
        assert (await times(session)).times is None
        found = await times(session, log={"path": str(LOG)})
        assert (found.version, found.log.name, found.log.brokenLines) == (1, LOG.name, 0)
        assert found.times.total == pytest.approx(111.9, abs=0.1)
        assert found.times.prediction.saved == pytest.approx(84, abs=1)
        assert [(it.line, [step.seconds for step in it.steps]) for it in found.instructions if it.line == 10] == [
            (10, [19.9, 101.4])
        ]
        assert "×2  19.9 s · arm64 101.4 s emulated" in await hints(session)
        assert re.fullmatch(r"build log \(.+\): 111.9 s · the safe fixes save about 84 s of 110 s", await lens(session))
        await session.change(dockerfile("cross.github.log"))
        assert (await lens(session)).endswith(": 111.9 s · re-planned: saves about 84 s of 110 s")
        # The text of the line is unchanged, but it runs on another machine.
        assert "shared  was 4.0 s · arm64 9.8 s emulated" in await hints(session)
        found = await times(session)
        assert (found.edited, found.saved) == (True, pytest.approx(84, abs=1))
        assert (await times(session, clear=True)).times is None
        assert not any(" s" in it for it in await hints(session))
        assert session.errors == []


async def test_a_log_is_sent_as_text() -> None:
    async with editor() as session:
        await session.open(NAIVE)
        found = await times(session, log={"text": LOG.read_text()})
        assert (found.log.name, found.log.modified) == ("clipboard", None)


async def test_unusable_logs_are_errors() -> None:
    async with editor() as session:
        await session.open(NAIVE)
        for log, reason in [
            ({"path": str(RECORDED / "naive.Dockerfile")}, "not a build log"),
            ({"path": str(RECORDED / "missing")}, "No such file"),
            ({"path": str(RECORDED / "small.rawjson")}, "no build of this Dockerfile"),
            ({"text": "hello"}, "not a build log"),
            ({}, "expected a `path`"),
        ]:
            with pytest.raises(JsonRpcException, match=reason):
                await times(session, log=log)
        assert await times(session, textDocument={"uri": "file:///nowhere/else"}) is None
        assert session.errors == []


async def test_the_setting_names_a_log_beside_the_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_bytes(LOG.read_bytes())
    path = tmp_path / "Dockerfile"
    path.write_text(NAIVE)
    async with editor(options={**SETTINGS, "log": "build.log"}) as session:
        await session.open(NAIVE, uri=path.as_uri())
        for _attempt in range(200):
            if (await times(session)).times is not None:
                break
            await asyncio.sleep(0.05)
        assert "×2  19.9 s · arm64 101.4 s emulated" in await hints(session)
