"""Jobs whose machine emulates a compiler."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.project_files import look_at
from buildxray.ide.settings import Settings
from tests.support.cases import every_case
from tests.support.project_files import DOCKERFILE, WORKFLOW, looked_at


@every_case(
    "platforms, ending",
    [
        ("linux/arm64", "; a runner for linux/arm64 avoids that"),
        ("linux/amd64,linux/arm64", "in the stage of line 1 of Dockerfile"),
        (
            "linux/arm64,linux/arm/v7",
            "compile on the build platform in the stage of line 1 of Dockerfile, because GitHub has no runner for linux/arm/v7",
        ),
    ],
)
def test_the_runner_that_a_job_of_one_platform_needs(tmp_path: Path, platforms: str, ending: str) -> None:
    step = f"          - run: docker buildx build --platform {platforms} .\n"
    (finding,) = looked_at(tmp_path, WORKFLOW + step + DOCKERFILE, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith(ending)


@pytest.mark.parametrize(
    ("platforms", "ending"),
    [
        ("linux/arm64", "; a runner for linux/arm64 avoids that"),
        (
            "linux/arm64,linux/arm/v7",
            "; a runner for linux/arm64 avoids a part of that, because GitHub has none for linux/arm/v7",
        ),
        ("linux/s390x", "; GitHub has no runner for linux/s390x, so only a machine of your own avoids that"),
    ],
)
def test_github_has_no_machine_for_some_platforms(tmp_path: Path, platforms: str, ending: str) -> None:
    dockerfile = "    #- Dockerfile\n    FROM debian AS b\n    RUN ./configure && make\n    FROM debian\n    COPY --from=b /w /w\n"
    step = f"          - run: docker buildx build --platform {platforms} .\n"
    (finding,) = looked_at(tmp_path, WORKFLOW + step + dockerfile, ".github/workflows/ci.yml").diagnostics
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
    steps = build.format("-t a") + build.format("--build-arg HTTP_PROXY=b") + build.format("-f other.Dockerfile")
    other = DOCKERFILE.replace("Dockerfile", "other.Dockerfile")
    file = looked_at(tmp_path, WORKFLOW + steps + other, ".github/workflows/ci.yml")
    (finding,) = file.diagnostics
    assert finding.message == (
        "both RUN instructions of Dockerfile and other.Dockerfile run under emulation for linux/arm64, several times slower, "
        "because this job runs on linux/amd64; use a separate runner for each platform, or compile on the build platform in the stage of line 1 of Dockerfile"
    )


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


_PROJECT = """
    #- package.json
    {}
    #- Dockerfile
    FROM node AS build
    COPY package.json SOURCE ./
    RUN npm run build
    FROM nginx
    COPY --from=build /dist /srv
"""


@every_case("source, n_findings", [("yarn.lock", 0), ("package.json", 1)])
def test_a_build_that_stops_at_a_file_emulates_nothing(tmp_path: Path, source: str, n_findings: int) -> None:
    project = "          - run: docker buildx build --platform linux/arm64 .\n" + _PROJECT.replace("SOURCE", source)
    (tmp_path / ".git").mkdir(exist_ok=True)
    findings = looked_at(tmp_path, WORKFLOW + project, ".github/workflows/ci.yml").diagnostics
    assert [it.rule for it in findings] == ["emulating-runner"] * n_findings


def test_no_way_is_offered_that_the_check_of_the_dockerfile_refuses(tmp_path: Path) -> None:
    # The stage is an image of its own, which has to suit each platform.
    steps = STEP.format("") + STEP.format("--target build")
    (finding,) = looked_at(tmp_path, WORKFLOW + steps + DOCKERFILE, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith("; a separate runner for each platform avoids that")


@pytest.mark.parametrize(("version", "n_findings"), [("1.24", 0), ("1.20", 1)])
def test_a_build_that_an_old_image_stops_emulates_nothing(tmp_path: Path, version: str, n_findings: int) -> None:
    dockerfile = f"""
    #- go.mod
    module example.com/a

    go {version}
    #- Dockerfile
    FROM golang:1.22 AS build
    WORKDIR /src
    ENV GOTOOLCHAIN=local
    COPY go.mod ./
    COPY . .
    RUN go build -o /app .
    FROM alpine
    COPY --from=build /app /app
    """
    (tmp_path / ".git").mkdir(exist_ok=True)
    found = looked_at(tmp_path, WORKFLOW + STEP.format("") + dockerfile, ".github/workflows/ci.yml").diagnostics
    assert [it.rule for it in found] == ["emulating-runner"] * n_findings


SCRIPT = """
    #- tools/publish.sh
    docker buildx build --platform linux/amd64,linux/arm64 --push ..
"""
MAKEFILE = """
    #- Makefile
    images:
    \tdocker buildx build --platform linux/amd64,linux/arm64 --push .
"""


@every_case(
    "step, files, n_findings",
    [
        ("cd tools; ./publish.sh", SCRIPT, 1),
        ("make images", MAKEFILE, 1),
        ("bash all.sh", "\n    #- all.sh\n    make images\n" + MAKEFILE, 1),
        ("make images && (cd tools; bash publish.sh)", SCRIPT + MAKEFILE, 1),
        ("make all", f"{MAKEFILE}    all:\n    \t@$(MAKE) images\n", 1),
        ("make other", f"{MAKEFILE}    all:\n    \t$(MAKE) images\n    other:\n    \tmake test\n", 0),
        ("make test", SCRIPT + MAKEFILE, 0),
        ("make images", MAKEFILE.replace("linux/amd64,linux/arm64", "linux/amd64"), 0),
    ],
)
def test_a_build_in_a_script_that_a_job_runs(
    tmp_path_factory: pytest.TempPathFactory, step: str, files: str, n_findings: int
) -> None:
    root = tmp_path_factory.mktemp("project")
    workflow = f"{WORKFLOW}          - run: {step}\n"
    found = looked_at(root, workflow + files + DOCKERFILE, ".github/workflows/ci.yml")
    assert [found.text[slice(*it.range)] for it in found.diagnostics] == ["ubuntu-latest"] * n_findings
    assert all("Dockerfile" in it.message and "this job runs on linux/amd64" in it.message for it in found.diagnostics)


def test_a_script_that_two_workflows_run_is_reported_once(tmp_path: Path) -> None:
    step = "          - run: make images\n"
    other = WORKFLOW.replace("ci.yml", "release.yml")
    text = WORKFLOW + step + other + step + MAKEFILE + DOCKERFILE
    n_findings = [len(looked_at(tmp_path, text, f".github/workflows/{it}.yml").diagnostics) for it in ("ci", "release")]
    assert sum(n_findings) == 1


def test_all_stages_that_can_run_on_the_build_platform_are_named(tmp_path: Path) -> None:
    dockerfile = """
    #- Dockerfile
    FROM node AS web
    COPY . .
    RUN npm run build
    FROM golang AS build
    COPY . .
    COPY --from=web /dist /dist
    RUN CGO_ENABLED=0 go build -o /app .
    FROM scratch
    COPY --from=build /app /app
"""
    step = "          - run: docker buildx build --platform linux/amd64,linux/arm64 .\n"
    (finding,) = looked_at(tmp_path, WORKFLOW + step + dockerfile, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith("compile on the build platform in the stages of lines 1 and 4 of Dockerfile")


PINNED = """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: docker buildx build --platform linux/amd64,linux/arm64 .
    #- Dockerfile
    ARG CROSS=linux/amd64
    FROM --platform=FLAG cross/linux-arm64 AS tools
    RUN make tools
    FROM debian AS b
    RUN ./configure && make
    FROM debian
    COPY --from=tools /t /t
    COPY --from=b /w /w
"""


@pytest.mark.parametrize(
    ("flag", "ending"),
    [
        (
            "${CROSS}",
            "; another runner would emulate the stage of line 2 of Dockerfile instead, which `--platform` makes linux/amd64",
        ),
        (
            "linux/amd64",
            "; another runner would emulate the stage of line 2 of Dockerfile instead, which `--platform` makes linux/amd64",
        ),
        ("$BUILDPLATFORM", "; a separate runner for each platform avoids that"),
        ("linux/arm64", "; a separate runner for each platform avoids that"),
    ],
)
def test_a_stage_for_this_machine_needs_it(tmp_path: Path, flag: str, ending: str) -> None:
    (finding,) = looked_at(tmp_path, PINNED.replace("FLAG", flag), ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith(ending)


_INSTALLING = "    #- Dockerfile\n    FROM debian\n    RUN apt-get update && apt-get install -y curl\n    RUN useradd app\n    RUN echo app > /etc/app\n"


@every_case(
    "platforms, dockerfile, is_reported",
    [
        ("linux/arm64", _INSTALLING, True),
        # A second job would be needed.
        ("linux/amd64,linux/arm64", _INSTALLING, False),
        ("linux/amd64", _INSTALLING, False),
        # GitHub has no such machine.
        ("linux/s390x", _INSTALLING, False),
        # A little work, and none that installs packages.
        ("linux/arm64", _INSTALLING.replace("    RUN echo app > /etc/app\n", ""), False),
        ("linux/arm64", _INSTALLING.replace("apt-get update && apt-get install -y curl", "date"), False),
        # The image runs natively.
        ("linux/arm64", _INSTALLING.replace("FROM debian", "FROM amd64/debian"), False),
        ("linux/arm64", _INSTALLING.replace("FROM debian", "FROM --platform=$BUILDPLATFORM debian"), False),
    ],
)
def test_a_job_that_emulates_all_of_an_image_could_run_elsewhere(
    tmp_path: Path, platforms: str, dockerfile: str, is_reported: bool
) -> None:
    step = f"          - run: docker buildx build --platform {platforms} .\n"
    found = looked_at(tmp_path, WORKFLOW + step + dockerfile, ".github/workflows/ci.yml").diagnostics
    ending = "; a runner for linux/arm64 avoids that"
    assert [it.message.endswith(ending) for it in found if it.rule == "emulating-runner"] == [True] * is_reported


@every_case("n_jobs, is_reported", [(1, False), (2, True)])
def test_each_platform_with_a_job_of_its_own_may_have_its_runner(
    tmp_path: Path, n_jobs: int, is_reported: bool
) -> None:
    text = MATRIX if n_jobs == 2 else MATRIX.replace("[linux/amd64, linux/arm64]", '["linux/amd64,linux/arm64"]')
    found = looked_at(tmp_path, text + _INSTALLING, ".github/workflows/ci.yml").diagnostics
    assert [it.rule for it in found] == ["emulating-runner"] * is_reported


_OTHER_FILE = _INSTALLING.replace("#- Dockerfile", "#- arm.Dockerfile")


@every_case(
    "steps, endings",
    [
        (
            ["--platform linux/arm64 -f arm.Dockerfile", "--platform linux/amd64"],
            ["a separate runner for each platform"],
        ),
        (["--platform linux/arm64 -f arm.Dockerfile", ""], ["a separate runner for each platform"]),
        (["--platform linux/arm64", "--platform linux/amd64"], ["a separate runner for each platform"]),
        (["--platform linux/arm64 -f arm.Dockerfile"], ["a runner for linux/arm64"]),
        (["--platform linux/arm64 -f arm.Dockerfile", "--platform linux/arm64"], ["a runner for linux/arm64"]),
        # Only a check of the text, for no platform.
        (["--platform linux/arm64 -f arm.Dockerfile", "--platform linux/amd64 --check"], ["a runner for linux/arm64"]),
    ],
)
def test_a_job_that_builds_for_several_machines_needs_a_job_for_each(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], endings: list[str]
) -> None:
    root = tmp_path_factory.mktemp("project")
    builds = "".join(f"          - run: docker buildx build {it} -t a .\n" for it in steps)
    text = WORKFLOW + builds + _INSTALLING + _OTHER_FILE
    found = looked_at(root, text, ".github/workflows/ci.yml").diagnostics
    assert [it.message.rpartition("; ")[2] for it in found] == [f"{it} avoids that" for it in endings]


@every_case("n_jobs, ending", [(1, "a separate runner for each platform"), (2, "a runner for linux/arm64")])
def test_the_jobs_of_a_matrix_with_a_file_for_each_platform_are_separate(
    tmp_path: Path, n_jobs: int, ending: str
) -> None:
    build = "docker buildx build --platform linux/{0} -f {0}.Dockerfile ."
    text = MATRIX.replace("[linux/amd64, linux/arm64]", "[amd64, arm64]" if n_jobs == 2 else "[any]")
    built = (
        build.format("${{ matrix.platform }}") if n_jobs == 2 else f"{build.format('amd64')} && {build.format('arm64')}"
    )
    text = text.replace("docker buildx build --platform ${{ matrix.platform }} .", built)
    files = "".join(_INSTALLING.replace("#- ", f"#- {it}.") for it in ("amd64", "arm64"))
    (finding,) = looked_at(tmp_path, text + files, ".github/workflows/ci.yml").diagnostics
    assert finding.message.endswith(f"; {ending} avoids that")


def test_a_loop_over_platforms_is_one_build_of_several(tmp_path: Path) -> None:
    loop = "          - run: for it in amd64 arm64; do docker buildx build --platform linux/$it -t a .; done\n"
    assert not looked_at(tmp_path, WORKFLOW + loop + _INSTALLING, ".github/workflows/ci.yml").diagnostics
