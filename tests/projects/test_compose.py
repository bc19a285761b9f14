from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.compose_builds import read_compose


@pytest.mark.parametrize(
    ("service", "notes"),
    [
        ("build: {context: ., args: {A: '${TOKEN:?}'}}", ["compose.yaml:3: the variable `TOKEN` must be set"]),
        ("build: .\n    environment: {A: '${TOKEN:?}'}", []),
        ("build: .\n    command: echo ${TOKEN:?}", []),
    ],
)
def test_a_variable_that_must_be_set_is_noted_where_a_build_needs_it(
    tmp_path: Path, service: str, notes: list[str]
) -> None:
    (tmp_path / "compose.yaml").write_text(f"services:\n  a:\n    {service}\n")
    project, builds = read_compose(tmp_path, ["compose.yaml"])
    assert len(builds) == 1
    assert list(map(str, project.notes)) == notes
