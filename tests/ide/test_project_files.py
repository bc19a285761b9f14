"""Editor features in Bake files, Compose files and workflows."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.project_files import ProjectFile, is_project_file, look_at
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case
from tests.support.markup import annotate, files, fixture

DOCKERFILE = """
    #- Dockerfile
    FROM golang AS build
    COPY . .
    RUN go build -o /app .
    FROM alpine AS release
    COPY --from=build /app /app
"""


def looked_at(root: Path, markup: str, name: str) -> ProjectFile:
    for path, text in {**files(DOCKERFILE), **files(markup)}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(fixture(text).text if path == name else text)
    settings = Settings(build_platform=parse_normalized("linux/amd64"))
    return look_at(root / name, (root / name).read_text(), Projects(), settings)


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


WORKFLOW = """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        runs-on: ubuntu-latest
        steps:
"""


@every_case(
    "platforms, ending",
    [
        ("linux/arm64", "; a runner for linux/arm64 avoids that"),
        ("linux/amd64,linux/arm64", "in the stage of line 1 of Dockerfile"),
        ("linux/arm64,linux/arm/v7", "in the stage of line 1 of Dockerfile"),
    ],
)
def test_the_runner_that_a_job_of_one_platform_needs(tmp_path: Path, platforms: str, ending: str) -> None:
    step = f"          - run: docker buildx build --platform {platforms} .\n"
    (finding,) = looked_at(tmp_path, WORKFLOW + step + DOCKERFILE, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith(ending)


MATRIX = """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      job:
        runs-on: ubuntu-latest
        strategy:
          matrix:
            platform: [linux/amd64, linux/arm64]
        steps:
          - run: docker buildx build --platform ${{ matrix.platform }} .
"""


def test_a_job_of_one_platform_needs_another_runner_and_not_several(tmp_path: Path) -> None:
    (finding,) = looked_at(tmp_path, MATRIX + DOCKERFILE, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith(
        "; use a runner for linux/arm64, or compile on the build platform in the stage of line 1 of Dockerfile"
    )


def test_builds_of_one_job_are_one_finding(tmp_path: Path) -> None:
    build = "          - run: docker buildx build --platform linux/amd64,linux/arm64 {} .\n"
    steps = build.format("-t a") + build.format("--target build") + build.format("-f other.Dockerfile")
    other = DOCKERFILE.replace("Dockerfile", "other.Dockerfile")
    file = looked_at(tmp_path, WORKFLOW + steps + other, ".github/workflows/ci.yml")
    (finding,) = file.diagnostics
    assert finding.message == (
        "both RUN instructions of Dockerfile and other.Dockerfile run under emulation for linux/arm64, several times slower, "
        "because this job runs on linux/amd64; use a separate runner for each platform, or compile on the build platform in the stage of line 1 of Dockerfile"
    )


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
    assert look_at(path, text, Projects(), Settings()).diagnostics == ()


BAKE = 'target "default" {\n  platforms = PLATFORMS\n}\ntarget "one" {\n  platforms = ["linux/amd64"]\n}\n'
BOTH = '["linux/amd64", "linux/arm64"]'
QEMU = "          - uses: docker/setup-qemu-action@v3\n"
BAKE_ACTION = "          - uses: docker/bake-action@v6\n"


@every_case(
    "runner, steps, platforms, is_found",
    [
        ("ubuntu-latest", QEMU + BAKE_ACTION, BOTH, True),
        ("ubuntu-24.04-arm", BAKE_ACTION, BOTH, True),
        ("ubuntu-latest", "          - run: docker buildx bake --push\n", BOTH, True),
        ("ubuntu-latest", BAKE_ACTION + "            with: {set: '*.platform=linux/arm64'}\n", '["linux/amd64"]', True),
        ("ubuntu-latest", QEMU + BAKE_ACTION, '["linux/amd64"]', False),
        ("ubuntu-latest", QEMU + BAKE_ACTION + "            with: {targets: one}\n", BOTH, False),
        ("ubuntu-latest", BAKE_ACTION + "            with: {set: '*.platform=linux/amd64'}\n", BOTH, False),
        ("ubuntu-latest", "          - uses: depot/bake-action@v1\n", BOTH, False),
        ("self-hosted", BAKE_ACTION, BOTH, False),
    ],
)
def test_a_job_that_calls_bake_may_emulate(
    tmp_path: Path, runner: str, steps: str, platforms: str, *, is_found: bool
) -> None:
    workflow = WORKFLOW.replace("ubuntu-latest", runner) + steps
    bake = f"#- docker-bake.hcl\n{BAKE.replace('PLATFORMS', platforms)}"
    file = looked_at(tmp_path, textwrap.dedent(workflow) + bake, ".github/workflows/ci.yml")
    assert [(it.rule, file.text[slice(*it.range)]) for it in file.diagnostics] == [
        ("emulating-runner", runner)
    ] * is_found
    assert not file.lenses
    assert not look_at(tmp_path / "docker-bake.hcl", bake.partition("\n")[2], Projects(), Settings()).diagnostics


@pytest.mark.parametrize(("runner", "is_found"), [("ubuntu-24.04-arm", False), ("ubuntu-latest", True)])
def test_a_matrix_of_bake_emulates_unless_each_platform_has_its_machine(
    tmp_path: Path, runner: str, *, is_found: bool
) -> None:
    workflow = f"""
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        strategy:
          matrix:
            include:
              - {{platform: linux/amd64, runner: ubuntu-latest}}
              - {{platform: linux/arm64, runner: {runner}}}
        runs-on: ${{{{ matrix.runner }}}}
        steps:
          - uses: docker/bake-action@v6
            with: {{set: "*.platform=${{{{ matrix.platform }}}}"}}
    #- docker-bake.hcl
    target "default" {{ platforms = {BOTH} }}
    """
    file = looked_at(tmp_path, workflow, ".github/workflows/ci.yml")
    assert [it.rule for it in file.diagnostics] == ["emulating-runner"] * is_found


def test_the_job_that_emulates_is_reported_and_not_the_one_before_it(tmp_path: Path) -> None:
    job = """
      {name}:
        runs-on: {runner}
        steps:
          - uses: docker/bake-action@v6
            with: {{set: "*.platform={platform}"}}"""
    native = job.format(name="native", runner="ubuntu-22.04", platform="linux/amd64")
    emulated = job.format(name="emulated", runner="ubuntu-24.04", platform="linux/arm64")
    bake = f"\n    #- docker-bake.hcl\n    target default {{ platforms = {BOTH} }}\n"
    workflow = f"\n    #- .github/workflows/ci.yml\n    on: push\n    jobs:{native}{emulated}{bake}"
    file = looked_at(tmp_path, workflow, ".github/workflows/ci.yml")
    assert [file.text[slice(*it.range)] for it in file.diagnostics] == ["ubuntu-24.04"]


@every_case("image, is_found", [("eclipse-temurin:17-jre", True), ("openjdk:17-jdk-alpine", False)])
def test_a_build_that_stops_at_an_image_emulates_nothing(tmp_path: Path, image: str, *, is_found: bool) -> None:
    build = "          - run: docker buildx build --platform linux/amd64,linux/arm64 .\n"
    text = f"{WORKFLOW}{build}    #- Dockerfile\n    FROM maven:3.9-eclipse-temurin-17 AS b\n    RUN mvn package\n    FROM {image}\n    COPY --from=b /a.jar /a.jar\n"
    file = looked_at(tmp_path, text, ".github/workflows/ci.yml")
    assert [it.rule for it in file.diagnostics] == ["emulating-runner"] * is_found


def test_workflows_with_equal_builds_have_one_finding(tmp_path: Path) -> None:
    build = "          - run: docker buildx build --platform linux/amd64,linux/arm64 {} .\n"
    nightly = WORKFLOW.replace("ci.yml", "nightly.yml") + build.format("-t a")
    release = WORKFLOW.replace("ci.yml", "release.yml") + build.format("--push -t a:1")
    found = [
        [it.rule for it in looked_at(tmp_path, nightly + release, f".github/workflows/{name}.yml").diagnostics]
        for name in ("nightly", "release")
    ]
    assert sorted(found) == [[], ["emulating-runner"]]


@every_case(
    "runs, is_found, crosses",
    [
        (["apt-get install -y build-essential libpq-dev", "pip wheel --wheel-dir /w psycopg2"], True, False),
        (["apk add --no-cache python3 make g++", "npm ci"], True, False),
        (["apt-get install -y gcc", "pip install uwsgi", "CGO_ENABLED=0 go build"], True, True),
        # Nobody knows a recipe for these.
        (["apt-get install -y gcc", "cargo build"], True, False),
        (["./configure && make"], True, False),
        # Without a compiler, pip probably downloads wheels.
        (["apt-get install -y libpq5", "pip install psycopg2"], False, False),
        (["apt-get install -y build-essential"], False, False),
        # Extensions of PHP are compiled; a few are published as files for each machine, and Composer's packages are sources.
        (["docker-php-ext-install pdo_mysql gd"], True, False),
        (["pecl install redis"], True, False),
        (["install-php-extensions intl @composer"], True, False),
        (["install-php-extensions ioncube_loader @composer"], False, False),
        (["docker-php-ext-enable opcache", "pecl channel-update pecl.php.net"], False, False),
        # The installed compiler compiles for its own machine.
        (["ghc Main.hs"], True, False),
    ],
)
def test_a_package_installation_compiles_if_a_compiler_is_installed(
    tmp_path: Path, runs: list[str], is_found: bool, crosses: bool
) -> None:
    build = "          - run: docker buildx build --platform linux/amd64,linux/arm64 .\n"
    lines = "".join(f"    RUN {it}\n" for it in runs)
    text = (
        f"{WORKFLOW}{build}    #- Dockerfile\n    FROM debian AS b\n{lines}    FROM debian\n    COPY --from=b /w /w\n"
    )
    messages = [str(it.message) for it in looked_at(tmp_path, text, ".github/workflows/ci.yml").diagnostics]
    assert len(messages) == is_found
    assert all(("compile on the build platform" in it) == crosses for it in messages)


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


def test_jobs_for_other_platforms_have_findings_of_their_own(tmp_path: Path) -> None:
    both = WORKFLOW + "          - run: docker buildx build --platform linux/amd64,linux/arm64 .\n"
    other = WORKFLOW.replace("ci.yml", "z.yml") + "          - run: docker buildx build --platform linux/arm64 .\n"
    second = "      again:\n        runs-on: ubuntu-22.04\n        steps:\n"
    arm = "          - run: docker buildx build --platform linux/arm64 .\n"
    for name, n_findings in [("ci", 2), ("z", 0)]:
        found = looked_at(tmp_path, both + second + arm + other, f".github/workflows/{name}.yml").diagnostics
        assert [it.rule for it in found] == ["emulating-runner"] * n_findings
    found = looked_at(tmp_path, both + other, ".github/workflows/z.yml").diagnostics
    assert [it.rule for it in found] == ["emulating-runner"]


def test_a_dockerfile_of_several_jobs_has_one_finding(tmp_path: Path) -> None:
    build = "          - run: docker buildx build --platform linux/amd64,linux/arm64 {} .\n"
    second = "      again:\n        runs-on: ubuntu-22.04\n        steps:\n"
    other = DOCKERFILE.replace("#- Dockerfile", "#- tool/Dockerfile")
    for target, n_findings in [("--target build", 1), ("-f tool/Dockerfile", 2)]:
        text = WORKFLOW + build.format("") + second + build.format(target) + other
        found = looked_at(tmp_path, text, ".github/workflows/ci.yml").diagnostics
        assert len(found) == n_findings
    assert found[1].message.startswith("the RUN instruction of tool/Dockerfile runs under emulation")
    assert found[1].message.endswith("compile on the build platform in the stage of line 1 of tool/Dockerfile")


STEP = "          - run: docker buildx build --platform linux/amd64,linux/arm64 {} -t a .\n"


@pytest.mark.parametrize("directory", ["", "vendored/"])
def test_a_workflow_that_came_with_another_project_has_no_machine(tmp_path: Path, directory: str) -> None:
    (tmp_path / ".git").mkdir()
    name = f"{directory}.github/workflows/ci.yml"
    file = looked_at(tmp_path, WORKFLOW.replace(".github/workflows/ci.yml", name) + STEP.format(""), name)
    assert [it.rule for it in file.diagnostics] == ["emulating-runner"] * (not directory)


@pytest.mark.parametrize(("given", "is_found"), [("--build-arg PREBUILT=true", False), ("", True)])
def test_a_compiler_that_the_arguments_skip_does_not_emulate(tmp_path: Path, given: str, *, is_found: bool) -> None:
    dockerfile = """
    #- Dockerfile
    FROM golang AS build
    ARG PREBUILT=false
    RUN [ "$PREBUILT" = true ] || go build -o /app .
    FROM scratch
    COPY --from=build /app /app
    """
    markup = WORKFLOW + STEP.format(given) + dockerfile
    file = looked_at(tmp_path, markup, ".github/workflows/ci.yml")
    assert [it.rule for it in file.diagnostics] == ["emulating-runner"] * is_found


@every_case(
    "commands, is_advised",
    [
        ("npm ci && npm run build", True),
        ("apt-get install -y gcc && npm ci && npm run build", True),
        # Packages with native code are for the machine that installs them, and the image takes them along.
        ("cd /app && apt-get install -y gcc && npm ci && npm run build", False),
        # A build tool may not support another compiler and another machine.
        ("apt-get install -y gcc cmake && cmake -B /app && cmake --build /app", False),
        ("apt-get install -y gcc && pip install -r requirements.txt && go build -o /app .", True),
    ],
)
def test_cross_compiling_is_advised_where_something_is_compiled(
    tmp_path: Path, commands: str, *, is_advised: bool
) -> None:
    dockerfile = f"""
    #- Dockerfile
    FROM debian AS build
    RUN {commands}
    FROM debian
    COPY --from=build /app /app
    """
    file = looked_at(tmp_path, WORKFLOW + STEP.format("") + dockerfile, ".github/workflows/ci.yml")
    assert [("on the build platform in the stage of line 1" in it.message) for it in file.diagnostics] == [is_advised]


@pytest.mark.parametrize(
    ("stages", "is_advised"),
    [
        # The only stage is the image, which is for the target.
        ("FROM node\nCOPY . .\nRUN npm ci && npm run build", False),
        # `phpize` asks the PHP of the stage how to compile.
        (
            "FROM php AS ext\nRUN phpize && ./configure && gcc -shared -o /a.so a.c\nFROM php\nCOPY --from=ext /a.so /",
            False,
        ),
        ("FROM gcc AS ext\nRUN ./configure && gcc -shared -o /a.so a.c\nFROM php\nCOPY --from=ext /a.so /", True),
    ],
)
def test_cross_compiling_is_not_advised_where_it_is_impossible(
    tmp_path: Path, stages: str, *, is_advised: bool
) -> None:
    dockerfile = "    #- Dockerfile\n" + textwrap.indent(stages, "    ") + "\n"
    file = looked_at(tmp_path, WORKFLOW + STEP.format("") + dockerfile, ".github/workflows/ci.yml")
    assert [("on the build platform in the stage of line 1" in it.message) for it in file.diagnostics] == [is_advised]


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
