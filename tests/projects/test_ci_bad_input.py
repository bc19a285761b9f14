"""Unreadable parts of a workflow are unknown, and never stop the reading of the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildxray.projects.ci.workflows import read_workflows
from tests.support.cases import every_case

_WORKFLOW = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - if: {condition}
        run: |
          {command}
          docker buildx build --platform linux/arm64 .
"""


@every_case(
    "condition, command",
    [
        ("always()", "true"),
        ("github.event_name = 'push'", "true"),
        ("a ? b", "true"),
        ('"matrix.os == \'unclosed"', "true"),
        ("always()", "sudo"),
        ("always()", "exec >log"),
        ("fromJSON('[]')", "true"),
        ("fromJSON('[1]') && fromJSON('{}') || fromJSON('[]')", "true"),
    ],
)
def test_the_build_after_it_is_read(tmp_path: Path, condition: str, command: str) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text(_WORKFLOW.format(condition=condition, command=command))
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert len(read_workflows(tmp_path, local_platform="linux/amd64").builds) == 1


@pytest.mark.slow
def test_a_large_matrix_of_tests_leaves_room_for_the_builds_of_others(tmp_path: Path) -> None:
    directory = tmp_path / ".github/workflows"
    directory.mkdir(parents=True)
    numbers = [*range(200)]
    for name in "abc":
        steps = [{"run": "make test"}] * 10
        jobs = {"test": {"runs-on": "ubuntu-latest", "strategy": {"matrix": {"n": numbers}}, "steps": steps}}
        (directory / f"{name}.yml").write_text(json.dumps({"on": "push", "jobs": jobs}, indent=1))
    (directory / "release.yml").write_text(_WORKFLOW.format(condition="always()", command="true"))
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    reading = read_workflows(tmp_path, local_platform="linux/amd64")
    assert [it.source.name for it in reading.builds] == ["release.yml"]
    # The unread part of the matrix builds no image, so that a note about it would be useless.
    assert not reading.notes


@every_case(
    "text, expected",
    [
        ("jobs: {a: [}\n# docker build .\n", []),
        ("jobs:\n  a: [}\n  run: docker build .\n", ["ci.yml:2: this is not YAML"]),
        ("jobs: {a: [}\nuses: docker/build-push-action@v6\n", ["ci.yml:1: this is not YAML"]),
        ("jobs: {a: [}\nuses: docker/build-push-action@v6 # ${{ env.A }}\n", ["ci.yml:1: this is not YAML"]),
        ("{% if docker %}\njobs: {a: [}\nuses: docker/build-push-action@v6\n", []),
        ("name: {{ name }\nrun: make docs\n", []),
        (
            _WORKFLOW.format(condition="a\n        if: b", command="true"),
            ["ci.yml:8: GitHub refuses this file: the key `if`"],
        ),
        ("jobs:\n  lint: {}\n  lint: {}\n", []),
        ("jobs:\n  a: {}\n  b: {steps: [{run: docker build .}, {run: docker build .}]}\n", []),
    ],
)
def test_a_note_about_a_workflow_that_is_not_read_if_it_may_build_images(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text(text)
    reading = read_workflows(tmp_path, local_platform="linux/amd64")
    notes = [str(it._replace(file=Path(it.file).name)) for it in reading.notes]
    assert len(notes) == len(expected)
    assert all(note.startswith(start) for note, start in zip(notes, expected, strict=True))
    assert bool(reading.builds) == ("b: {steps" in text)
