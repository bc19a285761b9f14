from __future__ import annotations

from pathlib import Path

import pytest

from tools.accuracy import FINDING, SILENT, draw, proportion, score

DOCKERFILE = """\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /app .
FROM scratch
COPY --from=build /app /app
"""


@pytest.mark.slow
def test_a_sheet_holds_findings_and_silent_files(tmp_path: Path) -> None:
    for name, text in (("noisy", DOCKERFILE), ("quiet", 'FROM alpine:3.22\nCMD ["sh"]\n')):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / "Dockerfile").write_text(text)

    rows = draw([tmp_path / "noisy", tmp_path / "quiet"], 10, 10, 1, "late-module-download")

    assert [(row["kind"], row["repository"], row["path"]) for row in rows] == [
        (FINDING, "noisy", "Dockerfile"),
        (SILENT, "quiet", "Dockerfile"),
    ]
    assert rows[0]["rule"] == "emulated-build"
    assert rows[0]["safety"] in {"safe", "suggestion"}


def test_a_score_counts_verdicts() -> None:
    finding = {"kind": FINDING, "rule": "x", "severity": "error", "safety": "safe"}
    rows = [
        {**finding, "verdict": "right", "fix": "merge"},
        {**finding, "verdict": "debatable", "fix": "reject"},
        {**finding, "verdict": "wrong", "fix": ""},
        {"kind": SILENT, "verdict": "2"},
        {"kind": SILENT, "verdict": "0"},
    ]

    lines = score(rows)

    assert "| x | 3 | 1 | 1 | 1 |" in lines
    assert any(line.startswith("findings right: 1 of 3, 33%") for line in lines)
    assert any(line.startswith("safe fixes that can be merged: 1 of 2") for line in lines)
    assert "missed in 2 silent files: 2" in lines


def test_an_interval_stays_between_none_and_all() -> None:
    assert proportion("x", 0, 0) == "x: none read"
    assert proportion("x", 5, 5) == "x: 5 of 5, 100% (95 % interval 57% to 100%)"
    assert proportion("x", 0, 5) == "x: 0 of 5, 0% (95 % interval 0% to 43%)"
