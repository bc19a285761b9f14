"""The interface for scripts and CI: paths, formats, exit codes, output files."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from buildxray.rules.registry import ALL
from tests.support.command_line import Run

UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
REPAIRED = "FROM alpine\nARG TARGETARCH\nRUN wget $TARGETARCH\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(UNDECLARED)
    return tmp_path


def give_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.mark.parametrize("command", ["check", "plan"])
def test_the_default_path_is_the_current_directory(capfd: pytest.CaptureFixture[str], command: str) -> None:
    assert Run(capfd, command).out == Run(capfd, command, ".").out
    assert "TARGETARCH" in Run(capfd, command).out


def test_fix_needs_a_path(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    assert Run(capfd, "fix").code == 2
    assert (project / "Dockerfile").read_text() == UNDECLARED


@pytest.mark.parametrize("command", ["check", "plan"])
@pytest.mark.parametrize("n_files", [0, 1, 2])
def test_json_is_an_array_and_json_lines_an_object_a_line(
    capfd: pytest.CaptureFixture[str], project: Path, command: str, n_files: int
) -> None:
    (project / "Dockerfile").unlink()
    for n in range(n_files):
        (project / f"{n}.Dockerfile").write_text(UNDECLARED)
    array = json.loads(Run(capfd, command, "--format", "json").out)
    lines = [json.loads(it) for it in Run(capfd, command, "--format", "json-lines").out.splitlines()]
    assert array == lines
    assert [it["path"] for it in array] == [f"{n}.Dockerfile" for n in range(n_files)]


def test_an_empty_directory_is_a_warning(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "empty").mkdir()
    run = Run(capfd, "check", "empty")
    assert (run.code, run.err) == (0, "buildxray: warning: no Dockerfile found in empty\n")


def test_a_dockerfile_of_another_name_is_checked_once_if_a_build_names_it(
    capfd: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "Dockerfile").rename(project / "DockerfileServer")
    assert Run(capfd, "check").err == "buildxray: warning: no Dockerfile found in .\n"
    text = "services: {a: {build: {context: ., dockerfile: DockerfileServer}}, b: {build: {context: ., dockerfile: DockerfileServer}}}\n"
    (project / "compose.yaml").write_text(text)
    located = json.loads(Run(capfd, "check", "--format", "json").out)
    assert [(it["path"], it["rule"]) for it in located] == [("DockerfileServer", "undeclared-platform-arg")]
    assert Run(capfd, "check", "--fix").out == "1 finding repaired. Nothing found in 1 file.\n"
    assert (project / "DockerfileServer").read_text() == REPAIRED


@pytest.mark.parametrize(("text", "code"), [(UNDECLARED, 1), (REPAIRED, 0)])
def test_fix_diff_exits_with_1_if_something_would_change(
    capfd: pytest.CaptureFixture[str], project: Path, text: str, code: int
) -> None:
    (project / "Dockerfile").write_text(text)
    assert Run(capfd, "fix", "--diff", ".").code == code
    assert (project / "Dockerfile").read_text() == text


def test_check_with_fix_reports_only_what_remains(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    run = Run(capfd, "check", "--fix")
    assert (run.code, run.out) == (0, "1 finding repaired. Nothing found in 1 file.\n")
    assert (project / "Dockerfile").read_text() == REPAIRED


def test_quiet_prints_findings_only(capfd: pytest.CaptureFixture[str]) -> None:
    assert "1 finding in" not in Run(capfd, "check", "-q").out
    assert Run(capfd, "fix", "-q", ".").out == ""
    assert Run(capfd, "check", "-q").out == ""


def test_statistics_count_the_findings_of_each_rule(capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, "check", "--statistics").out == "    1  undeclared-platform-arg  1 with a fix\n"
    counted = json.loads(Run(capfd, "check", "--statistics", "--format", "json").out)
    assert counted == [{"rule": "undeclared-platform-arg", "count": 1, "fixable": 1}]


@pytest.mark.parametrize(("color", "has_colors"), [("always", True), ("never", False), ("auto", False)])
def test_the_option_color_overrides_the_terminal(
    capfd: pytest.CaptureFixture[str], color: str, has_colors: bool
) -> None:
    for command in ("check", "plan"):
        assert ("\x1b[" in Run(capfd, command, "--color", color).out) is has_colors


def test_the_option_output_file_writes_the_report(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    for _ in range(2):
        run = Run(capfd, "check", "--format", "sarif", "--output-file", "out.sarif")
        assert (run.code, run.out) == (1, "")
        assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"
    assert Run(capfd, "check", "--output-file", "no/such/dir").code == 2


def test_the_option_config_names_the_configuration(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "ci.toml").write_text('ignore = ["undeclared-platform-arg"]\n')
    assert Run(capfd, "check").code == 1
    assert Run(capfd, "check", "--config", "ci.toml").code == 0


def test_the_standard_input_belongs_to_a_project_only_with_stdin_filename(
    capfd: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "compose.yaml").write_text("services: {x: {build: {context: ., target: none}}}\n")
    give_stdin(monkeypatch, UNDECLARED)
    assert "none" not in Run(capfd, "plan", "-").out
    give_stdin(monkeypatch, UNDECLARED)
    run = Run(capfd, "plan", "--format", "json", "--stdin-filename", "Dockerfile", "-")
    assert [it["path"] for it in json.loads(run.out)] == ["Dockerfile"]
    assert "none" in run.out


def test_an_unknown_platform_is_a_warning(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "check", "--platform", "linux/arm46,linux/xtensa99,linux/arm/v5")
    assert run.err.splitlines() == [
        "buildxray: warning: unknown platform linux/arm46; did you mean linux/arm64?",
        "buildxray: warning: unknown platform linux/xtensa99",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_shows_the_marked_part_of_a_long_line(
    capfd: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for before in ("", "x" * 200):
        for after in ("", "/" + "y" * 200):
            (project / "Dockerfile").write_text(f"FROM alpine\nRUN wget {before}$TARGETARCH{after}\n")
            lines = Run(capfd, "check").out.splitlines()
            assert max(map(len, lines)) <= columns
            (at,) = [n for n, it in enumerate(lines) if "^" in it]
            marked = lines[at - 1][lines[at].index("^") : lines[at].rindex("^") + 1]
            assert marked == "TARGETARCH"


def test_a_narrow_plan_shows_commands_rather_than_flags(
    capfd: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (project / "Dockerfile").write_text(
        "FROM alpine\nRUN --mount=type=cache,target=/root/.cache/go-build,id=a --network=none go build ./cmd/app\n"
    )
    out = Run(capfd, "plan").out
    assert "RUN … go build ./cmd/app" in out


def test_rules_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    rules = json.loads(Run(capfd, "rules", "--format", "json").out)
    assert [it["name"] for it in rules] == [it.name for it in ALL]
    assert json.loads(Run(capfd, "explain", "--format", "json", "emulated-build").out)["documentation"]


@pytest.mark.slow
def test_bash_completes_options_and_values(capfd: pytest.CaptureFixture[str]) -> None:
    script = Run(capfd, "completion", "bash").out
    ask = "COMP_WORDS=(buildxray check --pl); COMP_CWORD=2; _shtab_buildxray; echo ${COMPREPLY[@]}"
    run = subprocess.run(["/bin/bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=False)
    assert run.stdout.split() == ["--platform"]


def test_findings_for_default_platforms_come_with_a_note(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM alpine\nMAINTAINER me\n")
    note = "1 file is checked for linux/amd64, linux/arm64, the default, because no project file names its platforms."
    assert note in Run(capfd, "check", str(path)).out
    assert note not in Run(capfd, "check", "--platform", "linux/amd64,linux/arm64", str(path)).out
    path.write_text("FROM alpine\n")
    assert note not in Run(capfd, "check", str(path)).out
