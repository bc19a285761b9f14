"""Files that are checked in worker processes: each has a limit of time of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide import batch
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings

# Python ignores an interruption in a callback of the garbage collector, such as that of hypothesis; the timer fires again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_an_error_and_the_next_one_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Projects.build

    def read_for_ever(projects: Projects, path: Path, settings: Settings) -> object:
        for _number in range(200_000_000 if path.name == "slow" else 0):
            pass
        return build(projects, path, settings)

    monkeypatch.setattr(Projects, "build", read_for_ever)
    monkeypatch.setattr(batch, "SECONDS_IN_TERMINAL", 0.2)
    for name in ("slow", "quick"):
        (tmp_path / name).write_text("FROM alpine\nRUN wget $TARGETARCH\n")
    slow = batch.check_in_project(str(tmp_path / "slow"), Settings(), 0, "en")
    assert (slow.error, slow.diagnostics) == ("more than 0.2 s", ())
    monkeypatch.setattr(batch, "SECONDS_IN_TERMINAL", 30)
    quick = batch.check_in_project(str(tmp_path / "quick"), Settings(), 0, "en")
    assert not quick.error
    assert quick.diagnostics


@pytest.mark.slow
def test_a_project_that_takes_too_long_names_no_further_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text("services: {web: {build: {context: ., dockerfile: images/web}}}\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "web").write_text("FROM alpine\n")
    assert batch.dockerfiles_of_project(str(tmp_path), (), 1) == (str(tmp_path / "images" / "web"),)
    assert batch.dockerfiles_of_project(str(tmp_path), ("images",), 1) == ()

    def read_for_ever(_projects: Projects, _directory: Path) -> object:
        for _number in range(200_000_000):
            pass
        return ()

    monkeypatch.setattr(Projects, "dockerfiles", read_for_ever)
    monkeypatch.setattr(batch, "SECONDS_IN_TERMINAL", 0.2)
    assert batch.dockerfiles_of_project(str(tmp_path), (), 2) == ()
