"""The steps of the GitHub action, run in a shell like that of a runner, without the installation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from tests.support.logs import RECORDED

pytestmark = [pytest.mark.slow, pytest.mark.processes]

ROOT = Path(__file__).parents[2]
ACTION = YAML(typ="safe").load(ROOT / "action.yml")
BASH = shutil.which("bash") or "bash"


class Job(NamedTuple):
    """The results of a run of the action."""

    codes: list[int]
    """The exit codes of the steps that ran."""
    out: str
    err: str
    summary: str

    @property
    def has_failed(self) -> bool:
        return any(self.codes)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("naive", "cross"):
        (tmp_path / f"{name}.Dockerfile").write_text((RECORDED / f"{name}.Dockerfile").read_text())
    (tmp_path / "Dockerfile").write_text((RECORDED / "naive.Dockerfile").read_text())
    shutil.copy(RECORDED / "naive.dockerbuild", tmp_path / "build of today.dockerbuild")
    (tmp_path / "buildxray.toml").write_text(
        'buildPlatform = "linux/amd64"\nplatforms = ["linux/amd64", "linux/arm64"]\n'
    )
    return tmp_path


def evaluated(text: str, inputs: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda it: inputs[it[1]], text)


def act(project: Path, environment: dict[str, str] | None = None, /, **given: str) -> Job:
    """Run the steps with the given inputs and the defaults of the others."""
    inputs = {name: str(it.get("default", "")) for name, it in ACTION["inputs"].items()}
    inputs |= {name.replace("_", "-"): value for name, value in given.items()}
    summary = project / "summary.md"
    summary.write_text("")
    codes: list[int] = []
    out = err = ""
    for step in ACTION["runs"]["steps"]:
        if "run" not in step or "pip install" in step["run"]:
            continue
        if "inputs.summary == 'true'" in step.get("if", "") and inputs["summary"] != "true":
            continue
        own = {name: evaluated(value, inputs) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=project,
            env={
                "PATH": f"{ROOT / '.venv' / 'bin'}:{os.defpath}",
                "HOME": str(project),
                "LANG": "C.UTF-8",
                "GITHUB_STEP_SUMMARY": str(summary),
                **own,
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        codes.append(done.returncode)
        out, err = out + done.stdout, err + done.stderr
    return Job(codes, out, err, summary.read_text())


def test_the_defaults_check_the_repository(project: Path) -> None:
    job = act(project, paths="Dockerfile")
    assert job.codes == [1]
    assert "::warning file=Dockerfile,line=1," in job.out
    assert job.summary == ""
    assert act(project, paths="Dockerfile", fail_on="error").codes == [0]


def test_a_log_puts_seconds_into_annotations_and_the_summary(project: Path) -> None:
    job = act(project, paths="Dockerfile", log="build of today.dockerbuild", summary="true", fail_on="error")
    assert not job.has_failed, job.err
    assert "the fix saves about 84 s of 110 s" in job.out
    assert "### Where the time of `Dockerfile` goes" in job.summary
    assert "| 10 | 101.4 | linux/arm64 | emulated, critical path |" in job.summary
    assert "saves about 84 s of 110 s: the build would take 14 s to 35 s." in job.summary
    assert "### What runs again" in job.summary
    assert re.search(r"\| 9 \| `\.` \| 2 RUN steps on each platform, 2 emulated, about 1[01]0 s \|", job.summary)


def test_a_summary_without_a_log(project: Path) -> None:
    job = act(project, paths="Dockerfile", summary="true", fail_on="error")
    assert not job.has_failed
    assert "### Where" not in job.summary
    assert "### What runs again" in job.summary


@pytest.mark.parametrize(
    ("limits", "has_failed"),
    [
        ({"max_emulated": "3"}, False),
        ({"max_emulated": "2"}, True),
        ({"max_minutes": "2", "log": "build of today.dockerbuild"}, False),
        ({"max_minutes": "1.5", "log": "build of today.dockerbuild"}, True),
    ],
)
def test_exceeded_limits_fail_the_action(project: Path, limits: dict[str, str], has_failed: bool) -> None:
    job = act(project, None, paths="Dockerfile", fail_on="error", **limits)
    assert job.has_failed == has_failed
    assert ("the limit is" in job.err) == has_failed


@pytest.mark.parametrize("log", ["Dockerfile", "missing", "other.log"])
def test_a_log_that_cannot_be_used_fails_with_the_reason(project: Path, log: str) -> None:
    shutil.copy(RECORDED / "small.plain.log", project / "other.log")
    job = act(project, paths="Dockerfile", log=log, summary="true", fail_on="error")
    assert job.codes == [2, 0]
    assert log in job.err


def test_a_pull_request_has_the_difference_to_its_base(project: Path) -> None:
    program = shutil.which("git") or "git"

    def git(*arguments: str) -> None:
        subprocess.run(
            [program, "-c", "user.name=x", "-c", "user.email=x@y.z", "-c", "commit.gpgsign=false", *arguments],
            cwd=project,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "before")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    (project / "Dockerfile").write_text((RECORDED / "cross.Dockerfile").read_text())
    job = act(project, {"GITHUB_BASE_REF": "main"}, paths="Dockerfile", summary="true", fail_on="error")
    assert not job.has_failed, job.err
    assert "### What runs again" in job.summary
    assert "origin/main" in job.summary


def test_several_paths_and_hostile_inputs_stay_words(project: Path) -> None:
    job = act(project, paths="naive.Dockerfile cross.Dockerfile", platforms='linux/amd64";touch${IFS}x;"')
    assert job.codes == [2]
    assert not (project / "x").exists()
    assert act(project, paths="naive.Dockerfile cross.Dockerfile", fail_on="error").codes == [0]
