"""Small projects in `cases.txt`: the builds of their workflows, scripts and pipelines, as GitHub, GitLab and the shell document them.

`== name` begins a project, `#- path` a file, and `= …` is a build as `described` gives it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.projects.ci.test_workflows import described

_PROJECTS = re.split("^== ", (Path(__file__).parent / "cases.txt").read_text(), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("project", _PROJECTS, ids=lambda it: it.partition("\n")[0])
def test_builds_are_those_that_the_files_ask_for(tmp_path: Path, project: str) -> None:
    lines = project.splitlines(keepends=True)[1:]
    expected = [it[2:].rstrip("\n") for it in lines if it.startswith("= ")]
    markup = "".join(it for it in lines if not re.match("= ", it))
    assert sorted(described(tmp_path, markup)) == sorted(expected)
