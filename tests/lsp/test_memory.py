"""Memory of a long session: old versions of a document are freed."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from buildxray.caching import clear_caches
from buildxray.cli.main import main
from buildxray.ide.hover import hover
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.lsp import main as server_main
from buildxray.lsp import memory
from buildxray.lsp.documents import Document
from buildxray.lsp.memory import MemoryKeeper
from buildxray.semantics.build import Build
from buildxray.syntax.instructions import Node
from buildxray.syntax.lexer import _lex_cached, lex
from buildxray.toolchains.base import Workspace
from tests.support.samples import THIRTY_LINES

N_EDITS = 60
MOST_VERSIONS = N_EDITS // 2


@pytest.fixture
def _collector() -> Iterator[None]:
    """Restore the settings of the garbage collector that a server changes."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("_collector")
def test_versions_that_were_typed_over_are_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []

    def type_in_server(*_arguments: object) -> int:
        type_in(open_document())
        kept.append(n_builds())
        return 0

    monkeypatch.setattr(server_main, "serve", type_in_server)
    monkeypatch.setattr(server_main, "leave", lambda code: code)
    main(["lsp"])
    assert kept[0] < MOST_VERSIONS


@pytest.mark.usefixtures("_collector")
def test_old_versions_are_freed_without_the_garbage_collector() -> None:
    document = open_document()
    type_in(document)
    gc.collect()
    gc.disable()
    try:
        # Earlier tests of this process may have left builds.
        n_before = n_builds()
        type_in(document)
        assert (n_builds(), gc.collect()) == (n_before, 0)
    finally:
        gc.enable()


def test_instructions_that_were_typed_over_are_freed() -> None:
    document = open_document()
    type_in(document)
    clear_caches()
    gc.collect()
    typed = [it for it in gc.get_objects() if isinstance(it, Node) and it.text.startswith("RUN go build ./")]
    assert len(typed) < MOST_VERSIONS


def n_builds() -> int:
    return sum(isinstance(it, Build) for it in gc.get_objects())


def test_a_released_build_is_computed_again() -> None:
    document = open_document()
    before = document.analysis
    expected = [str(it) for it in before.build.instructions], before.diagnostics
    document.change(f"{THIRTY_LINES}RUN true\n", 1)
    assert ([str(it) for it in before.build.instructions], before.diagnostics) == expected
    assert before.build.stages[0].from_ is before.build.instructions[before.build.stages[0].outline.from_idx]


async def test_memory_is_given_back_once_after_documents_were_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    n_trimmed: list[int] = []
    monkeypatch.setattr(memory, "_DELAY", 0)
    monkeypatch.setattr(memory, "_trimmer", lambda: n_trimmed.append)
    keeper = MemoryKeeper()
    lex("a$B")
    assert _lex_cached.cache_info().currsize
    for _ in range(3):
        keeper.closed()
    await asyncio.sleep(0.01)
    assert n_trimmed == [0]
    assert not _lex_cached.cache_info().currsize
    for _ in range(memory._EDITS):
        keeper.edited()
    await asyncio.sleep(0.01)
    assert n_trimmed == [0, 0]


@pytest.mark.usefixtures("_collector")
async def test_the_garbage_of_start_up_is_collected_once_in_an_idle_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cycle:
        def __init__(self) -> None:
            self.self = self

    monkeypatch.setattr(memory, "_DELAY", 0)
    monkeypatch.setattr(memory, "_trimmer", lambda: None)
    keeper = MemoryKeeper()
    gc.disable()
    try:
        garbage = weakref.ref(Cycle())
        memory.set_up_gc()
        gc.collect()
        assert garbage() is not None
        keeper.closed()
        await asyncio.sleep(0.01)
        assert garbage() is None
        assert gc.get_freeze_count() > 10_000, "later collections scan what start-up has created"
    finally:
        gc.enable()


def test_a_closed_document_is_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        document = open_document()
        assert document.analysis.diagnostics is not None
        build = weakref.ref(document.analysis.build)
        document.close()
        del document
        assert build() is None
    finally:
        gc.enable()


def open_document() -> Document:
    settings = Settings()
    build = ProjectBuild(settings.request(), settings, "")
    return Document("file:///w/Dockerfile", 0, THIRTY_LINES, build, Workspace())


def type_in(document: Document) -> None:
    """Effect: edit a document `N_EDITS` times, and compute each version."""
    for n in range(N_EDITS):
        document.change(f"{THIRTY_LINES}RUN go build ./{n}\n", n)
        assert document.analysis.diagnostics is not None
        hover(document.analysis, len(document.text) - 4)
        if n % 10 == 0:
            assert all(isinstance(it.fixes, tuple) for it in document.analysis.diagnostics)
