"""`buildxray format`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Run

UNTIDY = "FROM x\n  RUN a\n"
TIDY = "FROM x\nRUN a\n"


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    (tmp_path / "tidy").mkdir()
    (tmp_path / "tidy" / "Dockerfile").write_text(TIDY)
    path = tmp_path / "Dockerfile"
    path.write_text(UNTIDY)
    return path


def test_format_writes_the_files(capfd: pytest.CaptureFixture[str], untidy: Path) -> None:
    run = Run(capfd, "format", untidy.parent)
    assert (run.code, run.out) == (0, f"{untidy}: formatted\n")
    assert untidy.read_text() == TIDY
    run = Run(capfd, "format", untidy.parent)
    assert (run.code, run.out) == (0, "")


def test_format_check_exits_with_1_and_writes_nothing(capfd: pytest.CaptureFixture[str], untidy: Path) -> None:
    run = Run(capfd, "format", "--check", untidy.parent)
    assert (run.code, run.out) == (1, f"{untidy}: would be formatted\n1 file would be formatted.\n")
    assert untidy.read_text() == UNTIDY
    assert Run(capfd, "format", "--check", untidy.parent / "tidy").code == 0


def test_format_diff_prints_the_changes(capfd: pytest.CaptureFixture[str], untidy: Path) -> None:
    run = Run(capfd, "format", "--diff", untidy)
    assert run.code == 1
    assert "-  RUN a\n+RUN a\n" in run.out
    assert untidy.read_text() == UNTIDY


def test_format_of_the_standard_input_is_printed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNTIDY.encode())))
    assert Run(capfd, "format", "-").out == TIDY


def test_a_missing_file_is_an_error(capfd: pytest.CaptureFixture[str], untidy: Path) -> None:
    run = Run(capfd, "format", untidy.parent / "none", untidy)
    assert run.code == 2
    assert "cannot be read" in run.err
    assert untidy.read_text() == TIDY
