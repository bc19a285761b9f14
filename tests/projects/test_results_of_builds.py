"""The results of builds, and the names by which they find the Dockerfile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import Settings
from buildxray.projects.builds import makes_files
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case

WORKFLOW = "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n{}"
ACTION = "      - uses: docker/build-push-action@v6\n        with: {{context: ., {}}}\n"
COMMAND = "      - run: docker buildx build {} .\n"


def built(root: Path, files: dict[str, str], dockerfile: str = "Dockerfile") -> ProjectBuild:
    (root / ".git").mkdir()
    for name, text in {dockerfile: "FROM alpine\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Projects().build(root / dockerfile, Settings())


@every_case(
    "outputs, expected",
    [
        (["type=local,dest=out"], True),
        (["dest=out,type=tar"], True),
        (["./bin"], True),
        (["-"], True),
        (["type=cacheonly"], True),
        (["type=image,push=true"], False),
        (["type=local,dest=out", "type=registry"], False),
        (["type=docker"], False),
        ([""], False),
        ([], False),
    ],
)
def test_outputs_that_write_files_and_no_image(outputs: list[str], expected: bool) -> None:
    assert makes_files(outputs) is expected


@every_case(
    "path, text, expected",
    [
        (".github/workflows/a.yml", WORKFLOW.format(ACTION.format('outputs: "type=local,dest=out"')), True),
        (".github/workflows/a.yml", WORKFLOW.format(ACTION.format("push: true")), False),
        (".github/workflows/a.yml", WORKFLOW.format(COMMAND.format("-o out")), True),
        (".github/workflows/a.yml", WORKFLOW.format(COMMAND.format("--output=type=oci,dest=a.tar")), False),
        ("docker-bake.hcl", 'target "default" { output = ["type=local,dest=out"] }\n', True),
        ("docker-bake.hcl", 'target "default" { output = ["type=image"] }\n', False),
    ],
)
def test_declared_outputs_tell_if_a_build_writes_files(tmp_path: Path, path: str, text: str, expected: bool) -> None:
    assert built(tmp_path, {path: text}).request.makes_files is expected


@every_case(
    "inputs, expected",
    [
        ('push: false, target: b, cache-to: "type=gha"', True),
        ('platforms: "linux/amd64,linux/arm64"', True),
        ('cache-to: "type=inline"', False),
        ("push: false", False),
        ('push: false, load: true, cache-to: "type=gha"', False),
        ('outputs: "type=docker", cache-to: "type=gha"', False),
        ("push: \"${{ github.event_name != 'pull_request' }}\", cache-to: type=gha", False),
    ],
)
def test_actions_that_only_fill_the_cache(tmp_path: Path, inputs: str, expected: bool) -> None:
    action = ACTION.replace("{{", "{").replace("}}", "}").replace("{}", inputs)
    workflow = WORKFLOW.replace("{}", action)
    assert built(tmp_path, {".github/workflows/a.yml": workflow}).request.keeps_nothing is expected


@every_case(
    "files, expected",
    [
        ({}, False),
        ({"Makefile": "image:\n\tdocker build -t app .\n"}, True),
        ({"Makefile": "image:\n\tdocker build --platform linux/amd64,linux/arm64 -t app .\n"}, False),
        ({"Makefile": "image:\n\tdocker buildx build --platform $(shell ./platforms) -t app .\n"}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(COMMAND.format("-t app"))}, True),
        ({"compose.yaml": "services:\n  app:\n    build: .\n"}, False),
        ({"deploy/workflows/compose.yaml": "services:\n  app:\n    build: ../..\n"}, False),
        ({".gitlab-ci.yml": "image:\n  script:\n    - docker build -t app .\n"}, True),
        (
            {
                ".gitlab-ci.yml": "image:\n  script:\n    - docker compose build\n",
                "compose.yaml": "services: {app: {build: .}}\n",
            },
            False,
        ),
        ({".woodpecker.yml": "steps:\n  image:\n    commands:\n      - docker build -t app .\n"}, True),
    ],
)
def test_projects_that_name_no_platform_build_for_their_own_machine(
    tmp_path: Path, files: dict[str, str], expected: bool
) -> None:
    assert built(tmp_path, files).builds_for_itself is expected


def test_buildkit_finds_a_lower_case_name(tmp_path: Path) -> None:
    build = built(tmp_path, {"docker-bake.hcl": 'target "default" { platforms = ["linux/386"] }\n'}, "dockerfile")
    assert [str(it) for it in build.request.target_platforms] == ["linux/386"]


def test_a_lower_case_name_beside_the_usual_one_is_another_file(tmp_path: Path) -> None:
    bake = {"docker-bake.hcl": 'target "default" { platforms = ["linux/386"] }\n', "Dockerfile": "FROM alpine\n"}
    assert built(tmp_path, bake, "dockerfile").shown is None


JOBS = """on: push
jobs:
  image:
    strategy:
      matrix:
        include:
          - {platform: linux/amd64, runner: ubuntu-24.04}
          - {platform: linux/arm64, runner: RUNNER}
    runs-on: ${{ matrix.runner }}
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: "${{ matrix.platform }}", push: true}
"""
EMULATED = "FROM golang AS b\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"


@pytest.mark.parametrize(("runner", "is_said"), [("ubuntu-24.04-arm", False), ("ubuntu-24.04", True)])
def test_a_script_beside_native_jobs_is_not_a_reason_to_cross_compile(
    tmp_path: Path, runner: str, is_said: bool
) -> None:
    script = "image:\n\tdocker buildx build --platform linux/amd64,linux/arm64 -t app .\n"
    files = {".github/workflows/a.yml": JOBS.replace("RUNNER", runner), "Makefile": script, "Dockerfile": EMULATED}
    analysis = built(tmp_path, files).analyzer(Workspace()).analyze(EMULATED)
    assert ("emulated-build" in [it.rule for it in analysis.diagnostics]) is is_said


NO_CACHE = WORKFLOW.format(ACTION.format("no-cache: true"))
LATE = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node ."


@every_case(
    "files, is_silent",
    [
        ({".github/workflows/a.yml": NO_CACHE}, True),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format("no-cache: false"))}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format('no-cache: "${{ inputs.clean }}"'))}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(COMMAND.format("--no-cache -t a"))}, True),
        ({".github/workflows/a.yml": WORKFLOW.format(COMMAND.format("--no-cache=false -t a"))}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(COMMAND.format("--no-cache-filter base -t a"))}, False),
        ({".github/workflows/a.yml": NO_CACHE, "build.sh": "docker build --no-cache ."}, True),
        # Some people build with a cache.
        ({".github/workflows/a.yml": NO_CACHE, "build.sh": "docker build ."}, False),
        ({".github/workflows/a.yml": NO_CACHE, "compose.yml": "services: {a: {build: .}}"}, False),
        ({"build.sh": 'FLAG=""\n[ -n "$CLEAN" ] && FLAG=--no-cache\ndocker build $FLAG .'}, False),
        ({"build.sh": "docker compose build --no-cache", "compose.yml": "services: {a: {build: .}}"}, False),
        ({"compose.yml": "services: {a: {build: {context: ., no_cache: true}}}"}, True),
        ({"docker-bake.hcl": 'target "default" { no-cache = true }'}, True),
        ({".goreleaser.yml": "dockers: [{build_flag_templates: [--no-cache]}]"}, True),
        ({".goreleaser.yml": "dockers_v2: [{flags: [--no-cache]}]"}, True),
        ({".goreleaser.yml": "dockers: [{build_flag_templates: [--no-cache]}, {goarch: arm64}]"}, False),
        ({"docker-bake.hcl": 'target "default" { no-cache = [] }'}, False),
        ({}, False),
    ],
)
def test_no_advice_about_the_cache_if_all_builds_ignore_it(
    tmp_path: Path, files: dict[str, str], is_silent: bool
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    build = built(tmp_path, {**files, "package.json": "{}", "package-lock.json": "{}", "Dockerfile": LATE})
    analysis = build.analyzer(Workspace()).analyze(LATE)
    assert ("late-module-download" not in [it.rule for it in analysis.diagnostics]) is is_silent


SHA = 'build-args: "GIT_SHA=${{ github.sha }}"'
EARLY = "FROM python\nARG GIT_SHA\nRUN apt-get install -y libpq5\nLABEL revision=$GIT_SHA\nCMD a\n"
MAKE = "SHA := $(shell git rev-parse HEAD)\nimage:\n\tdocker build --build-arg GIT_SHA=$(SHA) .\n"


@every_case(
    "files, is_said",
    [
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format(f"cache-from: type=gha, {SHA}"))}, True),
        # The machine of the job has no cache of its own.
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format(SHA))}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format(f"no-cache: true, cache-from: a, {SHA}"))}, False),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format("cache-from: type=gha"))}, False),
        ({"Makefile": MAKE}, True),
        ({"Makefile": MAKE.replace("docker build", "docker build --no-cache")}, False),
        ({"Makefile": MAKE, ".github/workflows/a.yml": WORKFLOW.format("      - run: make image\n")}, True),
        ({"Makefile": MAKE.replace("$(shell git rev-parse HEAD)", "3f2a9c1")}, False),
        ({"build.sh": "docker build --build-arg GIT_SHA=$(git rev-parse HEAD) ."}, True),
        ({"build.sh": "docker build ."}, False),
        ({"compose.yml": "services: {a: {build: {context: ., args: {GIT_SHA: dev}}}}"}, False),
        ({}, True),
    ],
)
def test_an_argument_changes_steps_that_a_build_would_find_in_a_cache(
    tmp_path: Path, files: dict[str, str], is_said: bool
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    analysis = built(tmp_path, {**files, "Dockerfile": EARLY}).analyzer(Workspace()).analyze(EARLY)
    assert ("early-changing-arg" in [it.rule for it in analysis.diagnostics]) is is_said


SEVERAL = 'platforms = ["linux/amd64", "linux/arm64"]'
PLATFORMS = 'platforms: "linux/amd64,linux/arm64"'


@every_case(
    "files, expected",
    [
        ({"docker-bake.hcl": f'target "tools" {{\n  target = "Build"\n  {SEVERAL}\n}}'}, {"build"}),
        ({"docker-bake.hcl": f'target "tools" {{\n  target = "0"\n  {SEVERAL}\n}}'}, {"0"}),
        ({"compose.yml": "services: {sh: {build: {context: ., target: build, platforms: [linux/arm64]}}}"}, {"build"}),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format("target: build, push: true"))}, {"build"}),
        # These write files, fill a cache or check; the service is for the machine that runs it, and nobody builds `_a` by itself.
        ({"docker-bake.hcl": f'target "a" {{\n  target = "build"\n  output = ["out"]\n  {SEVERAL}\n}}'}, set()),
        ({".github/workflows/a.yml": WORKFLOW.format(ACTION.format(f"target: build, {PLATFORMS}"))}, set()),
        ({"docker-bake.hcl": f'target "a" {{\n  target = "build"\n  call = "check"\n  {SEVERAL}\n}}'}, set()),
        ({"compose.yml": "services: {sh: {build: {context: ., target: build}}}"}, set()),
        ({"docker-bake.hcl": f'target "_a" {{\n  target = "build"\n  {SEVERAL}\n}}'}, set()),
    ],
)
def test_a_stage_of_which_another_build_makes_an_image_stays_for_its_targets(
    tmp_path: Path, files: dict[str, str], expected: set[str]
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    analysis = built(tmp_path, {**files, "Dockerfile": EMULATED}).analyzer(Workspace()).analyze(EMULATED)
    assert analysis.build.workspace.stages_of_images == expected


@every_case(
    "path, text, expected",
    [
        ("Makefile", "image:\n\tDOCKER_BUILDKIT=0 docker build -t app .\n", True),
        ("Makefile", "image:\n\tDOCKER_BUILDKIT=1 docker build -t app .\n", False),
        ("Makefile", "image:\n\tdocker build -t app .\n", False),
        # The variable is for `docker build` only.
        ("Makefile", "image:\n\tDOCKER_BUILDKIT=0 docker buildx build -t app .\n", False),
        ("build.sh", "#!/bin/sh\nexport DOCKER_BUILDKIT=0\ndocker image build -t app .\n", True),
        # One of several builds is enough.
        ("Makefile", "a:\n\tdocker build -t app .\nb:\n\tDOCKER_BUILDKIT=0 docker build -t app .\n", True),
    ],
)
def test_builds_without_buildkit_are_known(tmp_path: Path, path: str, text: str, *, expected: bool) -> None:
    build = built(tmp_path, {path: text})
    assert build.with_facts(Workspace()).has_legacy_build is expected


_ENVIRONMENT = "on: push\nenv: {NAME: acme/base}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n{}"


@every_case(
    "path, text, expected",
    [
        ("compose.yaml", "services: {a: {build: base, image: 'ghcr.io/acme/base:1'}}\n", {"ghcr.io/acme/base"}),
        ("compose.yaml", "services: {a: {build: base}, b: {image: 'ghcr.io/acme/base:1'}}\n", set()),
        ("compose.yaml", "services: {a: {build: base, image: '${REGISTRY}/base'}}\n", set()),
        ("base/compose.yaml", "services: {a: {build: ., image: 'acme/base:2@x'}}\n", set()),
        ("base/compose.yaml", "services: {a: {build: ., image: 'acme/base:2'}}\n", {"docker.io/acme/base"}),
        (".github/workflows/a.yml", WORKFLOW.format(COMMAND.format("-t acme/base")), {"docker.io/acme/base"}),
        (
            ".github/workflows/a.yml",
            WORKFLOW.format(COMMAND.format("--tag=r.io:5000/base:1 -t $X/b")),
            {"r.io:5000/base"},
        ),
        (
            ".github/workflows/a.yml",
            _ENVIRONMENT.replace(
                "{}", ACTION.format('tags: "${{ env.NAME }}:1,acme/b"').replace("{{c", "{c").replace(", }}", "}")
            ),
            {"docker.io/acme/base", "docker.io/acme/b"},
        ),
        # A name without an owner tells nothing: `node` is that of an official image.
        (".github/workflows/a.yml", WORKFLOW.format(COMMAND.format("-t node:22")), set()),
        ("build.sh", "docker pull acme/base\n", set()),
    ],
)
def test_the_images_that_a_project_makes(tmp_path: Path, path: str, text: str, expected: set[str]) -> None:
    found = built(tmp_path, {"base/Dockerfile": "FROM alpine\n", path: text})
    assert found.own_images == expected
    assert found.with_facts(Workspace()).own_images == expected
