"""What is said of a Dockerfile that the script of its build writes first."""

from __future__ import annotations

from pathlib import Path

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case

SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))


@every_case(
    "script, severity",
    [
        ('echo "FROM alpine" > Dockerfile\ncat parts/* >> Dockerfile\ndocker build .', "information"),
        ("cat parts/* > ./Dockerfile && docker build -f Dockerfile .", "information"),
        ("envsubst < parts/base > Dockerfile\ndocker buildx build .", "information"),
        ("docker build .", "error"),
        ("cat parts/* > b/Dockerfile\ndocker build .", "error"),
        ("cat Dockerfile > log\ndocker build .", "error"),
    ],
)
def test_a_build_of_another_text_is_none_of_this_file(tmp_path: Path, script: str, severity: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "build.sh").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "Dockerfile").write_text("")
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", SETTINGS)
    analysis = build.analyzer(projects.workspace(tmp_path)).analyze("")
    assert [it.severity.value for it in analysis.diagnostics if it.rule == "build-error"] == [severity]
