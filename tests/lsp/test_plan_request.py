"""`buildxray/plan` through the process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.support.editor import Editor, editor
from tests.support.picture import Picture

pytestmark = [pytest.mark.slow, pytest.mark.processes]


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


BAKE = """
target "app" { platforms = ["linux/amd64", "linux/arm64"] }
target "arm" {
  platforms = ["linux/arm64"]
  target = "build"
}
target "same" { inherits = ["arm"] }
"""


async def test_a_build_is_asked_for_by_its_name_and_follows_typing(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    async with editor(options={"buildPlatform": "linux/amd64"}) as session:
        await session.open(TEXT, uri=(tmp_path / "Dockerfile").as_uri())
        shown = await plan(session)
        assert (shown.build, shown.targetPlatforms) == ("app", ["linux/amd64", "linux/arm64"])
        for name in ("arm", "docker-bake.hcl:arm", "a[r]m"):
            found = await plan(session, build=name)
            assert (found.build, found.targetPlatforms) == ("arm", ["linux/arm64"])
            assert [(it.name, it.isImage) for it in found.stages] == [("build", True)]
        # A build equal to another one can be requested by its own name.
        assert (await plan(session, build="same")).build == "same"
        await session.change(TEXT.replace("RUN go build\n", "RUN go build\nRUN go test\n"))
        found = await plan(session, build="arm")
        assert (found.documentVersion, found.totals.steps, found.totals.emulated) == (2, 3, 2)
        assert (await plan(session, build="arm", platforms=["linux/amd64"])).totals.emulated == 0
        assert [(await plan(session, build=it)).build for it in (None, "", "all")] == ["app"] * 3
        for wrong in ("dev", "arm ", 1, ["arm"]):
            with pytest.raises(JsonRpcException, match="build: no build of this Dockerfile is named"):
                await plan(session, build=wrong)


async def test_the_lens_of_a_build_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    (tmp_path / "Dockerfile").write_text(TEXT)
    capabilities = types.ClientCapabilities(experimental={"commands": {"commands": ["buildxray.showPlan"]}})
    async with editor(capabilities) as session:
        await session.open(BAKE, uri=(tmp_path / "docker-bake.hcl").as_uri(), language="hcl")
        document = types.TextDocumentIdentifier(session.uri)
        lenses = await session.client.text_document_code_lens_async(types.CodeLensParams(document))
        arguments = [it.command.arguments for it in lenses or () if it.command is not None]
        await session.open(TEXT, uri=(tmp_path / "Dockerfile").as_uri())
        assert [(await plan(session, build=it[2])).build for it in arguments if it] == ["app", "arm", "same"]


@pytest.mark.parametrize(
    ("names", "commands"),
    [
        (["buildxray.showPlan", "buildxray.chooseBuild"], ["buildxray.chooseBuild", "buildxray.showPlan"]),
        (["buildxray.showPlan"], ["", "buildxray.showPlan"]),
        ([], ["", ""]),
    ],
)
async def test_the_first_lens_chooses_the_build_where_the_client_can(
    tmp_path: Path, names: list[str], commands: list[str]
) -> None:
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    async with editor(types.ClientCapabilities(experimental={"commands": {"commands": names}})) as session:
        await session.open("FROM alpine AS build\n", uri=(tmp_path / "Dockerfile").as_uri())
        document = types.TextDocumentIdentifier(session.uri)
        lenses = await session.client.text_document_code_lens_async(types.CodeLensParams(document))
        listed = [it.command for it in lenses or () if it.command is not None]
        assert [it.command for it in listed] == commands
        assert listed[0].title.startswith("app: ")
        assert listed[0].arguments == ((session.uri,) if commands[0] else None)


async def test_invalid_plan_requests_are_errors() -> None:
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
