from __future__ import annotations

from pathlib import Path

from buildxray.projects.file_names import is_dockerfile
from buildxray.projects.sources import read_workspace
from tests.support.cases import every_case

NAMES = [
    "Dockerfile",
    "dockerfile",
    "Dockerfile.dev",
    "Dockerfile.arm64",
    "Dockerfile.x86_64",
    "go.Dockerfile",
    "Dockerfile-alpine3.20",
    "Dockerfile-alpine",
    "api.Dockerfile",
    "api_Dockerfile",
    "prod-dockerfile.arm",
    "Containerfile",
    "Containerfile2",
    "x.containerfile",
    "Dockerfile.nix",
    "post-build-dockerfile",
]
OTHERS = [
    "Dockerfiles",
    "Dockerfile.",
    "myDockerfile",
    "docker-compose.yml",
    ".dockerignore",
    "Dockerfile.dockerignore",
    "dockerfile_parser.py",
    "dockerfile-utils.test.ts",
    "dockerfile.go",
    "Dockerfile.go",
    "dockerfile.js",
    "Dockerfile.md",
    "Dockerfile.dev.bak",
    "Dockerfile.swp",
    "Dockerfile.orig",
    "Dockerfile~",
    "#Dockerfile#",
    "Dockerfile.yaml",
    "Dockerfile.lock",
    "Dockerfile.tmpl",
    "Dockerfile.alpine.j2",
    "dockerfile.ejs.t",
    "Containerfile.txt",
    "builder-dockerfile.bats",
    "Dockerfile.asc",
    "",
]


@every_case("name", NAMES)
def test_names_of_dockerfiles(name: str) -> None:
    assert is_dockerfile(name)


@every_case("name", OTHERS)
def test_other_file_names_are_not_dockerfiles(name: str) -> None:
    assert not is_dockerfile(name)


@every_case(
    "files, uses_cgo",
    [
        ({}, None),
        ({"main.go": 'import "C"'}, None),
        ({"go.mod": "module x", "main.go": "package main"}, False),
        ({"go.mod": "module x", "a/b.go": 'package a\n\nimport "C"\n'}, True),
        ({"go.mod": "module x", "b.go": 'package a\nimport (\n\t"fmt"\n\t"C"\n)\n'}, True),
        ({"go.mod": "require github.com/mattn/go-sqlite3 v1.14.0"}, True),
        ({"go.mod": "module x", "b_test.go": 'import "C"', "vendor/a.go": 'import "C"', "s.go": 'x := "C"'}, False),
    ],
)
def test_go_sources_tell_if_cgo_is_needed(tmp_path: Path, files: dict[str, str], uses_cgo: bool | None) -> None:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert read_workspace(tmp_path).uses_cgo is uses_cgo
