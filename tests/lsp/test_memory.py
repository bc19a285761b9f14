"""What a long session keeps of the versions of a document that have been typed over."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from buildxray.cli.main import main
from buildxray.ide.project import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.lsp import main as server_main
from buildxray.lsp.documents import Document
from buildxray.semantics.build import Build
from buildxray.toolchains.base import Workspace
from tests.support.samples import THIRTY_LINES

N_EDITS = 150
MOST_VERSIONS = N_EDITS // 5


@pytest.fixture
def _collector() -> Iterator[None]:
    """Undo what a server does to the garbage collector of its process."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("_collector")
def test_versions_that_were_typed_over_are_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []

    def type_in_server(*_arguments: object) -> int:
        settings = Settings()
        document = Document(
            "file:///w/Dockerfile", 0, THIRTY_LINES, ProjectBuild(settings.request(), settings, ""), Workspace()
        )
        for n in range(N_EDITS):
            document.change(f"{THIRTY_LINES}RUN go build ./{n}\n", n)
            assert document.analysis.diagnostics is not None
        kept.append(sum(isinstance(it, Build) for it in gc.get_objects()))
        return 0

    monkeypatch.setattr(server_main, "serve", type_in_server)
    monkeypatch.setattr(server_main, "leave", lambda code: code)
    main(["lsp"])
    assert kept[0] < MOST_VERSIONS
