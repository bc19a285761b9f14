"""Paths, names and numbers on the command line that are empty, hostile or absurd: exit code 2 and one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Run

UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
LONG = "x" * 5000
HOSTILE = '\n::error file=x::y\r\x1b[31m"\\ \u202e.Dockerfile'
"""A name with which a line of GitHub's log would begin."""
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_text(UNDECLARED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        *(("check", ""), ("fix", "Dockerfile", ""), ("format", ""), ("plan", ""), ("builds", ""), ("reruns", "")),
        *(("times", ""), ("times", "x", ""), ("diff", "", "Dockerfile"), ("diff", "Dockerfile", "")),
        *(("check", "--log", ""), ("check", "--config", ""), ("check", "-o", "")),
    ],
)
def test_an_empty_path_is_an_error(capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    run = Run(capfd, *arguments)
    assert run.code == 2
    assert run.err.startswith("buildxray: a path is empty; did a variable have no value?")
    assert Path("Dockerfile").read_text() == UNDECLARED


@POSIX
@pytest.mark.parametrize(
    "arguments",
    [
        *(("check", LONG), ("fix", LONG), ("format", LONG), ("plan", LONG), ("builds", LONG), ("reruns", LONG)),
        *(("times", LONG), ("diff", LONG, "Dockerfile"), ("check", "--log", LONG), ("check", "--config", LONG)),
    ],
)
def test_a_path_that_is_too_long_is_not_called_an_error_of_the_output(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    run = Run(capfd, *arguments)
    assert run.code == 2
    assert LONG[:100] in run.err
    assert "output" not in run.err
    assert "internal" not in run.err


@pytest.mark.parametrize(
    ("arguments", "is_refused"),
    [
        (("fix", "Dockerfile", "-o", "Dockerfile"), True),
        (("check", "Dockerfile", "-o", "./Dockerfile"), True),
        (("check", ".", "-o", "Dockerfile"), True),
        (("diff", "Dockerfile", "b.Dockerfile", "-o", "b.Dockerfile"), True),
        (("check", "Dockerfile", "-o", "report.txt"), False),
        (("check", ".", "-o", "old-report.txt"), False),
    ],
)
def test_the_output_does_not_overwrite_what_is_read(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], is_refused: bool
) -> None:
    Path("b.Dockerfile").write_text(UNDECLARED)
    Path("old-report.txt").write_text("old")
    run = Run(capfd, *arguments)
    assert ("the command reads this file" in run.err) == is_refused
    assert Path("Dockerfile").read_text() == UNDECLARED
    assert Path("b.Dockerfile").read_text() == UNDECLARED


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--max-minutes", it) for it in ("nan", "inf", "-1", "1e999", "x")),
        *(("--max-emulated", it) for it in ("-1", "1.5", "9" * 5000)),
    ],
)
def test_a_limit_is_a_number_from_zero_on(capfd: pytest.CaptureFixture[str], option: str, value: str) -> None:
    run = Run(capfd, "check", f"{option}={value}")
    assert run.code == 2
    assert f"argument {option}: expected a" in run.err


def test_an_unknown_option_is_shown_on_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, "check", "--\x1b[31m\nx").err.endswith("unknown argument --\\x1b[31m\\nx\n")


@POSIX
@pytest.mark.parametrize(
    "arguments",
    [
        *(("check",), ("check", "--format", "github"), ("check", "--format", "json"), ("check", "--format", "sarif")),
        *(("check", "--max-emulated", "0"), ("plan",), ("plan", "--format", "html"), ("plan", "--format", "svg")),
        *(("fix", ".", "--diff"), ("fix", "."), ("format", "."), ("format", "--diff", "."), ("reruns", HOSTILE)),
        *(("diff", HOSTILE, HOSTILE), ("check", HOSTILE + "x"), ("times", HOSTILE)),
    ],
)
def test_a_hostile_name_begins_no_line(
    capfd: pytest.CaptureFixture[str], project: Path, arguments: tuple[str, ...]
) -> None:
    (project / "Dockerfile").rename(project / HOSTILE)
    (project / HOSTILE).write_text(f"{UNDECLARED}  RUN x")
    run = Run(capfd, *arguments)
    lines = (run.out + run.err).split("\n")
    assert any("x" in it for it in lines)
    assert not [it for it in lines if it.startswith("::error file=x")]
    assert "\x1b" not in run.out + run.err


@POSIX
@pytest.mark.slow
def test_a_diff_of_a_hostile_name_can_be_applied(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "Dockerfile").rename(project / HOSTILE)
    diff = Run(capfd, "fix", ".", "--diff").out
    subprocess.run(["/usr/bin/env", "git", "apply", "-"], input=diff.encode(), cwd=project, check=True)
    assert "ARG TARGETARCH" in (project / HOSTILE).read_text()


def test_a_diff_shows_that_a_line_feed_is_added(capfd: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text("FROM x\nRUN a")
    run = Run(capfd, "format", "--diff", "Dockerfile")
    assert run.code == 1
    assert run.out.endswith(" FROM x\n-RUN a\n\\ No newline at end of file\n+RUN a\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the current directory")
@pytest.mark.parametrize("arguments", [("check",), ("fix", "."), ("plan",), ("builds",), ("reruns",)])
def test_a_directory_that_has_been_removed(
    capfd: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (project / "gone").mkdir()
    monkeypatch.chdir(project / "gone")
    (project / "gone").rmdir()
    run = Run(capfd, *arguments)
    assert run.code == 2
    assert run.err == "buildxray: the current directory does not exist any more; change to another one\n"


@pytest.mark.parametrize("columns", ["0", "1", "-1", "x", "9" * 30])
def test_an_absurd_width(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Run(capfd, "check").code == 1
    run = Run(capfd, "plan")
    assert run.code == 0
    assert any("built on" in it for it in run.out.splitlines())
