"""Targets of Bake files that nobody asks for, beside those that jobs build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

_TARGETS = """
group "default" { targets = ["local"] }
target "local" {}
target "image" { platforms = ["linux/amd64"] }
target "all" { platforms = ["linux/amd64", "linux/arm64"] }
"""
_STAGES = "FROM golang AS build\nCOPY . .\nRUN go build -o /tool .\nFROM alpine\nCOPY --from=build /tool /tool\n"
_STEP = "{uses: docker/bake-action@v6, with: {targets: TARGETS}}"
_JOB = f"on: push\njobs: {{build: {{runs-on: ubuntu-latest, steps: [{_STEP}]}}}}\n"


def _project(root: Path, others: dict[str, str]) -> Path:
    for name, text in {".git/HEAD": "", "docker-bake.hcl": _TARGETS, "Dockerfile": _STAGES, **others}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / "Dockerfile"


def _built(dockerfile: Path, name: str = "") -> ProjectBuild:
    return Projects().build(dockerfile, Settings(build_platform=parse_normalized("linux/amd64"), build=name))


def _n_emulated(dockerfile: Path, name: str = "") -> int:
    analysis = _built(dockerfile, name).analyzer(Workspace()).analyze(dockerfile.read_text())
    return sum(it.rule == "emulated-build" for it in analysis.diagnostics)


@every_case(
    "others, n_emulated",
    [
        # A job builds another target.
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "image")}, 0),
        ({".github/workflows/ci.yml": _JOB.replace(_STEP, "{run: docker buildx bake image}")}, 0),
        ({".github/workflows/ci.yml": _JOB.replace(_STEP, "{run: make}"), "Makefile": "x:\n\tdocker buildx bake image\n"}, 0),
        # A job, a script or a Makefile builds the target.
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "all")}, 1),
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "image"), "push.sh": "docker buildx bake all\n"}, 1),
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "image"), "Makefile": "x:\n\tdocker buildx bake all\n"}, 1),
        # A call may build any target.
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", '"image,${{ inputs.more }}"')}, 1),
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "image"), "push.sh": 'docker buildx bake "$@"\n'}, 1),
        # No job builds a target.
        ({}, 1),
        ({"push.sh": "docker buildx bake image\n"}, 1),
        # It is what Bake builds without a name.
        ({".github/workflows/ci.yml": _JOB.replace("TARGETS", "image"), "docker-bake.hcl": _TARGETS.replace('["local"]', '["all"]')}, 1),
    ],
)  # fmt: skip
def test_a_target_that_nobody_builds_is_not_told_of_emulation(
    tmp_path_factory: pytest.TempPathFactory, others: dict[str, str], n_emulated: int
) -> None:
    dockerfile = _project(tmp_path_factory.mktemp("project"), others)
    assert _n_emulated(dockerfile) == n_emulated
    assert _n_emulated(dockerfile, "all") == n_emulated
    assert _n_emulated(dockerfile, "docker-bake.hcl:all") == 1


@every_case(
    "others, severities",
    [
        ({}, ["error"]),
        # The platform has its own Dockerfile.
        ({"Dockerfile.aarch64": "FROM alpine\n", "docker-bake.hcl": f'{_TARGETS}target "arm" {{\ndockerfile = "Dockerfile.aarch64"\nplatforms = ["linux/arm64"]\n}}\n'}, []),
        # That Dockerfile is built for both.
        ({"Dockerfile.aarch64": "FROM alpine\n", "docker-bake.hcl": f'{_TARGETS}target "arm" {{\ndockerfile = "Dockerfile.aarch64"\nplatforms = ["linux/amd64", "linux/arm64"]\n}}\n'}, ["error"]),
        # It is of something else.
        ({"Dockerfile.aarch64": "FROM alpine\n", "docker-bake.hcl": f'{_TARGETS}target "arm" {{\ndockerfile = "tools.aarch64"\nplatforms = ["linux/arm64"]\n}}\n'}, ["error"]),
    ],
)  # fmt: skip
def test_a_platform_with_a_dockerfile_of_its_own_is_not_asked_of_another(
    tmp_path_factory: pytest.TempPathFactory, others: dict[str, str], severities: list[str]
) -> None:
    text = 'FROM alpine\nRUN wget https://example.com/tool-linux-x64.tar.gz && tar xf tool-linux-x64.tar.gz\nCMD ["/tool"]\n'
    dockerfile = _project(tmp_path_factory.mktemp("project"), {"Dockerfile": text, **others})
    found = _built(dockerfile).analyzer(Workspace()).analyze(text).diagnostics
    assert [it.severity.value for it in found] == severities


def test_the_build_of_a_file_that_nobody_asks_for_is_a_condition(tmp_path: Path) -> None:
    text = "FROM alpine\nARG TARGETARCH\nRUN wget https://example.com/tool-linux-x64.tar.gz && tar xf tool-linux-x64.tar.gz\nRUN echo $TARGETARCH\n"
    targets = (
        f'{_TARGETS}target "dev" {{\ndockerfile = "dev.Dockerfile"\nplatforms = ["linux/amd64", "linux/arm64"]\n}}\n'
    )
    others = {".github/workflows/ci.yml": _JOB.replace("TARGETS", "image"), "docker-bake.hcl": targets}
    root = _project(tmp_path, {"dev.Dockerfile": text, **others}).parent
    build = _built(root / "dev.Dockerfile")
    assert build.shown_origin == "docker-bake.hcl, target `dev`, which nothing in the project is seen to build"
    (finding,) = build.analyzer(Workspace()).analyze(text).diagnostics
    assert finding.severity.value == "warning"
    assert "linux/arm64 (if you build for it)" in finding.message
