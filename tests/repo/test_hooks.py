"""The pre-commit hooks and the GitHub action, read like these programs do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from buildxray.cli.main import main
from buildxray.projects.file_names import OTHER_EXTENSIONS, is_dockerfile
from tests.support.cases import every_case

ROOT = Path(__file__).parents[2]
HOOKS = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
NAMES = """
Dockerfile dockerfile Dockerfile.dev api.Dockerfile api_Dockerfile api-dockerfile.prod Containerfile Containerfile2
Dockerfile.dockerignore .dockerignore dockerfile_parser.py dockerfile-lint.yaml Dockerfile.py Dockerfiles mydockerfile
README.md Dockerfile-alpine dockerfile.go Dockerfile.bak Dockerfile~ Dockerfile.tmpl Dockerfile.arm64
Dockerfile.bak2 Dockerfile.old10 Dockerfile.py3 Dockerfile.in Dockerfile.inline
"""


@pytest.mark.parametrize("name", [*NAMES.split(), *(f"Dockerfile.{it}" for it in sorted(OTHER_EXTENSIONS))])
@every_case("hook", HOOKS)
def test_the_hooks_take_what_is_a_dockerfile(hook: dict[str, str], name: str) -> None:
    for directory in ("", "a/b/", "docker_x.md/"):
        path = directory + name
        is_taken = bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)
        assert is_taken == is_dockerfile(name)


def test_the_commands_of_the_hooks_run(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    for hook in HOOKS:
        program, *arguments = hook["entry"].split()
        assert program == "buildxray"
        assert main([*arguments, str(tmp_path / "Dockerfile")]) == 0


def test_the_action_is_composite() -> None:
    action = YAML(typ="safe").load(ROOT / "action.yml")
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == {*action["inputs"]}


@pytest.mark.parametrize("platforms", ["", "linux/amd64,linux/arm64"])
def test_the_script_of_the_action_runs(tmp_path: Path, platforms: str) -> None:
    action = YAML(typ="safe").load(ROOT / "action.yml")
    install_step, check_step, *_ = (it["run"] for it in action["runs"]["steps"] if "run" in it)
    for program in ("python", "buildxray"):
        (tmp_path / program).write_text('#!/bin/sh\necho "$0" "$@" >> "$LOG"\n')
        (tmp_path / program).chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "LOG": str(tmp_path / "log"),
        "GITHUB_ACTION_PATH": "/a b",
        "BUILDXRAY_PATHS": "x y",
        "BUILDXRAY_PLATFORMS": platforms,
        "BUILDXRAY_FAIL_ON": "error",
    }
    for script in (install_step, check_step):
        subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", script], env=environment, check=True)
    install, check = (tmp_path / "log").read_text().replace(f"{tmp_path}/", "").splitlines()
    assert install == "python -m pip install --quiet --disable-pip-version-check /a b"
    wanted = f" --platform {platforms}" if platforms else ""
    assert check == f"buildxray check --format github --fail-on error{wanted} -- x y"
