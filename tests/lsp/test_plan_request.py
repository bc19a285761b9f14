"""`buildxray/plan` through the process."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.support.editor import Editor, editor
from tests.support.picture import Picture

pytestmark = pytest.mark.slow


TEXT = "FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a\n"


async def plan(session: Editor, **parameters: object) -> Any:  # noqa: ANN401 - pygls makes an object of any answer
    parameters = {"textDocument": {"uri": session.uri}, **parameters}
    protocol: Any = session.client.protocol
    return await protocol.send_request_async("buildxray/plan", parameters)


async def test_a_plan_as_data_and_as_a_picture() -> None:
    async with editor() as session:
        await session.open(TEXT)
        found = await plan(session)
        assert (found.version, found.uri, found.documentVersion) == (1, session.uri, 1)
        assert (found.buildPlatform, found.targetPlatforms) == ("linux/amd64", ["linux/amd64", "linux/arm64"])
        assert found.knownPlatforms[:3] == ["linux/amd64", "linux/arm64", "linux/arm/v7"]
        assert (found.totals.steps, found.totals.emulated, found.error) == (6, 1, None)
        assert [(it.name, it.isImage, len(it.rows)) for it in found.stages] == [
            ("build", False, 2),
            ("stage-1", True, 2),
        ]
        emulated = found.stages[0].rows[1].steps[1]
        assert (emulated.state, emulated.platform, emulated.targets) == ("emulated", "linux/arm64", ["linux/arm64"])
        assert [it.kind for it in found.edges] == ["copy"]
        assert Picture(found.svg).states["emulated"] == 1
        assert "<style>" in found.svg


async def test_a_plan_for_other_platforms_follows_typing() -> None:
    async with editor() as session:
        await session.open(TEXT)
        found = await plan(session, platforms=["linux/s390x"], picture="none")
        assert (found.targetPlatforms, found.totals.steps, found.svg) == (["linux/s390x"], 3, None)
        assert found.knownPlatforms[:3] == ["linux/amd64", "linux/arm64", "linux/s390x"]
        await session.change(f"{TEXT}RUN x\n")
        found = await plan(session, platforms=["linux/s390x"], picture="unstyled")
        assert (found.documentVersion, found.totals.steps) == (2, 4)
        assert "<style>" not in found.svg
        assert (await plan(session, platforms=[])).targetPlatforms == ["linux/amd64", "linux/arm64"]


async def test_what_cannot_be_planned() -> None:
    async with editor() as session:
        await session.open("RUN x\n")
        found = await plan(session)
        assert found.error.line == 1
        assert await plan(session, textDocument={"uri": "file:///nowhere/else"}) is None
        assert await plan(session, textDocument=None) is None
        with pytest.raises(JsonRpcException, match=r"platforms: .*such as `linux/arm64`"):
            await plan(session, platforms=["a/b/c/d"])
        with pytest.raises(JsonRpcException, match="picture: expected one of"):
            await plan(session, picture="oil")
        assert session.errors == []


@pytest.mark.parametrize(
    ("experimental", "command"),
    [({"commands": {"commands": ["buildxray.showPlan"]}}, "buildxray.showPlan"), ({"commands": 1}, ""), (None, "")],
)
async def test_a_lens_opens_the_plan_where_the_client_can(experimental: object, command: str) -> None:
    async with editor(types.ClientCapabilities(experimental=experimental)) as session:
        await session.open(f"# é\n{TEXT}")
        document = types.TextDocumentIdentifier(session.uri)
        lenses = await session.client.text_document_code_lens_async(types.CodeLensParams(document))
        commands = [it.command for it in lenses or () if it.command is not None]
        assert [it.command for it in commands] == [command, command]
        assert [it.arguments for it in commands] == ([(session.uri, 1), (session.uri, 3)] if command else [None, None])
