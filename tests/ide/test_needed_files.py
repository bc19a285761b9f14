"""The lists of dependencies that the rules see in a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case

SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))
TEXT = "FROM node\nWORKDIR /s\nCOPY . .\nRUN pnpm install\n"
COMPOSE = "services:\n  app:\n    build: {context: CONTEXT, dockerfile: DOCKERFILE}\n"
WORKSPACE = "packages:\n  - '**'\n"


def is_reported(root: Path, files: dict[str, str], dockerfile: str) -> bool:
    """True if the late download of a Dockerfile is reported."""
    for name, text in {dockerfile: TEXT, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    projects = Projects()
    path = root / dockerfile
    analyzer = projects.build(path, SETTINGS).analyzer(projects.workspace(path.parent))
    return "late-module-download" in [it.rule for it in analyzer.analyze(TEXT).diagnostics]


@pytest.mark.parametrize("marker", [".git/config", ".gitignore"])
@every_case(
    "files, dockerfile, expected",
    [
        ({"package.json": "{}"}, "docker/Dockerfile", True),
        # The workspace is beside the list in the build context, not beside the Dockerfile.
        ({"package.json": "{}", "pnpm-workspace.yaml": WORKSPACE}, "docker/Dockerfile", False),
        ({"package.json": "{}", "pnpm-workspace.yaml": WORKSPACE, "web/package.json": "{}"}, "web/Dockerfile", False),
        (
            {
                "package.json": "{}",
                "pnpm-workspace.yaml": WORKSPACE,
                "web/package.json": "{}",
                "compose.yaml": COMPOSE.replace("CONTEXT", "web").replace("DOCKERFILE", "Dockerfile"),
            },
            "web/Dockerfile",
            True,
        ),
        (
            {
                "package.json": "{}",
                "pnpm-workspace.yaml": WORKSPACE,
                "web/package.json": "{}",
                "compose.yaml": COMPOSE.replace("CONTEXT", ".").replace("DOCKERFILE", "web/Dockerfile"),
            },
            "web/Dockerfile",
            False,
        ),
    ],
)
def test_lists_are_those_of_the_build_context(
    tmp_path: Path, marker: str, files: dict[str, str], dockerfile: str, *, expected: bool
) -> None:
    assert is_reported(tmp_path, {**files, marker: ""}, dockerfile) is expected


def test_the_list_of_another_context_is_not_that_of_a_module(tmp_path: Path) -> None:
    text = "FROM golang\nWORKDIR /s\nCOPY . .\nRUN go build -C ./api -o /a\n"
    files = {
        ".git/config": "",
        "go.work": "use ./tool\n",
        "tool/go.mod": "module b\n",
        "cli/api/go.mod": "module a\nrequire example.com/x v1.0.0\n",
        "cli/Dockerfile": text,
    }
    for name, written in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written)
    projects, path = Projects(), tmp_path / "cli/Dockerfile"
    found = projects.build(path, SETTINGS).analyzer(projects.workspace(path.parent)).analyze(text).diagnostics
    (message,) = (it.message for it in found if it.rule == "late-module-download")
    assert "`api/go.mod` is not copied before the rest" in message


def test_without_a_project_the_directory_of_the_dockerfile_counts(tmp_path: Path) -> None:
    files = {"package.json": "{}", "pnpm-workspace.yaml": WORKSPACE}
    assert not is_reported(tmp_path / "a", files, "Dockerfile")
    assert is_reported(tmp_path / "b", {**files, "web/package.json": "{}"}, "web/Dockerfile")


@every_case(
    "ignored, files, expected",
    [
        ({".dockerignore": "web\n"}, "web/index.ts", False),
        ({".dockerignore": "web\n!README.md\n"}, "web/index.ts", False),
        ({"docker/Dockerfile.dockerignore": "web\n"}, "web/index.ts", False),
        ({".dockerignore": "web/*.ts\n"}, "web/index.ts", True),
        ({".dockerignore": "web\n!web/index.ts\n"}, "web/index.ts", True),
        ({"web/.dockerignore": "web\n"}, "web/index.ts", True),
        # Another directory that may be the context has it, and nothing leaves it out there.
        ({".dockerignore": "web\n"}, "web/index.ts docker/web/index.ts", True),
        # A program may make it; for another context than the repository.
        ({".dockerignore": "web\n"}, "", True),
    ],
)
def test_a_build_stops_at_what_its_context_leaves_out(
    tmp_path: Path, ignored: dict[str, str], files: str, *, expected: bool
) -> None:
    text = TEXT.replace("COPY . .", "COPY web web\nCOPY . .")
    given = {
        ".git/config": "",
        "package.json": "{}",
        "docker/Dockerfile": text,
        **ignored,
        **dict.fromkeys(files.split(), ""),
    }
    for name, written in given.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written)
    projects, path = Projects(), tmp_path / "docker/Dockerfile"
    found = projects.build(path, SETTINGS).analyzer(projects.workspace(path.parent)).analyze(text).diagnostics
    assert ("late-module-download" in [it.rule for it in found]) is expected
