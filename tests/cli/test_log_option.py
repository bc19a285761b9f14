"""The option `--log` of `plan`, `check` and `fix`: seconds of steps, savings of fixes, and limits for CI jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Run
from tests.support.logs import CROSS, NAIVE, NAIVE_TTY, RECORDED

NAIVE_LOG = RECORDED / "naive.dockerbuild"
MACHINE = ["--build-platform", "linux/amd64"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(NAIVE)
    (tmp_path / "cross").write_text(CROSS)
    (tmp_path / "log").write_text(NAIVE_TTY)
    for name in ("naive", "cross"):
        (tmp_path / f"{name}.Dockerfile").write_text((RECORDED / f"{name}.Dockerfile").read_text())
    return tmp_path


def run(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Run:
    return Run(capfd, arguments[0], *MACHINE, *arguments[1:])


def plan(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    (found,) = run(capfd, "plan", "--format", "json", *arguments).objects
    return found


def test_each_step_of_the_plan_has_its_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    found = plan(capfd, "--log", "log", "Dockerfile")
    (compile_,) = [it for it in found["steps"] if it["label"].startswith("[linux/arm64 build-env 7/8]")]
    assert (compile_["seconds"], compile_["measured"], compile_["critical"]) == (158.9, True, True)
    assert found["log"] == {"total": 440.1, "saved": 0.0, "remaining": None}


def test_the_seconds_of_an_edited_text_are_estimates(capfd: pytest.CaptureFixture[str]) -> None:
    found = plan(capfd, "--log", NAIVE_LOG, "cross.Dockerfile")
    compiles = [it for it in found["steps"] if "go build" in it["label"]]
    assert [it["measured"] for it in compiles] == [False, False]
    assert all(5 < it["seconds"] < 35 for it in compiles)
    low, high = found["log"]["remaining"]
    assert low < 22 < high
    assert found["log"]["saved"] == pytest.approx(84, abs=10)


def test_the_log_decides_on_the_platforms(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "small").write_text((RECORDED / "small.Dockerfile").read_text())
    log = RECORDED / "small-arm64only.plain.log"
    assert plan(capfd, "--log", log, "small")["target_platforms"] == ["linux/arm64"]
    both = plan(capfd, "--log", log, "--platform", "linux/amd64,linux/arm64", "small")
    assert both["target_platforms"] == ["linux/amd64", "linux/arm64"]


def test_the_text_has_a_column_of_seconds_and_marks_the_critical_path(capfd: pytest.CaptureFixture[str]) -> None:
    lines = run(capfd, "plan", "--log", "log", "Dockerfile").out.splitlines()
    assert all(len(it) <= 80 for it in lines)
    (row,) = [it for it in lines if "158.9 s" in it]
    assert row.startswith("*  7  158.9 s  RUN CGO_ENABLED=0 go ")
    assert "The logged build took 440.1 s." in lines


def test_the_plan_of_an_edited_text_estimates_its_time(capfd: pytest.CaptureFixture[str]) -> None:
    out = run(capfd, "plan", "--log", NAIVE_LOG, "cross.Dockerfile").out
    assert "≈ estimated from the log" in out
    assert "this text will take" in " ".join(out.split())


@pytest.mark.slow
def test_findings_are_sorted_by_the_seconds_that_their_fix_saves(
    capfd: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "Dockerfile").write_text(f"{NAIVE.rstrip()}\nexpose 80\n")
    without = run(capfd, "check", "--format", "json", "Dockerfile").objects
    found: list[Any] = [*run(capfd, "check", "--log", "log", "--format", "json", "Dockerfile").objects]
    # Only the log tells that the file is built for several platforms.
    severities = [{it["rule"]: it["severity"] for it in those}.get("emulated-build") for those in (without, found)]
    assert severities == ["information", "warning"]
    first = found[0]
    assert first["rule"] == "emulated-build"
    assert str(first["message"]).endswith("; the fix saves about 140 s of 440 s")
    assert (first["saved"], first["total"]) == (pytest.approx(142.1, abs=0.2), 440.1)
    assert first["emulated_seconds"] == pytest.approx(158.9)
    assert all((it["saved"] or 0) < 1 for it in found[1:])
    assert "saved" not in without[0]


def test_sarif_contains_the_saved_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    sarif = json.loads(run(capfd, "check", "--log", "log", "--format", "sarif", "Dockerfile").out)
    (result,) = [it for it in sarif["runs"][0]["results"] if it["ruleId"] == "emulated-build"]
    assert result["properties"]["saved"] == pytest.approx(142.1, abs=0.2)


def test_fix_diff_prints_the_seconds_that_each_fix_saves(capfd: pytest.CaptureFixture[str]) -> None:
    found = run(capfd, "fix", "--diff", "--log", "log", "Dockerfile")
    assert found.code == 1
    assert found.out.startswith("--- ")
    assert "Dockerfile: Cross-compile this stage: saves about 140 s of 440 s" in found.err


def test_fix_prints_the_seconds_that_it_saves(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    found = run(capfd, "fix", "--log", "log", "Dockerfile")
    assert found.code == 0
    assert "saves about 140 s of 440 s" in " ".join(found.out.split())
    assert "--platform=$BUILDPLATFORM" in (project / "Dockerfile").read_text()


def test_several_fixes_have_their_own_seconds_and_a_sum(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    two = NAIVE.replace("AS build-env\n", "AS build-env\nARG TARGETARCH\n").replace("FROM golang", "FROM golang")
    (project / "Dockerfile").write_text(two)
    found = run(capfd, "times", "log", "Dockerfile", "--format", "json").objects
    prediction: Any = found[0]["prediction"]
    assert sum(it["saved"] for it in prediction["by_fix"]) == pytest.approx(prediction["saved"], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "plan", "times"])
@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (["--max-emulated", "3"], 0),
        (["--max-emulated", "2"], 1),
        (["--max-minutes", "7.4"], 0),
        (["--max-minutes", "7.3"], 1),
    ],
)
def test_exceeded_limits_exit_with_1(
    capfd: pytest.CaptureFixture[str], command: str, limits: list[str], code: int
) -> None:
    paths = ["log", "Dockerfile"] if command == "times" else ["--log", "log", "Dockerfile"]
    paths += ["--fail-on", "error"] if command == "check" else []
    found = run(capfd, command, *limits, *paths)
    assert found.code == code
    assert (limits[0] in found.err) == (code == 1)


def test_an_emulation_limit_needs_no_log(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, "check", "--max-emulated", "2", "Dockerfile").code == 1
    assert run(capfd, "check", "--max-emulated", "0", "cross").code == 0


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_limit_in_minutes_needs_a_log(capfd: pytest.CaptureFixture[str], command: str) -> None:
    found = run(capfd, command, "--max-minutes", "5", "Dockerfile")
    assert found.code == 2
    assert "--log" in found.err


@pytest.mark.parametrize("command", ["check", "plan", "fix"])
def test_an_unusable_log_is_an_error_that_lists_the_supported_forms(
    capfd: pytest.CaptureFixture[str], command: str
) -> None:
    found = run(capfd, command, "--log", "Dockerfile", "Dockerfile")
    assert found.code == 2
    assert "not a build log: expected the output of `docker buildx build`" in found.err


@pytest.mark.parametrize("command", ["check", "plan", "fix", "times"])
def test_the_log_of_another_dockerfile_is_an_error_that_names_a_step_of_it(
    capfd: pytest.CaptureFixture[str], project: Path, command: str
) -> None:
    (project / "Dockerfile").write_text("FROM debian\nRUN apt-get update\nCOPY x /x\n")
    arguments = ["log", "Dockerfile"] if command == "times" else ["--log", "log", "Dockerfile"]
    found = run(capfd, command, *arguments)
    assert found.code == 2
    assert "no build of Dockerfile is in the log; it builds another Dockerfile, with the step `[" in found.err


def test_files_without_a_build_in_the_log_are_checked_without_seconds(
    capfd: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "other.Dockerfile").write_text("FROM debian\nexpose 80\n")
    found = run(capfd, "check", "--log", "log", "--format", "json", "Dockerfile", "other.Dockerfile")
    assert found.code in (0, 1)
    paths = {(it["path"], "saved" in it) for it in found.objects}
    assert ("Dockerfile", True) in paths
    assert ("other.Dockerfile", False) in paths


def test_dockerfile_and_log_cannot_both_be_the_standard_input(capfd: pytest.CaptureFixture[str]) -> None:
    found = run(capfd, "check", "--log", "-", "-")
    assert found.code == 2
    assert "--log -" in found.err
