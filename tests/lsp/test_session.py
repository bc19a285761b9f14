"""A session with unusual clients, other files and invalid settings."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

from tests.support.editor import SETTINGS, URI, editor

pytestmark = pytest.mark.slow


NAIVE = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
UNDECLARED = "FROM alpine\nRUN wget x-$TARGETARCH\n"


async def test_which_files_are_dockerfiles() -> None:
    files = {
        "Dockerfile": "plaintext",
        "dockerfile.dev": "plaintext",
        "api.Dockerfile": "plaintext",
        "Containerfile.arm": "plaintext",
        "my%20file.DOCKERFILE": "plaintext",
        "build.txt": "dockerfile",
        "image.txt": "containerfile",
    }
    async with editor() as session:
        for name, language in [("notes.md", "markdown"), ("Dockerfiles", "plaintext"), *files.items()]:
            item = types.TextDocumentItem(f"file:///nowhere/{name}", language, 1, UNDECLARED)
            session.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        published = [await session.published() for _ in files]
        assert [it.uri.rpartition("/")[2] for it in published] == [*files]
        assert all(len(it.diagnostics) == 1 for it in published)


async def test_closing_a_document_clears_its_diagnostics() -> None:
    async with editor() as session:
        assert await session.open(UNDECLARED)
        document = types.TextDocumentIdentifier(URI)
        session.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        assert [*(await session.published()).diagnostics] == []
        assert await session.hover(30) is None
        assert await session.open(UNDECLARED)


async def test_a_client_without_capabilities_is_served() -> None:
    async with editor(types.ClientCapabilities(), options=None) as session:
        (finding,) = await session.open(UNDECLARED)
        assert finding.code_description is None
        assert finding.related_information is None
        assert await session.actions(finding.range) == []
        found = await session.hover(session.text.index("TARGETARCH"))
        assert found is not None
        assert isinstance(found.contents, types.MarkupContent)
        assert found.contents.kind is types.MarkupKind.PlainText
        assert "*" not in found.contents.value


async def test_changes_without_versions_and_in_parts() -> None:
    async with editor() as session:
        await session.open("FROM alpine\nRUN é 🐳 $TARGETARC\n")
        where = types.Position(1, 19)
        await session.send_raw(
            types.TEXT_DOCUMENT_DID_CHANGE,
            {
                "textDocument": {"uri": URI},
                "contentChanges": [
                    {"range": {"start": {"line": 1, "character": 19}, "end": {"line": 1, "character": 19}}, "text": "H"}
                ],
            },
        )
        published = await session.published()
        assert [it.range.end for it in published.diagnostics] == [types.Position(where.line, where.character + 1)]


async def test_settings_decide_on_the_platforms() -> None:
    one = {"platforms": ["linux/amd64"], "buildPlatform": "linux/amd64"}
    async with editor(options=None, configuration=one) as session:
        await session.open(NAIVE)
        await session.until([])
        session.client.set_configuration(SETTINGS, section="buildxray")
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await session.until(["emulated-build"])
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": one}))
        await session.until([])


async def test_empty_settings_may_be_a_list() -> None:
    async with editor(options=[], configuration={}) as session:
        assert await session.open(UNDECLARED)
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": []}))
        assert await session.open(UNDECLARED, uri="file:///nowhere/else/Dockerfile")
        assert session.client.messages == []


async def test_invalid_settings_are_reported_once() -> None:
    wrong = {"platforms": ["linux/amd64", 3], "buildPlatform": {"linux/arm64": 3}, "platform": ["linux/amd64"]}
    async with editor(options=wrong) as session:
        assert await session.open(UNDECLARED)
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": wrong}))
        assert await session.change(UNDECLARED + "# more\n")
        messages = [it.message for it in session.client.messages]
        assert [it.split("`")[1] for it in messages] == [f"buildxray.{name}" for name in wrong]
        assert "did you mean `buildxray.platforms`?" in messages[-1]
        assert session.errors == []


async def test_sources_beside_the_dockerfile_decide_on_cgo(tmp_path: Path) -> None:
    text = NAIVE.replace("CGO_ENABLED=0 ", "")
    uri = (tmp_path / "Dockerfile").as_uri()
    (tmp_path / "go.mod").write_text("module x\n")
    async with editor() as session:
        (finding,) = await session.open(text, uri=uri)
        assert any(it.is_preferred for it in await session.actions(finding.range))
        (tmp_path / "main.go").write_text('package main\n\nimport "C"\n')
        session.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        await session.published()
        assert not any(it.is_preferred for it in await session.actions(finding.range))


async def test_a_session_over_tcp() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "buildxray", "lsp", "--tcp", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        client: LanguageClient = make_test_lsp_client()
        for _ in range(600):
            try:
                await client.start_tcp("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.1)
        else:
            pytest.fail("the server does not listen")
        await client.initialize_session(types.InitializeParams(capabilities=types.ClientCapabilities()))
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "dockerfile", 1, UNDECLARED))
        )
        await asyncio.wait_for(client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS), 20)
        assert len(client.diagnostics[URI]) == 1
        await client.shutdown_session()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_hints_and_lenses_can_be_switched_off() -> None:
    text = "FROM alpine\nRUN é🐳\n"
    async with editor() as session:
        await session.open(text)
        document = types.TextDocumentIdentifier(URI)
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        hints = await session.client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
        assert [(it.position, it.label) for it in hints or ()] == [(types.Position(1, 7), "×2  emulated: linux/arm64")]
        lenses = await session.client.text_document_code_lens_async(types.CodeLensParams(document))
        titles = [it.command.title for it in lenses or () if it.command is not None]
        assert titles == ["linux/amd64, linux/arm64 (target platform) · 4 steps · 1 emulated"]
        off = {**SETTINGS, "inlayHints": False, "codeLens": False}
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": off}))
        await session.published()
        assert not await session.client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
        assert not await session.client.text_document_code_lens_async(types.CodeLensParams(document))


async def test_the_language_of_the_editor_and_of_the_setting() -> None:
    async with editor(locale="ja") as session:
        (found,) = await session.open(UNDECLARED)
        assert found.message == "`TARGETARCH` はこのステージで宣言されていません。空文字列に展開されます"
        titles = [it.title for it in await session.actions(found.range)]
        assert titles[0] == "最初に使う命令の直前で `ARG TARGETARCH` を宣言する"
        hover = await session.hover(UNDECLARED.index("TARGETARCH"))
        assert hover is not None
        assert "ビルド対象のアーキテクチャ" in str(hover.contents)
        english = {**SETTINGS, "locale": "en"}
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": english}))
        assert "is not declared" in (await session.published()).diagnostics[0].message
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"buildxray": SETTINGS}))
        assert "宣言されていません" in (await session.published()).diagnostics[0].message
