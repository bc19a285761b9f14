"""Repositories whose continuous integration has machines with Arm processors."""

from __future__ import annotations

from pathlib import Path

from buildxray.projects.ci.arm_machines import may_build_on_arm, names_arm_runner
from tests.support.cases import every_case
from tests.support.markup import files

IMAGE = "    steps: [{run: docker push a}]\n"
GIVEN = """
    #- .github/workflows/a.yml
    jobs:
      a:
        strategy:
          matrix:
            include:
              - {runner: ubuntu-24.04-arm, platform: PLATFORM}
        runs-on: ${{ matrix.runner }}
        steps:
          - uses: acme/actions/build@v1
            with:
              component: a
              platform: ${{ matrix.platform }}
"""


@every_case(
    "text, expected",
    [
        ("runs-on: ubuntu-24.04-arm", True),
        ("os: [ubuntu-latest, ubuntu-22.04-arm]", True),
        ("- {machine: buildjet-4vcpu-ubuntu-2204-arm}", True),
        ("- blacksmith-4vcpu-ubuntu-2404-arm", True),
        ("- depot-ubuntu-22.04-arm-4", True),
        ("- warp-ubuntu-latest-arm64-4x", True),
        ('{"name": "ubicloud-standard-8-arm-ubuntu-2404"}', True),
        ("runs-on: [self-hosted, linux, ARM64]", True),
        ("runs-on:\n  - self-hosted\n  - ARM64\n", True),
        ("runs-on: ${{ matrix.arch == 'arm64' && 'big' || 'small' }}", True),
        ("- {arch: a, runner: large-aarch64}", True),
        ('{"runner": "arm-builders", "arch": "x"}', True),
        ("arm_runner: our-arm64", True),
        ("runner_label: c7g.large", True),
        ("# runs-on: ubuntu-24.04-arm", False),
        ("runs-on: ubuntu-24.04", False),
        ("runs-on: ubuntu-latest\nplatforms: linux/arm64", False),
        ("platforms: linux/amd64,linux/arm64", False),
        ("image: arm64v8/ubuntu:22.04", False),
        ("image: acme/ubuntu-22.04-arm64:1", False),
        ("run: curl https://acme.example/ubuntu-22.04-arm64.tar.gz", False),
        ("runs-on: pharma-builder", False),
        ("runner: gitlab\narch: arm64", False),
        ("test-runner-image: x\nplatform: arm64", False),
    ],
)
def test_labels_of_arm_machines(text: str, *, expected: bool) -> None:
    assert names_arm_runner(text) is expected


@every_case(
    "markup, expected",
    [
        (f"#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ubuntu-24.04-arm\n{IMAGE}", True),
        (
            "#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ubuntu-24.04-arm\n    steps: [{run: go test}]\n",
            False,
        ),
        (f"#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ubuntu-24.04\n{IMAGE}", False),
        # An action that is not read gets the platform of an image.
        (GIVEN.replace("PLATFORM", "linux/arm64"), True),
        (GIVEN.replace("PLATFORM", "arm64"), False),
        (GIVEN.replace("PLATFORM", "linux/arm64").replace("          platform:", "          target:"), False),
        (GIVEN.replace("PLATFORM", "linux/arm64").replace("ubuntu-24.04-arm", "ubuntu-24.04"), False),
        # The machine of a job is in a file of data, or in another workflow.
        (
            (
                "#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ${{ matrix.runner.name }}\n    steps: [{run: tool}]\n"
                '#- .github/data/runners.json\n[{"name": "ubuntu-24.04-arm"}]\n'
            ),
            True,
        ),
        (
            (
                "#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: tool}]\n"
                '#- .github/data/runners.json\n[{"name": "ubuntu-24.04-arm"}]\n'
            ),
            False,
        ),
        (
            (
                "#- .github/workflows/a.yml\njobs:\n  a:\n    runs-on: ${{ inputs.runner }}\n    steps: [{run: tool}]\n"
                "#- .github/workflows/b.yml\njobs:\n  a:\n    runs-on: ubuntu-24.04-arm\n    steps: [{run: go test}]\n"
            ),
            True,
        ),
        ("#- .gitlab-ci.yml\na: {tags: [arm64], script: docker push a}\n", True),
        ("#- .gitlab-ci.yml\na: {tags: [arm64], script: go test}\n", False),
        ("#- .gitlab-ci.yml\na: {tags: [docker], script: docker push arm64/a}\n", False),
        ("#- .circleci/config.yml\njobs: {a: {resource_class: arm.large, steps: [{run: docker push a}]}}\n", True),
        ("#- Jenkinsfile\nnode('arm64') { sh 'docker push a' }\n", True),
        ("#- Jenkinsfile\nnode('x86') { sh 'docker push a-arm64' }\n", False),
        (
            "#- .tekton/push.yaml\nspec:\n  params:\n  - name: build-platforms\n    value:\n    - linux/x86_64\n    - linux/arm64\n",
            True,
        ),
        (
            "#- .tekton/push.yaml\nspec:\n  params:\n  - name: build-platforms\n    value:\n    - linux/x86_64\n  - name: a\n    value: b\n",
            False,
        ),
        ("", False),
    ],
)
def test_repositories_that_may_build_images_on_arm(tmp_path: Path, markup: str, *, expected: bool) -> None:
    for name, text in files(markup).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert may_build_on_arm(tmp_path) is expected
