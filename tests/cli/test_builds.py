"""`buildxray builds`, and the options that choose a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cases import every_case
from tests.support.command_line import Run

DOCKERFILE = (
    "FROM golang AS build\nCOPY . .\nRUN go build -o /app .\nFROM alpine\nCOPY --from=build /app /app\nRUN true\n"
)
BAKE = """\
target "app" {
  platforms = ["linux/amd64", "linux/arm64"]
  args = { V = "$${X}" }
}
target "dev" {
  platforms = ["linux/amd64"]
  target = "build"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "docker-bake.hcl").write_text(BAKE)
    return tmp_path


def test_builds_as_json(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    run = Run(capfd, "builds", "--format", "json", project)
    assert run.code == 0
    app, dev = json.loads(run.out)
    assert app == {
        "name": "app",
        "source": "docker-bake.hcl",
        "line": 1,
        "dockerfile": "Dockerfile",
        "context": ".",
        "target": "",
        "platforms": ["linux/amd64", "linux/arm64"],
        "args": {"V": "$${X}"},
        "contexts": {},
        "nodes": {},
        "default": False,
        "unknown": [],
    }
    assert (dev["name"], dev["target"]) == ("dev", "build")


def test_builds_as_text(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    run = Run(capfd, "builds", project)
    assert run.out.splitlines()[:3] == [
        "Dockerfile",
        "  app  linux/amd64, linux/arm64  docker-bake.hcl:1",
        "    arguments: V=${X}",
    ]


def test_builds_of_a_missing_path_exit_with_2(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert Run(capfd, "builds", tmp_path / "none").code == 2


def test_the_option_build_chooses_a_build_by_its_name(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    machine = ("--build-platform", "linux/amd64")
    assert "for linux/amd64, linux/arm64" in Run(capfd, "plan", *machine, project / "Dockerfile").out
    assert "for linux/amd64 " in Run(capfd, "plan", *machine, "--build", "dev", project / "Dockerfile").out
    assert "there is no build `x`" in Run(capfd, "plan", *machine, "--build", "x", project / "Dockerfile").err


@pytest.mark.slow
def test_no_emulation_fails_if_a_build_emulates(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    check = ("check", "--exit-zero", "--no-emulation")
    run = Run(capfd, "check", "--no-emulation", "--fail-on", "error", "--build-platform", "linux/amd64", project)
    assert run.code == 1
    assert "2 steps need an emulator" in run.err
    assert Run(capfd, *check, "--build-platform", "linux/amd64,linux/arm64", project).code == 0
    run = Run(capfd, "check", "--no-emulation", "--build-platform", "linux/amd64,linux/arm64", project)
    assert "emulator" not in run.err
    assert "runs on 2 machines; cross-compiled, one suffices" in run.out


def test_a_named_context_replaces_a_stage(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    run = Run(capfd, "plan", "--format", "json", "--build-context", "build=bin", project / "Dockerfile")
    assert "go build" not in json.dumps([it["label"] for it in json.loads(run.out)[0]["steps"]])
    assert Run(capfd, "plan", "--build-context", "build", project / "Dockerfile").code == 2


def test_a_project_file_that_cannot_be_read_is_a_warning(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "docker-bake.hcl").write_text(BAKE.replace('"dev" {', '"dev" { args = {'))
    assert "docker-bake.hcl:" in Run(capfd, "check", project / "Dockerfile").err
    (project / "docker-bake.hcl").write_text(BAKE)
    assert "docker-bake.hcl:" not in Run(capfd, "check", project / "Dockerfile").err


def test_a_missing_target_of_the_command_line_is_reported(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    run = Run(capfd, "check", "--target", "none", "--format", "json", project / "Dockerfile")
    assert run.code == 1
    messages = [it["message"] for it in run.objects if it["severity"] == "warning"]
    assert "the requested build fails: there is no stage `none`" in messages


def test_check_reports_errors_in_bake_files(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "docker-bake.hcl").write_text(BAKE.replace('"build"', '"builds"'))
    run = Run(capfd, "check", "--format", "json", project)
    found = [it for it in json.loads(run.out) if it["rule"] == "missing-stage"]
    assert [(it["path"], it["start"]["line"], it["severity"]) for it in found] == [
        (str(project / "docker-bake.hcl"), 7, "error")
    ]
    run = Run(
        capfd,
        "check",
        "--format",
        "json",
        "--ignore",
        "missing-stage,undeclared-build-arg",
        project / "docker-bake.hcl",
    )
    assert (run.code, json.loads(run.out)) == (0, [])


@pytest.mark.parametrize("is_bake", [True, False])
def test_the_job_that_has_bake_build_is_reported(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, *, is_bake: bool
) -> None:
    platforms = '"linux/amd64", "linux/arm64"' if is_bake else '"linux/amd64"'
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM gcc\nCOPY . .\nRUN gcc -o a a.c\n")
    (tmp_path / "docker-bake.hcl").write_text(
        f'group "default" {{ targets = ["default"] }}\ntarget "default" {{ platforms = [{platforms}] }}\n'
    )
    workflow = tmp_path / ".github" / "workflows" / "image.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - uses: docker/setup-buildx-action@v3\n"
        "      - uses: docker/bake-action@v6\n        with: {targets: default, push: true}\n"
    )
    listed = json.loads(Run(capfd, "check", "--format", "json", tmp_path).out)
    found = [(Path(it["path"]).name, it["start"]["line"]) for it in listed if it["rule"] == "emulating-runner"]
    assert found == [("image.yml", 4)] * is_bake


def test_sarif_contains_findings_in_bake_files(capfd: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "docker-bake.hcl").write_text(BAKE.replace('"build"', '"builds"'))
    run = Run(capfd, "check", "--format", "sarif", project / "docker-bake.hcl")
    assert [it["ruleId"] for it in json.loads(run.out)["runs"][0]["results"]] == [
        "undeclared-build-arg",
        "missing-stage",
    ]


def test_builds_of_a_shell_script_are_listed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "push.sh").write_text('P="linux/amd64,linux/arm64"\ndocker buildx build --push --platform "$P" .\n')
    for path in (tmp_path, tmp_path / "Dockerfile"):
        (build,) = json.loads(Run(capfd, "builds", "--format", "json", path).out)
        assert (build["source"], build["line"]) == ("push.sh", 2)
        assert build["platforms"] == ["linux/amd64", "linux/arm64"]


@pytest.mark.parametrize("has_git", [True, False])
def test_a_named_directory_is_a_project_with_and_without_git(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, *, has_git: bool
) -> None:
    alone, project = tmp_path / "alone", tmp_path / "project"
    for it in (alone, project / "app"):
        it.mkdir(parents=True)
        (it / "Dockerfile").write_text(DOCKERFILE)
    # No reader reads this Compose file; it shows that the image is built for one machine.
    (project / "docker-compose.prod.yml").write_text("services:\n  app:\n    build: app\n")
    if has_git:
        (project / ".git").mkdir()
    assert "emulated-build" in Run(capfd, "check", "--format", "json", alone).out
    assert "emulated-build" not in Run(capfd, "check", "--format", "json", project).out


def test_a_part_of_a_project_without_git_is_no_project(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.o\n")
    (tmp_path / "docker-bake.hcl").write_text(
        'target "default" {\n  context = "app"\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n'
    )
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text(DOCKERFILE)
    run = Run(capfd, "check", "--format", "json", tmp_path / "app")
    (finding,) = (it for it in json.loads(run.out) if it["rule"] == "emulated-build")
    assert finding["severity"] == "warning"


@every_case(
    "files, expected",
    [
        ({"docker-bake.hcl": 'target "a" { target = "none" }\n'}, ["docker-bake.hcl"]),
        ({"compose.yaml": "services: {a: {build: {context: ., target: none}}}\n"}, ["compose.yaml"]),
        # No finding in a script tells it.
        ({"build.sh": "docker build --target none .\n"}, ["Dockerfile"]),
    ],
)
def test_a_missing_stage_is_reported_in_one_file(
    capfd: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, str],
    expected: list[str],
) -> None:
    directory = tmp_path_factory.mktemp("project")
    (directory / ".git").mkdir()
    for name, text in {"Dockerfile": "FROM alpine AS one\n", **files}.items():
        (directory / name).write_text(text)
    told = json.loads(Run(capfd, "check", "--format", "json", directory).out)
    assert [Path(it["path"]).name for it in told if "none" in it["message"]] == expected
    # In an editor only the Dockerfile may be open.
    (alone,) = json.loads(Run(capfd, "check", "--format", "json", directory / "Dockerfile").out)
    assert alone["rule"] == "build-error"


def test_what_only_a_run_tells_is_no_finding_in_a_list_of_files(
    capfd: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / ".git").mkdir(exist_ok=True)
    workflow = project / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    step = "{uses: docker/build-push-action@v6, with: {context: '${{ inputs.directory }}'}}"
    workflow.write_text(f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{step}]}}}}\n")
    assert "only a run tells" in Run(capfd, "builds", project).err
    assert "only a run tells" in Run(capfd, "check", "--exit-zero", workflow).out
    run = Run(capfd, "check", "--exit-zero", project)
    assert "only a run tells" not in run.out + run.err
    workflow.write_text("on: push\njobs: {a: {steps: [{run: docker build .}]}, a: {}}\n")
    assert "unread-build" in Run(capfd, "check", "--exit-zero", project).out
