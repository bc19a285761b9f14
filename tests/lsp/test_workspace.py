"""Changes of project files on disk, and workspace diagnostics."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest
from lsprotocol import types

from tests.support.editor import Editor, editor

pytestmark = [pytest.mark.slow, pytest.mark.processes]


UNDECLARED = "FROM alpine\nRUN wget x-$TARGETARCH\n"
EMULATED = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
ON_AMD64 = {"buildPlatform": "linux/amd64"}


def tell(session: Editor, path: Path) -> None:
    """Notify the server of a changed file."""
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Changed)
    session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))


async def test_a_bake_file_that_changes_on_disk(tmp_path: Path) -> None:
    bake, uri = tmp_path / "docker-bake.hcl", (tmp_path / "Dockerfile").as_uri()
    bake.write_text('target "app" { platforms = ["linux/amd64"] }\n')
    async with editor(options=ON_AMD64) as session:
        assert await session.open(EMULATED, uri=uri) == []
        bake.write_text('target "app" { platforms = ["linux/amd64", "linux/s390x"] }\n')
        tell(session, bake)
        await session.until(["emulated-build"])
        (finding,) = session.latest
        assert "linux/s390x" in str(finding.message)
        bake.unlink()
        tell(session, bake)
        published = await session.published()
        assert "linux/arm64" in str(published.diagnostics[0].message)


async def test_a_configuration_file_applies_and_its_problems_are_reported(tmp_path: Path) -> None:
    configuration, uri = tmp_path / "buildxray.toml", (tmp_path / "Dockerfile").as_uri()
    configuration.write_text('ignore = ["undeclared-platform-arg"]\n')
    async with editor(options=ON_AMD64) as session:
        assert await session.open(UNDECLARED, uri=uri) == []
        configuration.write_text("ignoer = []\n")
        tell(session, configuration)
        await session.until(["undeclared-platform-arg"])
        assert [it.message for it in session.client.messages] == [
            f"{configuration}:1: unknown setting `ignoer`; did you mean `ignore`?"
        ]


async def test_which_files_are_watched(tmp_path: Path) -> None:
    async with editor(folders=[tmp_path]) as session:
        await session.open(UNDECLARED)
        (registration,) = [it for it in session.registrations if it.method == "workspace/didChangeWatchedFiles"]
        patterns = str(registration.register_options)
        assert "docker-bake.hcl" in patterns
        assert ".github/workflows" in patterns
        assert "ockerfile" in patterns


async def test_each_folder_has_its_settings(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    async with editor(options=None, configuration={}, folders=[one, other]) as session:
        session.client.set_configuration(
            {**ON_AMD64, "platforms": ["linux/amd64"]}, section="buildxray", scope_uri=one.as_uri()
        )
        session.client.set_configuration(
            {**ON_AMD64, "platforms": ["linux/arm64"]}, section="buildxray", scope_uri=other.as_uri()
        )
        session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await session.open(EMULATED, uri=(one / "Dockerfile").as_uri())
        await session.until([])
        await session.open(EMULATED, uri=(other / "Dockerfile").as_uri())
        await session.until(["emulated-build"])


async def pulled(session: Editor, previous: str | None = None) -> types.DocumentDiagnosticReport:
    document = types.TextDocumentIdentifier(session.uri)
    parameters = types.DocumentDiagnosticParams(document, previous_result_id=previous)
    return await session.client.text_document_diagnostic_async(parameters)


async def test_diagnostics_of_a_document_are_pulled() -> None:
    async with editor() as session:
        assert len(await session.open(UNDECLARED)) == 1
        report = await pulled(session)
        assert [*(await session.published()).diagnostics] == []
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert [it.code for it in report.items] == ["undeclared-platform-arg"]
        again = await pulled(session, report.result_id)
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
        session.send("FROM alpine\n")
        changed = await pulled(session, report.result_id)
        assert isinstance(changed, types.RelatedFullDocumentDiagnosticReport)
        assert [*changed.items] == []
        session.uri = "file:///nowhere/else"
        unknown = await pulled(session)
        assert isinstance(unknown, types.RelatedFullDocumentDiagnosticReport)


async def workspace(
    session: Editor, known: dict[str, str] | None = None
) -> dict[str, types.WorkspaceDocumentDiagnosticReport]:
    previous = [types.PreviousResultId(uri, it) for uri, it in (known or {}).items()]
    report = await session.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(previous))
    return {it.uri.rpartition("/")[2]: it for it in report.items}


def codes(report: types.WorkspaceDocumentDiagnosticReport) -> list[object]:
    assert isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
    return [it.code for it in report.items]


async def test_diagnostics_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("ignored*\n")
    (tmp_path / "a.Dockerfile").write_text(UNDECLARED)
    (tmp_path / "b.Dockerfile").write_text("FROM alpine\n")
    (tmp_path / "ignored.Dockerfile").write_text(UNDECLARED)
    async with editor(folders=[tmp_path]) as session:
        first = await workspace(session)
        assert {name: codes(it) for name, it in first.items()} == {
            "a.Dockerfile": ["undeclared-platform-arg"],
            "b.Dockerfile": [],
        }
        known = {it.uri: it.result_id or "" for it in first.values()}
        waiting = asyncio.create_task(workspace(session, known))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        (tmp_path / "b.Dockerfile").write_text(UNDECLARED + "\n")
        (tmp_path / "a.Dockerfile").unlink()
        tell(session, tmp_path / "b.Dockerfile")
        second = await asyncio.wait_for(waiting, 30)
        assert codes(second["b.Dockerfile"]) == ["undeclared-platform-arg"]
        assert codes(second["a.Dockerfile"]) == []
        assert session.errors == []


async def test_a_file_that_a_build_names_is_checked_with_the_workspace(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text("services: {web: {build: {context: ., dockerfile: images/web}}}\n")
    (tmp_path / "images").mkdir()
    for name in ("web", "notes"):
        (tmp_path / "images" / name).write_text(UNDECLARED)
    async with editor(folders=[tmp_path]) as session:
        assert {name: codes(it) for name, it in (await workspace(session)).items()} == {
            "web": ["undeclared-platform-arg"]
        }


async def test_progress_is_shown(tmp_path: Path) -> None:
    for n in range(12):
        (tmp_path / f"{n}.Dockerfile").write_text(UNDECLARED)
    async with editor(folders=[tmp_path]) as session:
        bar = "any"
        session.client.progress_reports[bar] = []
        parameters = types.WorkspaceDiagnosticParams([], work_done_token=bar)
        report = await session.client.workspace_diagnostic_async(parameters)
        assert len(report.items) == 12
        kinds = [getattr(it, "kind", None) for it in session.client.progress_reports[bar]]
        assert kinds == ["begin", "report", "end"]


async def test_typing_while_the_workspace_is_checked(tmp_path: Path) -> None:
    for n in range(500):
        (tmp_path / f"{n}.Dockerfile").write_text(EMULATED * 4 + f"# {n}\n")
    async with editor(folders=[tmp_path]) as session:
        await session.open(EMULATED)
        alone = await seconds_to_answer(session, 30)
        checking = asyncio.create_task(workspace(session))
        # The other process competes with this one only after it has started.
        await asyncio.sleep(1.0)
        meanwhile = await seconds_to_answer(session, 30)
        was_checking = not checking.done()
        assert len(await asyncio.wait_for(checking, 120)) == 500
        assert was_checking
        # A factor of two, because people would notice it and a busy machine causes less.
        assert statistics.median(meanwhile) < 2 * statistics.median(alone) + 0.02


async def seconds_to_answer(session: Editor, n_times: int) -> list[float]:
    found: list[float] = []
    for n in range(n_times):
        start = time.perf_counter()
        await session.change(f"{EMULATED}# {n}\n")
        found.append(time.perf_counter() - start)
    return found


async def test_paths_are_those_of_the_context_of_the_build(tmp_path: Path) -> None:
    for name, text in {
        "compose.yaml": "services:\n  app:\n    build: {context: app, dockerfile: ../docker/Dockerfile}\n",
        "app/main.go": "",
        "app/notes.txt": "",
        "app/.dockerignore": "*.txt\n.dockerignore\n",
        "docker/other.go": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    async with editor("neovim") as session:
        await session.open("FROM x\nCOPY m\n", uri=(tmp_path / "docker/Dockerfile").as_uri())
        params = types.CompletionParams(types.TextDocumentIdentifier(session.uri), types.Position(1, 6))
        offered: list[str] = []
        # The Compose file is read too.
        while not offered:
            found = await session.client.text_document_completion_async(params)
            assert isinstance(found, types.CompletionList)
            offered = [it.label for it in found.items]
        assert offered == ["main.go"]
