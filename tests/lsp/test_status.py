"""The status of a document, sent to clients that request it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.support.editor import SETTINGS, URI, Editor, editor

pytestmark = [pytest.mark.slow, pytest.mark.processes]


ON_AMD64 = {"buildPlatform": "linux/amd64"}
ASKING = {"buildxrayStatus": True}
DOCKERFILE = "FROM alpine\n"


@asynccontextmanager
async def session_with_status(
    experimental: object = ASKING, *, options: object = None, locale: str | None = None
) -> AsyncIterator[tuple[Editor, asyncio.Queue[Any]]]:
    """A session, and the statuses that the server has sent."""
    capabilities = types.ClientCapabilities(experimental=experimental)
    async with editor(capabilities, options=options, locale=locale) as session:
        told: asyncio.Queue[Any] = asyncio.Queue()
        session.client.protocol.fm.features["buildxray/status"] = told.put_nowait
        yield session, told


async def status(told: asyncio.Queue[Any]) -> tuple[Any, ...]:
    it = await asyncio.wait_for(told.get(), 60)
    assert it.version == 1
    return it.uri, [*it.targetPlatforms], it.buildPlatform, it.origin


async def test_the_status_of_a_document_follows_the_settings() -> None:
    async with session_with_status(options=ON_AMD64) as (session, told):
        await session.open(DOCKERFILE)
        assert await status(told) == (URI, ["linux/amd64", "linux/arm64"], "linux/amd64", None)
        for _ in range(2):
            change = types.DidChangeConfigurationParams({"platforms": ["linux/s390x"]})
            session.client.workspace_did_change_configuration(change)
        assert await status(told) == (URI, ["linux/s390x"], "linux/amd64", "the setting `platforms`")
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"platforms": []}))
        assert (await status(told))[3] is None


async def test_the_origin_is_a_file_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" { platforms = ["linux/amd64"] }\n')
    uri = (tmp_path / "Dockerfile").as_uri()
    async with session_with_status(options=ON_AMD64) as (session, told):
        await session.open(DOCKERFILE, uri=uri)
        assert await status(told) == (uri, ["linux/amd64"], "linux/amd64", "docker-bake.hcl, target `app`")


async def test_a_reopened_document_gets_its_status_again() -> None:
    async with session_with_status(options=SETTINGS, locale="ja") as (session, told):
        await session.open(DOCKERFILE)
        first = await status(told)
        close = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI))
        session.client.text_document_did_close(close)
        await session.open(DOCKERFILE)
        assert await status(told) == first
        assert first[3] == "設定 `platforms`"


async def test_a_client_that_does_not_ask_gets_no_status() -> None:
    others: list[object] = [None, [], {"buildxrayStatus": False}, {"serverStatusNotification": True}]
    for experimental in others:
        async with session_with_status(experimental) as (session, told):
            await session.open(DOCKERFILE)
            # The answer arrives after all earlier messages.
            await session.hover(0)
            assert told.empty()
            assert session.errors == []
