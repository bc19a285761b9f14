"""`buildxray reruns` and `buildxray diff`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Run
from tests.support.logs import CROSS, NAIVE, NAIVE_TTY, RECORDED

BUILD = ["--build-platform", "linux/amd64", "--platform", "linux/amd64,linux/arm64"]
TEXT = """\
ARG VERSION=1
FROM alpine AS build
COPY package.json ./
RUN npm ci
ARG COMMIT
COPY src src
RUN npm run build
RUN --mount=type=bind,source=tools,target=/tools /tools/check
FROM scratch
COPY --from=build /out /out
COPY LICENSE /
"""


def run(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    command = Run(capfd, arguments[0], *BUILD, *arguments[1:])
    return command.code, command.out, command.err


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {
        "text": tmp_path / "Dockerfile",
        "naive": tmp_path / "naive",
        "cross": tmp_path / "cross",
        "log": tmp_path / "log",
    }
    for name, text in (("text", TEXT), ("naive", NAIVE), ("cross", CROSS), ("log", NAIVE_TTY)):
        found[name].write_text(text)
    return found


def reruns(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[tuple[int, str], dict[str, Any]]:
    code, out, _err = run(capfd, "reruns", *arguments, "--format", "json")
    assert code == 0
    return {(it["line"], it["cause"]): it for it in json.loads(out)["reruns"]}


def test_reruns_of_changed_files_and_arguments(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    found = reruns(capfd, files["text"])
    assert {place: (it["kind"], it["runs"], it["emulated"], it["lines"]) for place, it in found.items()} == {
        (3, "package.json"): ("files", 6, 3, [4, 7, 8]),
        (5, "COMMIT"): ("argument", 4, 2, [7, 8]),
        (6, "src"): ("files", 4, 2, [7, 8]),
        (8, "tools"): ("files", 2, 1, [8]),
        (11, "LICENSE"): ("files", 0, 0, []),
    }


def test_reruns_with_a_log_have_seconds(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    found = reruns(capfd, files["naive"], "--log", files["log"])
    assert found[6, "."]["seconds"] == pytest.approx(158.9 + 18.3 + 3.2 + 1.7 + 0.1 * 3, abs=0.11)
    # Both platforms are built side by side: the build waits for the emulated chain.
    assert found[6, "."]["wait"] == pytest.approx(158.9 + 3.2 + 0.1 * 2, abs=0.11)
    code, out, _err = run(capfd, "reruns", files["naive"], "--log", files["log"])
    assert code == 0
    assert out.splitlines()[0] == "3  files: go.mod: 3 RUN steps on each platform, 3 emulated, about 220 s"
    _code, out, _err = run(capfd, "reruns", files["naive"], "--format", "markdown")
    assert "| 6 | `.` | 2 RUN steps on each platform, 2 emulated |" in out


def diff(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    code, out, _err = run(capfd, "diff", *arguments, "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_diff_of_a_fixed_file_lists_what_improves(
    capfd: pytest.CaptureFixture[str], files: dict[str, Path]
) -> None:
    found = diff(capfd, files["naive"], files["cross"], "--log", files["log"])
    assert (found["old"]["emulated"], found["new"]["emulated"]) == (3, 0)
    assert [(it["line"], it["from"], it["to"]) for it in found["moved"]] == [
        (8, "emulated", "native"),
        (9, "emulated", "native"),
    ]
    assert found["added"] == []
    assert {it["line"] for it in found["gone"]} == {1, 2, 3, 4, 5, 6}
    assert found["cache_broken"][0] == {"stage": "build-env", "line": 8}
    assert found["prediction"]["saved"] == pytest.approx(142, abs=1)


def test_equal_files_have_no_difference(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    found = diff(capfd, files["naive"], files["naive"])
    assert (found["added"], found["gone"], found["moved"], found["cache_broken"], found["reruns"]) == (
        [],
        [],
        [],
        [],
        0,
    )


def test_an_added_instruction_breaks_the_cache_of_the_steps_after_it(
    capfd: pytest.CaptureFixture[str], files: dict[str, Path]
) -> None:
    files["cross"].write_text(NAIVE.replace("COPY . .", "COPY . .\nRUN go vet ./..."))
    found = diff(capfd, files["naive"], files["cross"], "--log", files["log"])
    assert [(it["line"], it["emulated"]) for it in found["added"]] == [(7, False), (7, True)]
    assert found["gone"] == []
    assert found["cache_broken"] == [{"stage": "build-env", "line": 7}, {"stage": "stage-1", "line": 11}]
    assert found["prediction"]["unknown"] == 2


def test_a_difference_as_text_and_as_markdown(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    _code, out, _err = run(capfd, "diff", files["naive"], files["cross"], "--log", files["log"])
    assert "~ now native  [linux/amd64->arm64 build-env 7/8] RUN CGO_ENABLED=0 GOARCH=arm64 go build" in out
    assert "Saves about 140 s: the build would take" in out
    _code, out, _err = run(capfd, "diff", files["naive"], files["cross"], "--format", "markdown")
    assert "- RUN steps: 6 before, 5 after; emulated: 3 before, 0 after." in out


def test_limits_of_a_difference_exit_with_1(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    assert run(capfd, "diff", files["cross"], files["naive"], "--max-emulated", "2")[0] == 1
    assert run(capfd, "diff", files["naive"], files["cross"], "--max-emulated", "2")[0] == 0
    assert run(capfd, "diff", files["naive"], files["naive"], "--log", files["log"], "--max-minutes", "3")[0] == 1
    code, _out, err = run(capfd, "diff", files["naive"], files["naive"], "--max-minutes", "3")
    assert (code, "--log" in err) == (2, True)


@pytest.mark.slow
def test_two_revisions_of_git_are_compared(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "Dockerfile"
    path.write_text(NAIVE)
    # A repository whose attributes ask Git to run a program.
    (tmp_path / ".gitattributes").write_text("Dockerfile filter=evil diff=evil\n")
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], check=True, capture_output=True)  # noqa: S607 - the git of the machine
    for name in ("smudge", "textconv"):
        section = "filter" if name == "smudge" else "diff"
        subprocess.run(["git", "config", f"{section}.evil.{name}", "touch ran; cat"], check=True)  # noqa: S607 - see above
    path.write_text(CROSS)
    for old in ("HEAD", "HEAD:Dockerfile", "HEAD:./Dockerfile"):
        assert diff(capfd, old, "Dockerfile")["new"]["emulated"] == 0
    assert not (tmp_path / "ran").exists()
    for wrong in ("HEAD~7:Dockerfile", "HEAD:missing", "nothing", "--output=x:y"):
        code, _out, err = run(capfd, "diff", "--", wrong, "Dockerfile")
        assert code == 2, wrong
        assert err.startswith("buildxray: ")


def test_a_log_of_another_file_is_an_error(capfd: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    code, _out, err = run(capfd, "reruns", files["text"], "--log", RECORDED / "naive.github.log")
    assert code == 2
    assert "no build of" in err
