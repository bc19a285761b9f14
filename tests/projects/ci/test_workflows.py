"""The builds of jobs, one line per build: its platforms and the machines that build them."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.ci.expressions import Context, Partly
from buildxray.projects.ci.matrices import matrix_combinations
from buildxray.projects.reader import read_automation, read_project
from buildxray.projects.yaml import load_documents
from tests.support.cases import every_case
from tests.support.markup import files


def described(root: Path, markup: str, *, is_whole: bool = False) -> list[str]:
    """`job: Dockerfile platforms @machines stage arguments ?unknown !` of each build; `!` means that it is pushed.

    Without `is_whole` only the builds of workflows, scripts and Makefiles are read.
    """
    for name, text in files(markup).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    lines = []
    if is_whole:
        (root / ".git").mkdir()
    read = read_project if is_whole else read_automation
    for it in read(root, local_platform="linux/amd64").builds:
        machines = ",".join(f"{target.architecture}={node.architecture}" for target, node in it.nodes)
        arguments = ",".join(f"{name}={value}" for name, value in it.arguments)
        parts = [
            it.dockerfile.relative_to(root).as_posix(),
            ",".join(it.platform_names),
            f"@{machines}",
            it.target,
            arguments,
        ]
        parts += [f"?{name}" for name in sorted(it.unknown)] + (["!"] if it.pushes else [])
        lines.append(f"{it.name}: {' '.join(filter(None, parts))}")
    return lines


@every_case(
    "value, is_built",
    [("true", True), ("${{ true }}", True), ("${{ 1 == 1 }}", True), ("${{ inputs.x }}", True), ("false", False), ("${{ 1 == 2 }}", False)],
)  # fmt: skip
def test_the_environment_has_texts(tmp_path: Path, value: str, is_built: bool) -> None:
    text = f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          image:
            runs-on: ubuntu-24.04
            env: {{ON: "{value}"}}
            steps:
              - if: env.ON == 'true'
                uses: docker/build-push-action@v6
        """
    assert bool(described(tmp_path, text)) == is_built


_BY_EVENT = """
    #- .github/workflows/a.yml
    on:
      {events}
      workflow_dispatch:
        inputs:
          platforms: {{default: "linux/amd64,linux/arm64,linux/arm/v7"}}
          file: {{}}
    jobs:
      image:
        runs-on: ubuntu-latest
        steps:
          - if: {condition}
            uses: docker/build-push-action@v6
            with: {{platforms: "{platforms}"}}
"""
_BY_HAND = "image: Dockerfile linux/amd64,linux/arm64,linux/arm/v7 @amd64=amd64,arm64=amd64,arm=amd64"
_BY_PUSH = "image: Dockerfile linux/amd64 @amd64=amd64"


@every_case(
    "events, condition, platforms, expected",
    [
        # Inputs are empty unless a person starts the workflow.
        ("push:", "true", "${{ inputs.platforms || 'linux/amd64' }}", [_BY_HAND, _BY_PUSH]),
        ("push:", "true", "${{ github.event.inputs.platforms || 'linux/amd64' }}", [_BY_HAND, _BY_PUSH]),
        ("pull_request:\n      push:", "true", "${{ inputs.platforms || 'linux/amd64' }}", [_BY_HAND, _BY_PUSH]),
        ("push:", "github.event_name == 'push'", "${{ inputs.platforms || 'linux/amd64' }}", [_BY_PUSH]),
        ("push:", "github.event_name != 'push'", "${{ inputs.platforms || 'linux/amd64' }}", [_BY_HAND]),
        ("push:", "inputs.platforms", "${{ inputs.platforms }}", [_BY_HAND]),
        ("push:", "true", "${{ github.event_name == 'workflow_dispatch' && inputs.platforms || 'linux/amd64' }}", [_BY_HAND, _BY_PUSH]),
        # A person may choose another value than the default.
        ("push:", "inputs.file == 'a'", "${{ inputs.platforms }}", [_BY_HAND]),
        ("push:", "contains(github.event.inputs.platforms, 's390x')", "${{ inputs.platforms }}", [_BY_HAND]),
        # An event that no file tells is any of them.
        ("push:", "github.event_name == vars.EVENT", "${{ inputs.platforms || 'linux/amd64' }}", [_BY_HAND, _BY_PUSH]),
        # Another workflow gives inputs too.
        ("workflow_call: {inputs: {platforms: {}}}", "github.event_name == 'push'", "linux/amd64", [_BY_PUSH]),
    ],
)  # fmt: skip
def test_each_event_has_its_own_inputs(
    tmp_path: Path, events: str, condition: str, platforms: str, expected: list[str]
) -> None:
    given = _BY_EVENT.format(events=events, condition=condition, platforms=platforms)
    assert described(tmp_path, given) == expected


@every_case(
    "markup, expected",
    [
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              image:
                runs-on: ubuntu-latest
                strategy:
                  matrix:
                    platform: [linux/amd64, linux/arm64, linux/386]
                    exclude: [{platform: linux/386}]
                    include: [{platform: linux/arm64, stage: slim}]
                steps:
                  - uses: docker/build-push-action@v6
                    with:
                      platforms: ${{ matrix.platform }}
                      target: ${{ matrix.stage }}
                      push: true
            """,
            [
                "image: Dockerfile linux/amd64 @amd64=amd64 !",
                "image: Dockerfile linux/arm64 @arm64=amd64 slim !",
            ],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              image:
                runs-on: ubuntu-latest
                steps:
                  - uses: docker/build-push-action@v6
                    with:
                      context: .
                      platforms: ${{ github.event_name != 'pull_request' && 'linux/amd64,linux/arm64' || 'linux/amd64' }}
                      push: ${{ github.event_name != 'pull_request' }}
                      build-args: |
                        A=1
                        SHA=${{ github.sha }}
            """,
            [
                "image: Dockerfile linux/amd64,linux/arm64 @amd64=amd64,arm64=amd64 A=1 ?args !",
                "image: Dockerfile linux/amd64 @amd64=amd64 A=1 ?args",
            ],
        ),
        (
            """
            #- .github/workflows/caller.yml
            on: push
            jobs:
              web:
                uses: ./.github/workflows/build.yml
                with: {file: web.Dockerfile, platforms: "linux/amd64,linux/arm64"}
            #- .github/workflows/build.yml
            on:
              workflow_call:
                inputs:
                  file: {type: string}
                  platforms: {type: string}
                  stage: {type: string, default: release}
            jobs:
              build:
                runs-on: ubuntu-24.04-arm
                steps:
                  - uses: ./.github/actions/image
                    with: {file: "${{ inputs.file }}", platforms: "${{ inputs.platforms }}", stage: "${{ inputs.stage }}"}
            #- .github/actions/image/action.yml
            inputs: {file: {}, platforms: {}, stage: {}}
            runs:
              using: composite
              steps:
                - uses: docker/build-push-action@v6
                  with: {file: "${{ inputs.file }}", platforms: "${{ inputs.platforms }}", target: "${{ inputs.stage }}"}
            """,
            ["build: web.Dockerfile linux/amd64,linux/arm64 @amd64=arm64,arm64=arm64 release"],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              image:
                uses: docker/github-builder/.github/workflows/build.yml@v1
                with:
                  output: image
                  platforms: |
                    linux/amd64
                    linux/arm64
                  target: app
                  push: true
              one-machine:
                uses: docker/github-builder/.github/workflows/build.yml@v1
                with: {output: image, platforms: "linux/amd64,linux/arm64", file: one.Dockerfile, distribute: false, runner: ubuntu-24.04}
              other:
                uses: acme/builder/.github/workflows/build.yml@v1
                with: {platforms: linux/arm64}
              bake:
                uses: docker/github-builder/.github/workflows/bake.yml@v1
                with: {output: image, target: app}
            #- docker-bake.hcl
            target "app" {
              dockerfile = "bake.Dockerfile"
              platforms = ["linux/arm64"]
            }
            """,
            [
                "image: Dockerfile linux/amd64,linux/arm64 @amd64=amd64,arm64=arm64 app !",
                "one-machine: one.Dockerfile linux/amd64,linux/arm64 @amd64=amd64,arm64=amd64",
                "app: bake.Dockerfile linux/arm64 @arm64=arm64",
            ],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              other:
                runs-on: ubuntu-latest
                steps:
                  - uses: actions/checkout@v4
                    with: {repository: acme/other, path: other}
                  - uses: docker/build-push-action@v6
                    with: {context: other, platforms: linux/arm64}
            """,
            [],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            env: {FILES: docker/app.hcl}
            jobs:
              bake:
                runs-on: [self-hosted, linux, ARM64]
                env: {TAG: "7"}
                steps:
                  - uses: docker/bake-action@v6
                    with:
                      files: |
                        ./${{ env.FILES }}
                        cwd://${{ steps.meta.outputs.bake-file }}
                      targets: app
                      set: |
                        *.platform=linux/arm64
                        app.args.CI=1
            #- docker/app.hcl
            variable "TAG" { default = "0" }
            target "app" {
              platforms = ["linux/amd64"]
              args = { TAG = TAG }
            }
            target "other" {}
            """,
            ["app: Dockerfile linux/arm64 @arm64=arm64 CI=1,TAG=7"],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              image:
                runs-on: ubuntu-latest
                strategy: {matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
                steps:
                  - uses: docker/build-push-action@v6
                    with: {context: ., platforms: "${{ matrix.platform }}"}
            """,
            ["image: Dockerfile @ ?platforms"],
        ),
        (
            """
            #- .github/workflows/a.yml
            on: push
            jobs:
              image:
                runs-on: ${{ fromJSON('["ubuntu-24.04"]')[0] }}
                steps:
                  - run: |
                      P=linux/amd64,linux/s390x
                      ./scripts/build.sh
                      docker buildx build --platform "$P" --build-arg V=${V:-1} -f a.Dockerfile --push .
            #- scripts/build.sh
            docker build --platform linux/ppc64le -t x - < Dockerfile
            docker build --platform linux/riscv64 sub
            """,
            [
                "image: sub/Dockerfile linux/riscv64 @riscv64=amd64",
                "image: a.Dockerfile linux/amd64,linux/s390x @amd64=amd64,s390x=amd64 V=1 !",
                "build.sh: sub/Dockerfile linux/riscv64 @",
            ],
        ),
        (
            """
            #- Makefile
            PLATFORMS ?= linux/amd64,linux/arm64
            OTHER := $(PLATFORMS),linux/s390x
            image: ## builds
            \tdocker buildx build --platform $(OTHER) \\
            \t  --build-arg V=$(VERSION) -f docker/app.Dockerfile .
            #- .gitlab-ci.yml
            variables: {P: linux/arm64}
            build:
              script:
                - docker buildx build --platform $P -t x web
            #- .goreleaser.yaml
            dockers_v2:
              - dockerfile: rel.Dockerfile
                platforms: [linux/amd64, linux/arm64]
            #- .woodpecker.yml
            steps:
              - name: publish
                image: woodpeckerci/plugin-docker-buildx
                settings: {dockerfile: wp.Dockerfile, platforms: "linux/amd64,linux/arm/v7"}
            #- Jenkinsfile
            sh 'docker buildx build --platform linux/amd64,linux/arm64 -f j.Dockerfile .'
            """,
            [
                ".goreleaser.yaml: rel.Dockerfile linux/amd64,linux/arm64 @ ?context !",
                "publish: wp.Dockerfile linux/amd64,linux/arm/v7 @ !",
                "build: web/Dockerfile linux/arm64 @",
                "Jenkinsfile: j.Dockerfile linux/amd64,linux/arm64 @",
                "image: docker/app.Dockerfile linux/amd64,linux/arm64,linux/s390x @ ?args",
            ],
        ),
    ],
)
def test_jobs_have_the_expected_builds(tmp_path: Path, markup: str, expected: list[str]) -> None:
    assert sorted(described(tmp_path, markup)) == sorted(expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "n_notes"),
    [
        ("run: docker build .", 1),
        ("uses: docker/build-push-action@v6", 1),
        ("uses: ./.github/actions/image", 1),
        ("run: cargo build", 0),
        ("run: docker compose up --no-build", 0),
        ("uses: ./.github/actions/tool", 0),
    ],
)
def test_a_matrix_over_the_limit_is_noted_where_it_builds(tmp_path: Path, step: str, n_notes: int) -> None:
    numbers = ", ".join(map(str, range(200)))
    markup = f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          test:
            strategy: {{matrix: {{a: [{numbers}]}}}}
            runs-on: ubuntu-latest
            steps: [{{run: make a}}, {{run: make b}}, {{run: make c}}, {{run: make d}}, {{run: make e}}]
          other:
            runs-on: ubuntu-latest
            steps:
              - {step}
        #- .github/actions/image/action.yml
        runs:
          steps: [{{run: docker build .}}]
        #- .github/actions/tool/action.yml
        runs:
          steps: [{{run: make tool}}]
    """
    described(tmp_path, markup)
    notes = read_automation(tmp_path, local_platform="linux/amd64").notes
    assert len(notes) == n_notes


def _of_matrix(tmp_path: Path, axes: str, steps: str) -> tuple[list[str], int]:
    markup = f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          image:
            strategy: {{matrix: {{{axes}, platform: [linux/amd64, linux/arm64]}}}}
            runs-on: ubuntu-latest
            steps:
              - {{run: ./prepare.sh}}
              - {steps}
    """
    described(tmp_path, markup)
    reading = read_automation(tmp_path, local_platform="linux/amd64")
    return [f"{it.dockerfile.name} {it.target} {','.join(it.platform_names)}" for it in reading.builds], len(
        reading.notes
    )


@pytest.mark.slow
def test_values_of_a_large_matrix_that_are_only_arguments_are_read_a_few_times(tmp_path: Path) -> None:
    axes = f"lang: [{', '.join(f'l{it}' for it in range(20))}], size: [s, m, l, x, xl, xxl]"
    with_ = 'platforms: "${{ matrix.platform }}", build-args: "L=${{ matrix.lang }}\\nS=${{ matrix.size }}"'
    builds, n_notes = _of_matrix(tmp_path, axes, f"{{uses: docker/build-push-action@v6, with: {{{with_}}}}}")
    assert n_notes == 0
    assert {*builds} == {"Dockerfile  linux/amd64,linux/arm64"}
    assert len(builds) < 40


@pytest.mark.slow
@every_case(
    "value, n_different",
    [
        # Each value is another file or another stage.
        ('file: "${{ matrix.n }}.Dockerfile"', 60),
        ('target: "${{ matrix.n }}"', 60),
        # One value may be compared with another one.
        ("target: \"${{ matrix.n == 'n59' && 'last' || 'first' }}\"", 2),
        ("target: \"${{ matrix['n'] == 'n59' && 'last' || 'first' }}\"", 2),
    ],
)
def test_values_of_a_large_matrix_that_decide_what_is_built_are_all_read(
    tmp_path_factory: pytest.TempPathFactory, value: str, n_different: int
) -> None:
    axes = f"n: [{', '.join(f'n{it}' for it in range(60))}]"
    step = f'{{uses: docker/build-push-action@v6, with: {{platforms: "${{{{ matrix.platform }}}}", {value}}}}}'
    builds, n_notes = _of_matrix(tmp_path_factory.mktemp("matrix"), axes, step)
    assert (len({*builds}), n_notes) == (n_different, 0)


@pytest.mark.slow
def test_a_value_of_a_large_matrix_after_many_that_build_nothing_is_read(tmp_path: Path) -> None:
    axes = f"n: [{', '.join(f'n{it}' for it in range(59))}, docker-build]"
    step = '{if: "matrix.n == \'docker-build\'", uses: docker/build-push-action@v6, with: {platforms: "${{ matrix.platform }}"}}'
    assert _of_matrix(tmp_path, axes, step)[0] == ["Dockerfile  linux/amd64,linux/arm64"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_values", "axes", "step", "n_notes"),
    [
        (128, "", "run: docker build .", 0),
        (129, "", "run: docker build .", 1),
        (129, "", "run: make test", 0),
        # What is left out does not count.
        (129, ", exclude: [{n: 128, m: b}, {n: 128, m: a}]", "run: docker build .", 0),
    ],
)
def test_a_matrix_that_github_refuses_is_noted(
    tmp_path: Path, n_values: int, axes: str, step: str, n_notes: int
) -> None:
    markup = f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          image:
            strategy: {{matrix: {{n: [{", ".join(map(str, range(n_values)))}], m: [a, b]{axes}}}}}
            runs-on: ubuntu-latest
            steps: [{{{step}}}]
    """
    described(tmp_path, markup)
    notes = read_automation(tmp_path, local_platform="linux/amd64").notes
    assert [it.message for it in notes] == ["GitHub refuses this matrix: it has more than 256 jobs"] * n_notes


@pytest.mark.slow
@every_case(
    "script, n_notes",
    [("docker buildx imagetools create -t a b", 0), ("docker buildx create --use", 0), ("docker buildx bake", 1)],
)
def test_commands_of_buildx_that_build_nothing_are_not_missed(
    tmp_path_factory: pytest.TempPathFactory, script: str, n_notes: int
) -> None:
    numbers = ", ".join(map(str, range(250)))
    markup = f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          merge:
            strategy: {{matrix: {{a: [{numbers}]}}}}
            runs-on: ubuntu-latest
            steps: [{{run: make a}}, {{run: make b}}, {{run: make c}}, {{run: {script}}}]
    """
    root = tmp_path_factory.mktemp("buildx")
    described(root, markup)
    assert len(read_automation(root, local_platform="linux/amd64").notes) == n_notes


@every_case(
    "matrix, expected",
    [
        ("{a: [1, 2], x: '${{ fromJSON(inputs.x) }}'}", [{"a": 1}, {"a": 2}]),
        ("{a: [1, 2], x: '${{ fromJSON(inputs.x) }}', include: [{a: 1, b: 3}]}", [{"a": 1, "b": 3}, {"a": 2}]),
        ("{a: [1, 2], x: '${{ fromJSON(inputs.x) }}', exclude: [{a: 1}, {a: 2, x: 3}]}", [{"a": 2}]),
        ("{a: [1, 2], include: '${{ fromJSON(inputs.x) }}'}", [{"a": 1}, {"a": 2}]),
        # Nothing certain is left.
        ("{a: [1, 2], x: '${{ fromJSON(inputs.x) }}', include: [{a: 1, x: 3, b: 4}]}", [{}]),
        ("{a: [1, 2], exclude: '${{ fromJSON(inputs.x) }}'}", [{}]),
        ("{include: '${{ fromJSON(inputs.x) }}'}", [{}]),
        ("'${{ fromJSON(inputs.x) }}'", [{}]),
    ],
)
def test_the_known_values_of_a_matrix_are_read_where_others_are_unknown(
    matrix: str, expected: list[dict[str, int]]
) -> None:
    job = next(load_documents(f"strategy: {{matrix: {matrix}}}\n"))
    assert [dict(it) for it in matrix_combinations(job, Context({"inputs": Partly()}))] == expected


@every_case(
    "matrix, expected",
    [
        ("{a: [{n: x, v: 1}, {n: x, v: 2}, {n: y, v: 1}], exclude: [{a: {n: x}}]}", [{"n": "y", "v": 1}]),
        ("{a: [{n: x, v: 1}, {n: x, v: 2}], exclude: [{a: {n: x, v: 2}}]}", [{"n": "x", "v": 1}]),
        ("{a: [{n: x, v: 1}], exclude: [{a: {n: x, w: 1}}, {a: x}, {a: {n: {m: x}}}]}", [{"n": "x", "v": 1}]),
        ("{a: [{n: [x, y]}, {n: [z, y]}], exclude: [{a: {n: [x]}}]}", [{"n": ["z", "y"]}]),
        # The comparison is that of expressions.
        ("{a: ['X', 'y'], exclude: [{a: x}]}", ["y"]),
        ("{a: ['11', 12], exclude: [{a: 11}, {a: '12.0'}]}", []),
        ("{a: ['', x], exclude: [{a: null}]}", ["x"]),
        # Only a run knows the value.
        ("{a: [x, y], exclude: [{a: '${{ inputs.x }}'}]}", ["x", "y"]),
    ],
)
def test_an_entry_excludes_all_that_have_its_members(matrix: str, expected: list[object]) -> None:
    job = next(load_documents(f"strategy: {{matrix: {matrix}}}\n"))
    assert [it["a"] for it in matrix_combinations(job, Context({"inputs": Partly()}))] == expected


def test_an_entry_adds_to_all_that_have_its_members() -> None:
    matrix = "{a: [{n: x, v: 1}, {n: y, v: 1}], include: [{a: {n: x}, tag: old}]}"
    job = next(load_documents(f"strategy: {{matrix: {matrix}}}\n"))
    assert [dict(it) for it in matrix_combinations(job, Context({}))] == [
        {"a": {"n": "x", "v": 1}, "tag": "old"},
        {"a": {"n": "y", "v": 1}},
    ]


_BUILD = "{uses: docker/build-push-action@v6, with: {WITH}}"


@every_case(
    "given, is_noted",
    [
        ("context: '{{defaultContext}}:${{ matrix.path }}'", True),
        ("context: '${{ matrix.path }}'", True),
        ("context: ., file: '${{ matrix.path }}/Dockerfile'", True),
        ("context: ., file: '${{ steps.x.outputs.file }}'", True),
        # These are read.
        ("context: '{{defaultContext}}:sub'", False),
        ("context: '{{defaultContext}}:${{ matrix.known }}'", False),
        ("context: ., platforms: '${{ matrix.path }}'", False),
        ("context: '${{ matrix.path }}', file: Dockerfile", False),
        # Another project is built.
        ("context: 'https://github.com/acme/app.git'", False),
    ],
)
def test_a_build_whose_dockerfile_only_a_run_names_is_noted(tmp_path: Path, given: str, is_noted: bool) -> None:
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True, exist_ok=True)
    matrix = "{known: [a, b], path: '${{ fromJSON(needs.x.outputs.m) }}'}"
    job = f"{{runs-on: ubuntu-latest, strategy: {{matrix: {matrix}}}, steps: [{_BUILD.replace('WITH', given)}]}}"
    workflow.write_text(f"on: push\njobs: {{build: {job}}}\n")
    notes = read_automation(tmp_path, local_platform="linux/amd64").notes
    assert [(Path(it.file), it.line, it.is_limit) for it in notes] == [(workflow, 2, True)] * is_noted
