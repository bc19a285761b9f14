"""Dockerfiles that only jobs on new machines build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from tests.support.cases import every_case

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WORKFLOW = """
on: push
jobs:
  build:
    runs-on: RUNNER
    steps:
      - uses: actions/checkout@v4
STEPS
"""
BUILD = "      - uses: docker/build-push-action@v6\n        with: {push: true, cache-to: type=gha}"
COMPOSE = "services: {app: {build: .}}\n"
MATRIX = "${{ matrix.on }}\n    strategy: {matrix: {on: [ubuntu-latest, OTHER]}}"


def loses_mounts(root: Path, files: dict[str, str], dockerfile: str = "Dockerfile") -> bool:
    """True if each build of a Dockerfile begins with empty cache mounts."""
    (root / ".git").mkdir()
    for name, text in {dockerfile: "FROM alpine\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    projects = Projects()
    path = root / dockerfile
    build = projects.build(path, Settings())
    return build.with_facts(projects.workspace(path.parent)).loses_cache_mounts


def workflow(runner: str = "ubuntu-latest", steps: str = BUILD) -> dict[str, str]:
    return {".github/workflows/ci.yml": WORKFLOW.replace("RUNNER", runner).replace("STEPS", steps)}


@every_case(
    "files, is_lost",
    [
        (workflow(), True),
        (workflow("[ubuntu-24.04-arm]"), True),
        (workflow(MATRIX.replace("OTHER", "ubuntu-24.04-arm")), True),
        (workflow(steps="      - run: docker build ."), True),
        (workflow(steps=f"      - uses: docker/setup-buildx-action@v3\n{BUILD}"), True),
        ({**workflow(), "README.md": "Pull it: docker pull app\n"}, True),
        ({**workflow(), "Dockerfile.dev": "FROM alpine\n", "run.sh": "docker run app\n"}, True),
        # The machine lasts, or another one builds.
        (workflow("self-hosted"), False),
        (workflow("[self-hosted, ubuntu-latest]"), False),
        (workflow("depot-ubuntu-24.04"), False),
        (workflow("ubuntu-latest-8-cores"), False),
        (workflow(MATRIX.replace("OTHER", "self-hosted")), False),
        (workflow("${{ vars.RUNNER }}"), False),
        (
            workflow(
                steps=f"      - uses: docker/setup-buildx-action@v3\n        with: {{driver: remote, endpoint: 'tcp://a:1'}}\n{BUILD}"
            ),
            False,
        ),
        (workflow(steps=f"      - run: docker context use far\n{BUILD}"), False),
        (workflow(steps=BUILD.replace("docker/build", "depot/build")), False),
        ({".gitea/workflows/ci.yml": workflow()[".github/workflows/ci.yml"]}, False),
        # The mounts are restored.
        (workflow(steps=f"      - uses: reproducible-containers/buildkit-cache-dance@v3\n{BUILD}"), False),
        # People or services build it too.
        ({**workflow(), "compose.yaml": COMPOSE}, False),
        ({**workflow(), "Makefile": "image:\n\tdocker build .\n"}, False),
        ({**workflow(), "README.md": "    docker build -t app .\n"}, False),
        ({**workflow(), "docs/build.md": "Run `docker buildx build .`\n"}, False),
        ({**workflow(), "tools/image.py": "run(['docker', 'build', '.'])\n"}, False),
        ({**workflow(), "fly.toml": "app = 'a'\n"}, False),
        ({"compose.yaml": COMPOSE, **workflow(steps="      - run: docker compose build")}, False),
        ({"build.sh": "docker build .\n", **workflow(steps="      - run: ./build.sh")}, False),
        ({}, False),
    ],
)
def test_builds_on_new_machines(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], *, is_lost: bool
) -> None:
    assert loses_mounts(tmp_path_factory.mktemp("project"), files) is is_lost


@every_case("document, is_lost", [("docker build .", True), ("docker build -f Dockerfile.ci .", False)])
def test_a_file_of_an_unusual_name_is_built_by_what_names_it(
    tmp_path_factory: pytest.TempPathFactory, document: str, *, is_lost: bool
) -> None:
    build = BUILD.replace("push: true", "file: Dockerfile.ci")
    files = {**workflow(steps=build), "README.md": document}
    assert loses_mounts(tmp_path_factory.mktemp("project"), files, "Dockerfile.ci") is is_lost
