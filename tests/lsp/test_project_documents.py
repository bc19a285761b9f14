"""Bake files, Compose files and workflows in an editor: findings, lenses, links to stages and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.support.editor import Editor, editor

pytestmark = [pytest.mark.slow, pytest.mark.processes]

OPTIONS = {"buildPlatform": "linux/amd64"}
BAKE = 'target "app" {\n  target = "rel"\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n'
DOCKERFILE = "FROM alpine AS build\nRUN apk add gcc\nFROM build AS release\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    return tmp_path


async def lenses(session: Editor) -> list[types.CodeLens]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(session.uri))
    return [*(await session.client.text_document_code_lens_async(params) or ())]


async def test_an_unsaved_bake_file_is_checked_and_leads_to_its_stage(root: Path) -> None:
    async with editor(options=OPTIONS) as session:
        found = await session.open(BAKE, uri=(root / "docker-bake.hcl").as_uri(), language="hcl")
        assert [(session.marked(it.range), it.code) for it in found] == [("rel", "missing-stage")]
        assert await session.change(BAKE.replace('"rel"', '"build"')) == []
        assert [it.command.title for it in await lenses(session) if it.command] == [
            "linux/amd64, linux/arm64 · 4 steps · 1 emulated"
        ]
        where = types.DefinitionParams(
            types.TextDocumentIdentifier(session.uri), session.position(session.text.index("build") + 1)
        )
        locations = await session.client.text_document_definition_async(where)
        assert locations == [
            types.Location((root / "Dockerfile").as_uri(), types.Range(types.Position(0, 15), types.Position(0, 20)))
        ]


async def test_a_misspelt_stage_and_platform_are_corrected(root: Path) -> None:
    text = BAKE.replace('"rel"', '"relase"').replace("linux/arm64", "linux/arm46")
    async with editor(options=OPTIONS) as session:
        found = await session.open(text, uri=(root / "docker-bake.hcl").as_uri(), language="hcl")
        assert [it.code for it in found] == ["missing-stage", "unknown-platform"]
        for finding in found:
            (action,) = await session.actions(finding.range)
            assert action.edit is not None
            text = session.edited(action.edit)
            assert text != session.text
            assert ("release" in text, "linux/arm64" in text) == (finding is found[0], finding is found[1])
            assert await session.actions(finding.range, only=["source.fixAll.buildxray"]) == []
        assert await session.actions(types.Range(types.Position(0, 0), types.Position(0, 0))) == []


async def test_a_stage_knows_the_files_that_build_it(root: Path) -> None:
    (root / "docker-bake.hcl").write_text(BAKE.replace('"rel"', '"release"'))
    async with editor(options=OPTIONS) as session:
        await session.open(DOCKERFILE, uri=(root / "Dockerfile").as_uri())
        where = types.ReferenceParams(
            types.ReferenceContext(include_declaration=False),
            types.TextDocumentIdentifier(session.uri),
            session.position(DOCKERFILE.index("release")),
        )
        locations = await session.client.text_document_references_async(where)
        places = [(it.uri.rpartition("/")[2], it.range.start.line) for it in locations or ()]
        assert places == [("docker-bake.hcl", 0), ("docker-bake.hcl", 1)]


async def test_other_yaml_files_are_left_alone(root: Path) -> None:
    async with editor(options=OPTIONS) as session:
        item = types.TextDocumentItem((root / "values.yaml").as_uri(), "yaml", 1, "services: {a: {build: nothing}}")
        session.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        session.uri = item.uri
        assert await lenses(session) == []
        assert session.latest == []


async def test_a_setting_switches_project_documents_off(root: Path) -> None:
    async with editor(options={**OPTIONS, "projectFiles": False}) as session:
        uri = (root / "docker-bake.hcl").as_uri()
        session.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "hcl", 1, BAKE))
        )
        session.uri = uri
        assert await lenses(session) == []
        assert session.latest == []
