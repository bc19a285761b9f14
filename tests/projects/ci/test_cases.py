"""Small projects in `cases.txt`: the builds of their workflows, scripts and pipelines, as GitHub, GitLab and the shell document them.

`== name` begins a project, `#- path` a file, and `= …` is a build as `described` gives it.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.projects.ci.test_workflows import described
from tests.support.cases import every_case

_HERE = Path(__file__).parent


def projects(path: Path) -> list[str]:
    return re.split("^== ", path.read_text(), flags=re.MULTILINE)[1:]


@every_case("project", projects(_HERE / "cases.txt"))
def test_builds_are_those_that_the_files_ask_for(tmp_path: Path, project: str) -> None:
    check(tmp_path, project, is_whole=False)


@every_case("project", projects(_HERE.parent / "cases.txt"))
def test_builds_of_all_files_of_a_project(tmp_path: Path, project: str) -> None:
    check(tmp_path, project, is_whole=True)


def check(root: Path, project: str, *, is_whole: bool) -> None:
    lines = project.splitlines(keepends=True)[1:]
    expected = [it[2:].rstrip("\n") for it in lines if it.startswith("= ")]
    markup = "".join(it for it in lines if not re.match("= ", it))
    assert sorted(described(root, markup, is_whole=is_whole)) == sorted(expected)
