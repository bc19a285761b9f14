"""One Dockerfile that several builds use: which is shown, what is found in which."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide.code_lens import code_lenses
from buildxray.ide.project import ProjectBuild, Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from buildxray.toolchains.base import Workspace
from tests.support.markup import files

PROJECT = """
    #- docker-bake.hcl
    group "default" { targets = ["app"] }
    target "app" { platforms = ["linux/amd64", "linux/arm64"] }
    target "dev" {
      platforms = ["linux/amd64"]
      target = "dev"
    }
    target "same" { inherits = ["app"] }
    target "_hidden" { platforms = ["linux/s390x"] }
    #- .github/workflows/ci.yml
    on: push
    jobs:
      release:
        runs-on: ubuntu-24.04-arm
        steps:
          - uses: docker/build-push-action@v6
            with: {platforms: "linux/arm64", push: true}
    #- Dockerfile
    FROM golang AS build
    COPY . .
    RUN go build -o /app .
    FROM golang AS dev
    FROM alpine
    COPY --from=build /app /app
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in files(PROJECT).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def built(root: Path, settings: Settings | None = None) -> ProjectBuild:
    machine = settings or Settings(build_platform=parse_normalized("linux/amd64"))
    return Projects().build(root / "Dockerfile", machine)


def test_builds_that_do_the_same_are_one(root: Path) -> None:
    assert [it.name for it in built(root).declared] == ["app", "dev", "release"]


def test_what_is_built_by_default_is_shown(root: Path) -> None:
    assert built(root).title == "app: linux/amd64, linux/arm64 · docker-bake.hcl, target `app` · 1 of 3"


@pytest.mark.parametrize("name", ["release", "ci.yml:release", "rel*"])
def test_a_setting_chooses(root: Path, name: str) -> None:
    build = built(root, Settings(build=name))
    assert build.title.startswith("release: linux/arm64")
    assert build.others == ()
    assert str(build.request.build_platform) == "linux/arm64"


def test_a_name_that_no_build_has_chooses_nothing(root: Path) -> None:
    assert built(root, Settings(build="nothing")).title.startswith("app:")


def test_findings_name_the_builds_that_they_are_in(root: Path) -> None:
    analysis = built(root).analyzer(Workspace()).analyze((root / "Dockerfile").read_text())
    messages = [it.message for it in analysis.diagnostics if it.rule == "emulated-build"]
    assert len(messages) == 1
    assert messages[0].endswith("(in 2 of 3 builds: app, release)")


def test_the_first_line_says_which_build_is_shown(root: Path) -> None:
    build = built(root)
    lenses = [*code_lenses(build.analyzer(Workspace()).analyze("FROM alpine\n"))]
    assert lenses[0].title == build.title


def test_the_machine_of_a_workflow_counts_where_nothing_is_set(root: Path) -> None:
    build = built(root, Settings(build="release"))
    analysis = build.analyzer(Workspace()).analyze((root / "Dockerfile").read_text())
    assert [it.rule for it in analysis.diagnostics if it.rule == "emulated-build"] == []


def test_default_platforms_are_said_to_be_the_default(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" { platforms = split(",", timestamp()) }\n')
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", Settings())
    assert str(build.shown_origin) == "the default: docker-bake.hcl, target `app` does not tell the platforms"
    assert (
        Projects().build(tmp_path / "other", Settings()).shown_origin == "the default: nothing says for which platforms"
    )


def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" {\n  platforms = nothing\n}\n')
    projects = Projects()
    projects.build(tmp_path / "Dockerfile", Settings())
    assert [str(it) for it in projects.notes(tmp_path / "Dockerfile")] == [
        f"{tmp_path}/docker-bake.hcl:2: this cannot be evaluated: there is no variable `nothing`"
    ]


def test_files_beside_the_dockerfile_s_directories_are_found(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    (tmp_path / "images" / "web").mkdir(parents=True)
    (tmp_path / "images" / "web" / "Dockerfile").write_text("FROM alpine\n")
    (tmp_path / "docker" / "docker-bake.hcl").write_text('target "web" { context = "images/web" }\n')
    build = Projects().build(tmp_path / "images" / "web" / "Dockerfile", Settings())
    assert [it.name for it in build.declared] == ["web"]
