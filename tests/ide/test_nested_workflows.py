"""Workflows in a directory below the root of a repository, which GitHub does not run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

_TEXT = "FROM python\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
_JOB = "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
_BUILD = _JOB + "      - uses: docker/build-push-action@v6\n        with: {context: app}\n"
_OWN = _JOB + "      - uses: acme/prepare@v1\n      - run: docker build --platform linux/arm64 .\n"
_COPIES = _JOB + "      - run: cp ../base.txt requirements.txt && docker build .\n"
_ROOT = ".github/workflows/image.yml"
_NESTED = "app/.github/workflows/image.yml"


def _project(root: Path, files: dict[str, str]) -> tuple[Projects, Path]:
    for name, text in {".git/config": "", "app/Dockerfile": _TEXT, "app/main.py": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Projects(), root / "app/Dockerfile"


@every_case(
    "files, is_reported",
    [
        ({_ROOT: _BUILD}, True),
        ({_ROOT: _BUILD, _NESTED: _OWN}, True),
        ({_ROOT: _BUILD, _NESTED: _COPIES}, True),
        ({_ROOT: _BUILD, "app/.github/workflows/test.yml": _JOB + "      - run: cp a requirements.txt\n"}, True),
        # GitHub runs the other workflow too.
        ({_ROOT: _BUILD, ".github/workflows/other.yml": _COPIES.replace(" .\n", " app\n")}, False),
        # The directory is a repository of its own.
        ({_ROOT: _BUILD, _NESTED: _COPIES, "app/.git/config": ""}, False),
        # It may be published as one.
        ({_NESTED: _COPIES}, False),
    ],
)
def test_a_file_that_a_build_lacks(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], is_reported: bool
) -> None:
    projects, path = _project(tmp_path_factory.mktemp("project"), files)
    settings = Settings(build_platform=parse_normalized("linux/amd64"))
    analyzer = projects.build(path, settings).analyzer(projects.workspace(path.parent))
    assert ("missing-source" in [it.rule for it in analyzer.analyze(_TEXT).diagnostics]) is is_reported


@every_case(
    "files, expected",
    [
        ({_ROOT: _BUILD, _NESTED: _OWN}, [_ROOT]),
        ({_NESTED: _OWN}, [_NESTED]),
        # No workflow that GitHub runs builds the file.
        ({_ROOT: _BUILD.replace("context: app", "context: other"), _NESTED: _OWN}, [_NESTED]),
        ({_ROOT: _BUILD, _NESTED: _OWN, "app/.git/config": ""}, [_NESTED]),
    ],
)
def test_the_builds_of_a_dockerfile(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], expected: list[str]
) -> None:
    root = tmp_path_factory.mktemp("project")
    projects, path = _project(root, files)
    assert [it.source.relative_to(root).as_posix() for it in projects.declared(path)] == expected
