"""The builds of the scripts of a `package.json`, in its directory and in those above a Dockerfile."""

from __future__ import annotations

import json
from pathlib import Path

from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.projects.reader import read_directory
from tests.support.cases import every_case

SERVICES = "services: {web: {build: ./web}}"


def read(root: Path, script: str, package: str = ".") -> list[str]:
    """`name: Dockerfile line` of each build of one script, in a repository with the Compose file `stack/prod.yml`."""
    (root / ".git").mkdir(exist_ok=True)
    (root / "stack").mkdir(exist_ok=True)
    (root / "stack" / "prod.yml").write_text(SERVICES)
    directory = root / package
    directory.mkdir(exist_ok=True, parents=True)
    (directory / "package.json").write_text(json.dumps({"name": "x", "scripts": {"start": script}}, indent=1))
    above = () if directory == root else (root,)
    builds = read_directory(directory, above, local_platform="linux/amd64").builds
    return [f"{it.name}: {it.dockerfile.relative_to(root).as_posix()} {it.line}" for it in builds]


@every_case(
    "script, expected",
    [
        ("docker compose -f stack/prod.yml up -d --build", ["web: stack/web/Dockerfile 1"]),
        ("npm run a && docker-compose -f stack/prod.yml run web", ["web: stack/web/Dockerfile 1"]),
        ("docker compose --project-directory . -f stack/prod.yml build", ["web: web/Dockerfile 1"]),
        ("docker build -t x .", ["start: Dockerfile 4"]),
        ("docker compose -f stack/prod.yml down", []),
        ('ssh host \\"docker compose -f stack/prod.yml up\\"', []),
        ("docker compose -f ../stack/prod.yml up", []),
        ("docker compose -f $FILE up", []),
        ("echo docker build .", []),
    ],
)
def test_the_builds_of_a_script(tmp_path: Path, script: str, expected: list[str]) -> None:
    assert read(tmp_path, script) == expected


def test_a_script_runs_in_the_directory_of_its_package(tmp_path: Path) -> None:
    assert read(tmp_path, "docker compose -f ../stack/prod.yml up; docker build .", "app") == [
        "web: stack/web/Dockerfile 1",
        "start: app/Dockerfile 4",
    ]


@every_case("text", ["", "[", "[]", '{"scripts": []}', '{"scripts": {"docker": 1}}', "[" * 5000 + "docker"])
def test_a_package_of_another_form_has_no_builds(tmp_path: Path, text: str) -> None:
    (tmp_path / "package.json").write_text(text.replace("[]", '["docker"]'))
    assert not read_directory(tmp_path, local_platform="linux/amd64").builds


def built(root: Path, script: str, services: str = SERVICES) -> ProjectBuild:
    read(root, script)
    (root / "stack" / "prod.yml").write_text(services)
    dockerfile = root / "stack" / "web" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text("FROM alpine\nRUN make\n")
    return Projects().build(dockerfile, Settings())


def test_an_image_of_such_a_compose_file_is_for_one_platform(tmp_path: Path) -> None:
    assert built(tmp_path, "docker compose -f stack/prod.yml up").is_for_one_platform


def test_a_compose_file_that_nothing_names_says_nothing(tmp_path: Path) -> None:
    assert not built(tmp_path, "docker compose -f stack/prod.yml down").is_for_one_platform


def test_a_compose_file_that_names_platforms_asks_for_them(tmp_path: Path) -> None:
    services = "services: {web: {build: {context: ./web, platforms: [linux/amd64, linux/arm64]}}}"
    build = built(tmp_path, "docker compose -f stack/prod.yml build", services)
    assert build.asks_for_several
    assert not build.is_for_one_platform
