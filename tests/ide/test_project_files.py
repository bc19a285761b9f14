"""Editor features in Bake files, Compose files and workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.project_files import is_project_file, look_at
from buildxray.ide.settings import Settings
from tests.support.cases import every_case
from tests.support.markup import annotate, files
from tests.support.project_files import WORKFLOW, looked_at


@every_case(
    "name, markup",
    [
        (
            "docker-bake.hcl",
            """
            #- docker-bake.hcl
            group "default" { targets = ["app", "typo"] }
            target "app" {
              platforms = ["linux/amd64", "linux/arm65"]
                                           ^^^^^^^^^^^ unknown-platform warning
              target = "relase"
                        ^^^^^^ missing-stage error
            }
            target "typo" {
              dockerfile = "Dockerfil"
                            ^^^^^^^^^ missing-dockerfile warning
            }
            """,
        ),
        (
            "docker-bake.hcl",
            """
            #- docker-bake.hcl
            target "default" {
              dockerfile = "app.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
              contexts = { base = "target:base" }
                                   ^^^^^^^^^^^ foreign-context error
            }
            target "older" {
              dockerfile = "app.Dockerfile"
              platforms = ["linux/arm64", "linux/arm/v7"]
              contexts = { base = "target:base" }
                                   ^^^^^^^^^^^ foreign-context error
            }
            target "native" {
              dockerfile = "app.Dockerfile"
              platforms = ["linux/arm64"]
              contexts = { base = "target:base" }
            }
            target "both" {
              dockerfile = "app.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
              contexts = { base = "target:all" }
            }
            target "files" {
              dockerfile = "app.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
              contexts = { base = "target:data" }
            }
            target "copied" {
              dockerfile = "copying.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
              contexts = { base = "target:base" }
            }
            target "replaced" {
              dockerfile = "replaced.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
              contexts = { base = "target:base" }
                                   ^^^^^^^^^^^ foreign-context error
            }
            target "local" {
              dockerfile = "app.Dockerfile"
              contexts = { base = "target:base" }
            }
            target "base" {
              dockerfile = "base.Dockerfile"
              platforms = ["linux/arm64"]
            }
            target "all" {
              dockerfile = "base.Dockerfile"
              platforms = ["linux/amd64", "linux/arm64"]
            }
            target "data" {
              dockerfile = "data.Dockerfile"
              platforms = ["linux/arm64"]
            }
            #- base.Dockerfile
            FROM alpine
            RUN apk add curl
            #- data.Dockerfile
            FROM scratch
            COPY . /
            #- app.Dockerfile
            FROM base
            COPY app /
            #- copying.Dockerfile
            FROM alpine
            COPY --from=base /etc/app.conf /etc/
            #- replaced.Dockerfile
            FROM alpine AS base
            FROM base
            COPY app /
            """,
        ),
        (
            "docker-bake.hcl",
            """
            #- docker-bake.hcl
            variable "STAGE" { default = "relase" }
            target "base" {
              target = STAGE
                       ^^^^^ missing-stage warning
            }
            #- Dockerfile
            FROM alpine AS release
            """,
        ),
        (
            "docker-bake.hcl",
            """
            #- docker-bake.hcl
            target "base" {
              target = "relase"
                        ^^^^^^ missing-stage error
            }
            target "app" {
              inherits = ["base"]
              platforms = ["local", "linux/arm/v7"]
            }
            target "together" {
              platforms = ["linux/amd64, linux/arm64,linux/arm65"]
                                                     ^^^^^^^^^^^ unknown-platform warning
            }
            target "_hidden" { dockerfile = "nothing" }
            target "set-by-others" { dockerfile = "nothing" }
            target "other" {
              inherits = ["set-by-others"]
              dockerfile = "Dockerfile"
            }
            target "remote" { context = "https://github.com/acme/app.git" }
            target "inline" { dockerfile-inline = "FROM alpine" }
            target "by-number" { target = "0" }
            target "in-capitals" { target = "RELEASE" }
            target "unknown" { target = split(",", timestamp())[0] }
            """,
        ),
        (
            "docker-bake.hcl",
            """
            #- docker-bake.hcl
            target "app" {
              platforms = nothing
              ^^^^^^^^^^^^^^^^^^^ unread-build information
            }
            """,
        ),
        (
            "docker-bake.json",
            """
            #- docker-bake.json
            {"target": {"app": {"platforms": ["linux/amd46"], "target": "builds"}}}
                                               ^^^^^^^^^^^ unknown-platform warning
                                                                         ^^^^^^ missing-stage error
            """,
        ),
        # Read after `compose.yaml`, it is another Dockerfile.
        (
            "compose.prod.yaml",
            """
            #- compose.prod.yaml
            services:
              app:
                build: {context: ., target: dev}
              web:
                build: {context: ., target: dev}
                                            ^^^ missing-stage error
            #- compose.yaml
            services:
              app:
                build: {context: ., dockerfile: app.Dockerfile}
              web:
                build: .
            #- app.Dockerfile
            FROM alpine AS dev
            #- Dockerfile
            FROM alpine AS release
            """,
        ),
        (
            "compose.yaml",
            """
            #- compose.yaml
            services:
              app:
                build:
                  context: .
                  dockerfile: nothing/Dockerfile
                              ^^^^^^^^^^^^^^^^^^ missing-dockerfile warning
              web:
                build: ./web
                       ^^^^^ missing-dockerfile warning
              dev:
                build: {context: ., target: "rel", platforms: [linux/amd64, linux/risc]}
                                             ^^^ missing-stage error
                                                                            ^^^^^^^^^^ unknown-platform warning
              db:
                image: postgres
            """,
        ),
        (
            ".github/workflows/ci.yml",
            """
            #- .github/workflows/ci.yml
            on: push
            jobs:
              image:
                runs-on: ubuntu-latest
                         ^^^^^^^^^^^^^ emulating-runner information
                steps:
                  - uses: actions/checkout@v4
                  - uses: docker/setup-buildx-action@v3
                  - uses: docker/build-push-action@v6
                    with:
                      context: .
                      platforms: linux/amd64,linux/arm64
              native:
                runs-on: ubuntu-24.04-arm
                steps:
                  - run: docker buildx build --platform linux/arm64 --target releas .
                                                                             ^^^^^^ missing-stage error
                  - run: docker build -f x.Dockerfile .
                                         ^^^^^^^^^^^^ missing-dockerfile warning
              test:
                runs-on: ubuntu-latest
                steps:
                  - run: make test
            """,
        ),
    ],
)
def test_findings_in_project_files_are_at_the_wrong_word(tmp_path: Path, name: str, markup: str) -> None:
    expected = files(markup)[name]
    file = looked_at(tmp_path, markup, name)
    found = [(it.range, f"{it.rule} {it.severity.value}") for it in file.diagnostics]
    assert annotate(file.text, found) == expected


def test_a_misspelled_name_has_a_suggestion(tmp_path: Path) -> None:
    file = looked_at(tmp_path, '#- docker-bake.hcl\ntarget "app" {\n  target = "relase"\n}\n', "docker-bake.hcl")
    assert [it.message for it in file.diagnostics] == [
        "Dockerfile has no stage `relase`, so that the build fails; did you mean `release`?"
    ]


def test_lenses_show_the_cost_of_each_declared_build(tmp_path: Path) -> None:
    file = looked_at(
        tmp_path,
        """
        #- docker-bake.hcl
        target "app" { platforms = ["linux/amd64", "linux/arm64"] }
        target "dev" {
          name = "dev-${arch}"
          matrix = { arch = ["amd64", "arm64"] }
          platforms = ["linux/${arch}"]
        }
        """,
        "docker-bake.hcl",
    )
    assert [(file.text[slice(*it.range)], it.title) for it in file.lenses] == [
        ("app", "linux/amd64, linux/arm64 · 11 steps · 1 emulated"),
        ("dev", "2 builds · 12 steps · 1 emulated"),
    ]
    assert next((it.dockerfile.name, it.line, it.build) for it in file.lenses) == (
        "Dockerfile",
        3,
        "docker-bake.hcl:app",
    )


def test_names_in_project_files_link_to_dockerfiles_and_stages(tmp_path: Path) -> None:
    file = looked_at(
        tmp_path,
        '#- docker-bake.hcl\ntarget "app" {\n  target = "build"\n  platforms = ["linux/amd64"]\n}\n',
        "docker-bake.hcl",
    )
    dockerfile = (tmp_path / "Dockerfile").read_text()
    assert [(file.text[slice(*it.range)], dockerfile[slice(*it.stage)]) for it in file.links] == [
        ("app", "build"),
        ("build", "build"),
    ]


@every_case(
    "path, expected",
    [
        ("docker-bake.hcl", True),
        ("docker/app.docker-bake.json", True),
        ("bake.hcl", True),
        ("compose.yaml", True),
        ("docker-compose.prod.yml", True),
        (".github/workflows/ci.yaml", True),
        ("main.tf.json", False),
        ("handbake.hcl", False),
        ("nomad.hcl", False),
        ("values.yaml", False),
        ("k8s/workflows/ci.yml", False),
        ("composer.json", False),
    ],
)
def test_project_files_are_recognised_by_name(path: str, expected: bool) -> None:
    assert is_project_file(Path("/repo") / path) is expected


@pytest.mark.parametrize(("file", "codes"), [("", []), ("README.md", ["missing-dockerfile"])])
def test_a_submodule_that_is_not_checked_out(tmp_path: Path, file: str, codes: list[str]) -> None:
    submodule = tmp_path / "sub"
    submodule.mkdir()
    if file:
        (submodule / file).touch()
    bake = tmp_path / "docker-bake.hcl"
    bake.write_text('target "default" { dockerfile = "sub/.ci/Dockerfile" }\n')
    problems = look_at(bake, bake.read_text(), Projects(), Settings()).diagnostics
    assert [it.rule for it in problems] == codes


@every_case(
    "ignored, path, is_missing",
    [
        ("/made\n", "made/docker/Dockerfile", False),
        ("made/\n", "made/docker/Dockerfile", False),
        ("*.gen\n", "Dockerfile.gen", False),
        ("/made\n!/made/docker\n", "made/docker/Dockerfile", False),
        ("*.gen\n!Dockerfile.gen\n", "Dockerfile.gen", True),
        ("/other\n", "made/docker/Dockerfile", True),
        ("docker/made\n", "made/docker/Dockerfile", True),
    ],
)
def test_a_dockerfile_that_git_ignores_is_made_elsewhere(
    tmp_path: Path, ignored: str, path: str, is_missing: bool
) -> None:
    compose = f"#- .git/HEAD\nref\n#- .gitignore\n{ignored}#- compose.yaml\nservices: {{a: {{build: {{context: ., dockerfile: {path}}}}}}}\n"
    file = looked_at(tmp_path, compose, "compose.yaml")
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing


@pytest.mark.parametrize(
    ("modules", "is_checked_out", "codes"),
    [
        ('[submodule "sub"]\n\tpath = sub\n', False, []),
        ('[submodule "sub"]\n\tpath = sub\n', True, ["missing-dockerfile"]),
        ('[submodule "sub"]\n\tpath = other\n', False, ["missing-dockerfile"]),
    ],
)
def test_a_submodule_without_its_directory(
    tmp_path: Path, modules: str, is_checked_out: bool, codes: list[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitmodules").write_text(modules)
    if is_checked_out:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / ".git").write_text("gitdir: ../.git/modules/sub")
    bake = tmp_path / "docker-bake.hcl"
    bake.write_text('target "default" { dockerfile = "sub/.ci/Dockerfile" }\n')
    problems = look_at(bake, bake.read_text(), Projects(), Settings()).diagnostics
    assert [it.rule for it in problems] == codes


@every_case(
    "step, path, is_missing",
    [
        ("make", "x.Dockerfile", True),
        ("sed 's/a/b/' Dockerfile > x.Dockerfile", "x.Dockerfile", False),
        ("cp Dockerfile ./x.Dockerfile", "x.Dockerfile", False),
        ("git mv Dockerfile x.Dockerfile", "x.Dockerfile", False),
        ("curl --output=x.Dockerfile https://example.com/x", "x.Dockerfile", False),
        ('echo > "$RUNNER_TEMP/x.Dockerfile"', "x.Dockerfile", False),
        ("curl https://example.com/y > log; echo x.Dockerfile", "x.Dockerfile", True),
        ("make", "made/here/Dockerfile", False),
        ("bash ./elsewhere/generate.sh", "x.Dockerfile", False),
    ],
)
def test_a_job_may_make_the_dockerfile(tmp_path: Path, step: str, path: str, is_missing: bool) -> None:
    steps = f"          - run: {step}\n          - run: docker build -f {path} .\n"
    file = looked_at(tmp_path, WORKFLOW + steps, ".github/workflows/ci.yml")
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing


@pytest.mark.parametrize(
    ("script", "is_missing"),
    [("sed s/a/b/ base > x.Dockerfile", False), ('out="$NAME.Dockerfile"; : > "$out"', False), ("make all", True)],
)
def test_a_script_of_the_repository_may_make_the_dockerfile(tmp_path: Path, script: str, is_missing: bool) -> None:
    steps = "          - run: bash ./ci/generate.sh\n          - run: docker build -f x.Dockerfile .\n"
    text = f"{WORKFLOW}{steps}    #- ci/generate.sh\n    {script}\n    #- Makefile\n    all:\n"
    file = looked_at(tmp_path, text, ".github/workflows/ci.yml")
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing
    assert all("Makefile" not in str(it.message) for it in file.diagnostics)


@pytest.mark.parametrize(
    ("build", "is_missing"),
    [("context: $PWD", False), ("dockerfile: ${FILE:-x.Dockerfile}", False), ("dockerfile: x.Dockerfile", True)],
)
def test_a_path_with_an_unknown_variable_is_not_reported(tmp_path: Path, build: str, is_missing: bool) -> None:
    compose = f"""
        #- sub/compose.yaml
        services:
          app:
            build:
              {build}
        #- sub/README.md
        text
    """
    file = looked_at(tmp_path, compose, "sub/compose.yaml")
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing


@pytest.mark.parametrize(("context", "is_missing"), [("../../other", False), ("../other", True)])
def test_another_repository_may_be_elsewhere_where_the_build_runs(
    tmp_path: Path, context: str, is_missing: bool
) -> None:
    compose = f"#- one/.git/HEAD\nref\n#- one/sub/compose.yaml\nservices: {{app: {{build: {context}}}}}\n"
    file = looked_at(tmp_path, compose + "#- one/README.md\ntext\n", "one/sub/compose.yaml")
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing


@pytest.mark.parametrize(("directory", "is_missing"), [("", True), ("demos/", False)])
def test_a_workflow_below_the_root_is_never_run(tmp_path: Path, directory: str, is_missing: bool) -> None:
    place = f"{directory}.github/workflows/a.yml"
    workflow = f"#- .git/HEAD\nref\n#- {place}\non: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: docker build -f x.Dockerfile .}}]}}}}\n"
    file = looked_at(tmp_path, workflow + "#- README.md\ntext\n#- demos/README.md\ntext\n", place)
    assert [it.rule for it in file.diagnostics] == ["missing-dockerfile"] * is_missing


def test_a_lower_case_dockerfile_is_not_missing(tmp_path: Path) -> None:
    compose = "#- sub/compose.yaml\nservices: {app: {build: .}}\n#- sub/dockerfile\nFROM alpine\n"
    assert looked_at(tmp_path, compose, "sub/compose.yaml").diagnostics == ()


@every_case(
    "name, text",
    [
        ("docker-bake.hcl", 'target "default" { context = "d" }\n'),
        ("compose.yaml", "services:\n  a:\n    build: d\n"),
        ("compose.yaml", "services:\n  a:\n    build: ${PWD}/elsewhere\n"),
        (".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    steps:\n      - run: docker build d\n"),
        (
            ".github/workflows/ci.yml",
            (
                "on: push\njobs:\n  a:\n    strategy: ${{ fromJSON(needs.b.outputs.strategy) }}\n    steps:\n"
                "      - uses: docker/build-push-action@v6\n"
                "        with: {file: './${{ matrix.entries[0].directory }}/Dockerfile'}\n"
            ),
        ),
    ],
)
def test_existing_dockerfiles_and_unknown_paths_are_not_reported(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "dockerfile").write_text("FROM alpine\n")
    assert look_at(path, text, Projects(), Settings(), has_limits=False).diagnostics == ()


def test_a_bake_file_that_is_run_from_the_root(tmp_path: Path) -> None:
    bake = r"""
        #- docker/docker-bake.hcl
        target "default" {
          context = "app"
          dockerfile = "../docker/Dockerfile.app"
        }
        target "other" {
          dockerfile = "docker/Dockerfile.other"
        }
        #- docker/Dockerfile.app
        FROM alpine
        #- docker/bake.sh
        cd docker && docker buildx bake -f docker-bake.hcl
        #- Makefile
        bake:
        \tdocker buildx bake -f docker/docker-bake.hcl
    """
    file = looked_at(tmp_path, bake, "docker/docker-bake.hcl")
    assert [file.text[slice(*it.range)] for it in file.diagnostics] == ["docker/Dockerfile.other"]


@pytest.mark.parametrize(("target", "is_meant"), [("release", True), ("gateway", False), ("'${STAGE}'", True)])
def test_a_dockerfile_without_the_stage_is_not_meant(tmp_path: Path, target: str, *, is_meant: bool) -> None:
    compose = f"""
    #- compose.yaml
    services:
      a:
        build: {{context: ., dockerfile: Dockerfil, target: {target}}}
    """
    file = looked_at(tmp_path, compose, "compose.yaml")
    (finding,) = (it for it in file.diagnostics if it.rule == "missing-dockerfile")
    assert bool(finding.fixes) is is_meant
