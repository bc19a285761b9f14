"""Names that the system refuses, in the files of a project."""

from __future__ import annotations

from pathlib import Path

from buildxray.projects.reader import read_directory
from tests.support.cases import every_case

LONG = "a" * 300


@every_case(
    "name, content",
    [
        ("build.sh", f"docker buildx build {LONG}\ndocker buildx build --platform linux/amd64,linux/arm64 .\n"),
        ("Makefile", f"all:\n\tdocker buildx build -f {LONG} .\n\tdocker buildx build --platform linux/arm64 .\n"),
        ("docker-bake.hcl", f'target "a" {{ context = "{LONG}" }}\ntarget "b" {{}}\n'),
        ("compose.yaml", f"services:\n  a: {{build: {LONG}}}\n  b: {{build: .}}\n"),
    ],
)
def test_a_long_name_costs_its_own_build(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    (tmp_path / name).write_text(content)
    builds = read_directory(tmp_path, (tmp_path.parent,), local_platform="linux/amd64").builds
    assert tmp_path / "Dockerfile" in {it.dockerfile for it in builds}
