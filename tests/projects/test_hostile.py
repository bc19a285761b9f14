"""Project files that are small and ask for endless work: each is read within a few seconds, with a note where it is given up."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings

pytestmark = pytest.mark.slow
STEP = "steps: [{run: 'docker build --platform linux/arm64 .'}]"
REUSABLE = "on: workflow_call\njobs:\n" + "".join(
    f"  j{n}: {{uses: ./.github/workflows/w{n}.yml}}\n" for n in range(20)
)
ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
DOUBLING = "A0=xxxxxxxxxx\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 60))
LONG_EXPRESSION = (
    f"env: {{A: '{'x' * 200_000}'}}\njobs:\n  b:\n    strategy: {{matrix: {{k: {[*range(256)]}}}}}\n"
    f"    steps: [{{run: 'docker build . {'${{ env.A }} ' * 300}'}}]\n"
)
FILES = {
    "aliases": ("compose.yaml", f"{ALIASES}services: {{x: {{build: {{context: ., args: *a9}}}}}}\n"),
    "long YAML": ("compose.yaml", f"x: [{'a, ' * 320_000}]\n"),
    "brackets": ("compose.yaml", f"services: {'[' * 20_000}{']' * 20_000}\n"),
    "include cycle": ("compose.yaml", "include: [compose.yaml, compose.yaml]\nservices: {x: {build: .}}\n"),
    "range": ("docker-bake.hcl", 'target "default" { args = { X = join(",", range(0, 100000000)) } }\n'),
    "nested ranges": (
        "docker-bake.hcl",
        'target "default" { args = { X = [for a in range(0, 1024): [for b in range(0, 1024): range(0, 1024)]] } }\n',
    ),
    "format": ("docker-bake.hcl", 'target "default" { args = { X = format("%1000000000d", 1) } }\n'),
    "regex": ("docker-bake.hcl", f'target "default" {{ args = {{ X = regex("(a*)*b", "{"a" * 5000}") }} }}\n'),
    "matrix": (
        "docker-bake.hcl",
        'target "x" { matrix = { a = range(0, 1024), b = range(0, 1024) }\n name = "x${a}" }\n',
    ),
    "spaces": ("docker-bake.json", json.dumps({"target": {"default": {"dockerfile": "${" + " " * 60_000 + "x"}}})),
    "templates": (
        "docker-bake.json",
        json.dumps({"target": {f"t{n}": {"args": {"A": "${B}"}} for n in range(30_000)}}),
    ),
    "called workflows": (".github/workflows/w0.yml", REUSABLE),
    "matrix of workflow": (
        ".github/workflows/a.yml",
        "jobs:\n  b:\n    strategy:\n      matrix:\n"
        + "".join(f"        k{n}: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" for n in range(12))
        + f"    {STEP}\n",
    ),
    "long expression": (".github/workflows/a.yml", LONG_EXPRESSION),
    "doubling script": ("build.sh", f"{DOUBLING}docker build $A59 .\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_asks_for_endless_work(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    file, content = FILES[name]
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if name == "called workflows":
        for n in range(1, 20):
            path.with_name(f"w{n}.yml").write_text(content)
    start = time.process_time()
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    assert time.process_time() - start < 10, "one second on a quiet machine"
    assert build.request.target_platforms
