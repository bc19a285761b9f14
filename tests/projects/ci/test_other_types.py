"""Values of a wrong type in workflows, pipelines and Compose files never raise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildxray.projects.reader import read_project
from buildxray.projects.yaml import load_yaml

TEXT = "a: b # docker, matrix\n"
"""The text of each file: one that names Docker, because others are not read."""
OTHERS: tuple[object, ...] = (
    None,
    [],
    [[]],
    {},
    {"a": [{}]},
    1,
    1.5,
    True,
    "",
    "${{ matrix }}",
    "${{ fromJSON('[[1]]') }}",
    "$X",
)
FILES = {
    ".github/workflows/a.yml": """
        env: {A: b}
        defaults: {run: {working-directory: x}}
        jobs:
          build:
            if: github.ref == 'x' && matrix.os
            runs-on: ["${{ matrix.os }}"]
            env: {B: c}
            strategy: {matrix: {os: [a, b], include: [{os: a, p: q}], exclude: [{os: b}]}}
            steps:
              - uses: actions/checkout@v4
                with: {repository: a/b, path: c}
              - uses: docker/setup-buildx-action@v3
                with: {driver: remote, append: "- {platforms: linux/arm64}", platforms: linux/amd64}
              - uses: docker/build-push-action@v6
                if: matrix.os
                env: {C: d}
                with: {context: ., file: f, platforms: "${{ matrix.p }}", target: t, build-args: A=1, build-contexts: a=b, push: true, outputs: o, call: check}
              - uses: docker/bake-action@v6
                with: {files: a.hcl, targets: b, set: "*.platform=linux/arm64", source: ., workdir: .}
              - run: docker buildx build --platform $A .
                shell: bash
                working-directory: y
    """,
    ".github/workflows/b.yml": """
        on: {workflow_call: {inputs: {p: {default: linux/arm64}}}}
        jobs:
          build:
            steps:
              - run: docker buildx build --platform ${{ inputs.p }} .
          call:
            uses: ./.github/workflows/b.yml
            with: {p: q}
    """,
    "compose.yaml": """
        include: [{path: [b.yaml], project_directory: c}]
        services:
          a:
            extends: {file: b.yaml, service: c}
            environment: [X=y]
            platform: linux/arm64
            build: {context: ., dockerfile: d, target: t, args: [A=1], platforms: [linux/amd64], additional_contexts: {x: y}, x-bake: {platforms: [a], contexts: {b: c}}}
    """,
    ".gitlab-ci.yml": """
        variables: {A: {value: b}}
        .base: {tags: [arm64], script: [docker build a]}
        job: {image: docker, extends: [.base], tags: [$T], parallel: {matrix: [{C: [d, e]}]}, variables: {C: d}, script: [docker build .], before_script: docker build a}
    """,
    ".travis.yml": """
        env: [A=b]
        script: [docker build .]
        arch: [amd64, arm64]
        jobs: {include: [{name: a, arch: arm64, stage: b, env: [C=d], before_script: [export A=1], script: docker build a}]}
    """,
    "azure-pipelines.yml": """
        variables: {A: b}
        pool: {vmImage: ubuntu-latest, name: arm64, demands: [a]}
        steps: [{task: Docker@2, inputs: {command: build, Dockerfile: d, buildContext: ., arguments: --pull}}, {pwsh: docker build .}]
    """,
    "cloudbuild.yaml": """
        substitutions: {_A: b}
        steps: [{name: gcr.io/cloud-builders/docker, dir: d, args: [build, ., -t, $_A]}, {name: docker, entrypoint: bash, args: [-c, docker build .]}]
    """,
    ".circleci/config.yml": """
        executors: {e: {resource_class: arm.medium}}
        commands: {c: {parameters: {p: {default: linux/arm64}}, steps: [{run: docker build --platform << parameters.p >> .}]}}
        jobs: {j: {executor: {name: e}, parameters: {q: {default: a}}, resource_class: arm.large, steps: [{c: {p: << parameters.q >>}}]}}
        workflows: {w: {jobs: [j: {name: k, q: b, matrix: {parameters: {q: [a, b]}}}]}}
    """,
    ".drone.yml": """
        kind: pipeline
        platform: {os: linux, arch: arm64}
        steps: [{name: a, image: plugins/docker, settings: {dockerfile: d}}]
    """,
    ".cirrus.yml": """
        a_task: {arm_container: {image: a}, build_script: docker build .}
        b_task: {ec2_instance: {architecture: arm64}, persistent_worker: {labels: {arch: arm64}}, build_script: docker build b}
    """,
    ".buildkite/pipeline.yml": """
        steps: [{label: a, key: b, agents: {queue: arm64}, command: docker build .}]
    """,
    ".woodpecker.yml": """
        labels: {platform: linux/arm64}
        matrix: {platform: [a, b], include: [{platform: a}]}
        steps:
          - {name: a, image: woodpeckerci/plugin-docker-buildx, settings: {context: ., dockerfile: d, platforms: [a], build_args: [A=1], target: t}}
    """,
    ".goreleaser.yaml": """
        dockers_v2: [{id: a, dockerfile: d, platforms: [linux/amd64]}]
        dockers: [{id: a, dockerfile: d, goos: linux, goarch: arm, goarm: 7, build_flag_templates: ["--platform=linux/arm64"], skip_push: true}]
    """,
}


def changed(value: object) -> Iterator[object]:
    """Yield a document with one of its values replaced, for each value and each other type."""
    if isinstance(value, dict):
        yield from (with_item(value, key, other) for key, it in value.items() for other in (*OTHERS, *changed(it)))
    elif isinstance(value, list):
        yield from (with_item(value, idx, other) for idx, it in enumerate(value) for other in (*OTHERS, *changed(it)))


def with_item(container: Any, key: object, item: object) -> object:  # noqa: ANN401 - a mapping or a list
    """A copy of the same type, since the readers tell mappings of YAML from others."""
    copied = copy.copy(container)
    copied[key] = item
    return copied


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_no_type_of_a_value_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    document = load_yaml(FILES[name])
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / name).write_text(TEXT)
    current: list[object] = []
    for module in ("ci.repository", "ci.scripts", "ci.travis", "ci.yaml_pipelines", "compose", "ci.machines"):
        target = f"buildxray.projects.{module}.load_documents"
        monkeypatch.setattr(target, lambda text, **_options: iter([copy.deepcopy(current[-1])] if text == TEXT else ()))
    monkeypatch.setattr("buildxray.projects.ci.yaml_pipelines.load_yaml", lambda _text: copy.deepcopy(current[-1]))
    current.append(document)
    assert read_project(tmp_path, local_platform="linux/amd64").builds
    for changed_document in changed(document):
        current.append(changed_document)
        read_project(tmp_path, local_platform="linux/amd64")
