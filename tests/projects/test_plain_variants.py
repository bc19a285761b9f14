"""Dockerfiles for the own machine beside one that builds the same image for several platforms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.plain_variants import is_plain_variant
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

_STAGES = 'FROM golang AS build\nARG TARGETARCH\nCOPY . .\nRUN go build -o /tool .\nRUN echo $TARGETARCH\nFROM alpine\nCOPY --from=build /tool /tool\nCMD ["/tool"]\n'
_CROSS = "FROM alpine\nARG TARGETARCH\nCOPY dist/$TARGETARCH/tool /tool\n"
_WORKFLOW = ".github/workflows/ci.yml"
_JOB = "on: push\njobs: {build: {runs-on: ubuntu-latest, steps: [{run: 'docker buildx build --platform PLATFORMS -f FILE .'}]}}\n"
_FOR_SEVERAL = _JOB.replace("PLATFORMS", "linux/amd64,linux/arm64")


@every_case(
    "other, text, more, n_emulated",
    [
        ("Dockerfile.cross", _CROSS, {}, 0),
        ("Dockerfile.multi-arch", _CROSS, {}, 0),
        ("goreleaser.Dockerfile", _CROSS, {}, 0),
        ("Dockerfile.alpine", f'{_CROSS}CMD ["/tool"]\n', {}, 0),
        # An own build that names no platform is for its machine.
        ("Dockerfile.cross", _CROSS, {"Makefile": "local:\n\tdocker build .\n"}, 0),
        # The file is built for several platforms too, or may be.
        ("Dockerfile.cross", _CROSS, {"Makefile": "all:\n\tdocker buildx build --platform linux/amd64,linux/arm64 .\n"}, 1),
        ("Dockerfile.cross", _CROSS, {"Makefile": "all:\n\tdocker buildx build --platform $(shell uname) .\n"}, 1),
        # The other one is for one platform.
        ("Dockerfile.cross", _CROSS, {_WORKFLOW: _JOB.replace("PLATFORMS", "linux/amd64")}, 1),
        # It has another program.
        ("Dockerfile.worker", _CROSS, {}, 1),
        ("Dockerfile.worker", f'{_CROSS}CMD ["/worker"]\n', {}, 1),
        ("cross/Dockerfile", _CROSS, {}, 1),
    ],
)  # fmt: skip
def test_the_plain_variant_of_an_image_is_for_its_own_machine(
    tmp_path_factory: pytest.TempPathFactory, other: str, text: str, more: dict[str, str], n_emulated: int
) -> None:
    root = tmp_path_factory.mktemp("project")
    written = {".git/HEAD": "", "Dockerfile": _STAGES, other: text, _WORKFLOW: _FOR_SEVERAL, **more}
    for name, content in written.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content.replace("FILE", other))
    assert _n_emulated(root / "Dockerfile", Settings(build_platform=parse_normalized("linux/amd64"))) == n_emulated
    amd64, arm64 = parse_normalized("linux/amd64"), parse_normalized("linux/arm64")
    assert _n_emulated(root / "Dockerfile", Settings(build_platform=amd64, platforms=(amd64, arm64))) == 1


def test_a_name_says_that_a_dockerfile_is_for_several_platforms(tmp_path: Path) -> None:
    start = 'FROM alpine\nCMD ["/tool"]\n'
    dockerfiles = {it: tmp_path / it for it in ("Dockerfile", "Dockerfile.multiarch", "Dockerfile.dev")}
    for it in dockerfiles.values():
        it.write_text(start)
    build = DeclaredBuild(
        "job",
        tmp_path / "ci.yml",
        1,
        dockerfiles["Dockerfile"],
        tmp_path,
        platform_names=("linux/amd64", "linux/arm64"),
    )
    assert [name for name, it in dockerfiles.items() if is_plain_variant(it, [build])] == ["Dockerfile.dev"]


def _n_emulated(dockerfile: Path, settings: Settings) -> int:
    analysis = Projects().build(dockerfile, settings).analyzer(Workspace()).analyze(dockerfile.read_text())
    return sum(it.rule == "emulated-build" for it in analysis.diagnostics)
