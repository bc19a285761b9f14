"""`buildxray times`: the times of a logged build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Run
from tests.support.logs import NAIVE, NAIVE_TTY, RECORDED

pytestmark = pytest.mark.slow

AMD64 = ["--build-platform", "linux/amd64"]


def run(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    command = Run(capfd, *arguments)
    return command.code, command.out, command.err


def objects(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, Any]]:
    code, out, _err = run(capfd, "times", *arguments, "--format", "json", *AMD64)
    assert code == 0
    return list(json.loads(out))


def test_times_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    (build,) = objects(capfd, RECORDED / "naive.github.log", RECORDED / "naive.Dockerfile")
    assert build["total"] == pytest.approx(111.9, abs=0.1)
    assert build["critical_path"] == pytest.approx(111.8, abs=0.1)
    assert build["unmatched"] == []
    assert build["steps"][0] == {
        "line": 10,
        "label": '[linux/arm64 build 7/8] RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/greet ./cmd/greet',
        "platform": "linux/arm64",
        "targets": ["linux/arm64"],
        "seconds": 101.4,
        "cpu": None,
        "emulated": True,
        "cached": False,
        "status": "done",
        "critical": True,
        "exact": True,
    }
    prediction = build["prediction"]
    assert (prediction["fixes"], prediction["steps"]) == ("safe", 3)
    assert prediction["saved"] == pytest.approx(84, abs=1)
    assert prediction["remaining"][0] < 22.0 < prediction["remaining"][1]


def test_a_history_record_is_matched_with_its_own_dockerfile(capfd: pytest.CaptureFixture[str]) -> None:
    (build,) = objects(capfd, RECORDED / "cross.dockerbuild")
    assert build["unmatched"] == []
    assert build["prediction"] is None
    assert {it["line"] for it in build["steps"]} == {None, 1, 3, 4, 5, 6, 9, 11, 12, 14}


def test_one_object_per_build(capfd: pytest.CaptureFixture[str]) -> None:
    found = objects(capfd, RECORDED / "bake.plain.log", RECORDED / "small.Dockerfile")
    assert [it["name"] for it in found] == ["tool", "app"]


def test_times_as_text(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _err = run(capfd, "times", RECORDED / "naive.github.log", RECORDED / "naive.Dockerfile", *AMD64)
    assert code == 0
    lines = out.splitlines()
    assert all(len(it) <= 80 for it in lines)
    (row,) = [it for it in lines if "101.4 s" in it]
    assert row.startswith("* 10  101.4 s  ████████████████  arm64 emulated  RUN CGO_ENABLED=0 go")
    assert "`buildxray fix` saves about 84 s of 110 s: the build would take 14 s to 35 s." in out


def test_markdown_shows_hostile_text_as_text(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    hostile = "\x1b]0;title\x07<img src=x>|`a``b` \u202e"
    log = tmp_path / "log"
    log.write_text(NAIVE_TTY.replace("RUN upx /go/bin/hello ", f"RUN upx /go/bin/hello {hostile} "))
    path = tmp_path / "Dockerfile"
    path.write_text(NAIVE)
    _code, out, _err = run(capfd, "times", log, path, "--format", "markdown", *AMD64)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "```RUN upx /go/bin/hello <img src=x>\\|`a``b`" in out
    assert "<img" not in out.replace("`RUN upx /go/bin/hello <img", "")
    _code, out, _err = run(capfd, "times", log, path, *AMD64)
    assert "\x1b" not in out


def test_an_exceeded_limit_exits_with_1(capfd: pytest.CaptureFixture[str]) -> None:
    arguments: tuple[str | Path, ...] = ("times", RECORDED / "naive.github.log", RECORDED / "naive.Dockerfile", *AMD64)
    assert run(capfd, *arguments, "--max-minutes", "1")[0] == 1
    assert run(capfd, *arguments, "--max-minutes", "2")[0] == 0


def test_a_file_that_is_not_a_log_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    path = RECORDED / "naive.Dockerfile"
    code, out, err = run(capfd, "times", path, path)
    assert (code, out) == (2, "")
    assert err.startswith(f"buildxray: {path}: not a build log: expected the output of `docker buildx build`")
    code, out, err = run(capfd, "times", RECORDED / "missing", path)
    assert (code, out) == (2, "")
    assert "No such file" in err


def test_a_log_of_another_dockerfile_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    path = RECORDED / "small.Dockerfile"
    code, out, err = run(capfd, "times", RECORDED / "naive.github.log", path)
    assert code == 2
    assert "another Dockerfile" in out
    assert "it builds another Dockerfile, with the step `[linux/amd64 build 5/8] RUN apk add" in err
