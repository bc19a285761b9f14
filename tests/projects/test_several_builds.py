"""One Dockerfile with several builds: the choice of the shown build, and the findings of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from buildxray.ide.code_lens import code_lenses
from buildxray.ide.project import Projects
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.project_files import look_at
from buildxray.ide.settings import Settings
from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import parse_normalized, this_machine
from buildxray.projects.builds import DeclaredBuild, joined
from buildxray.projects.reader import read_project
from buildxray.rules.base import Safety
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.markup import files

PROJECT = """
    #- docker-bake.hcl
    group "default" { targets = ["app"] }
    target "app" { platforms = ["linux/amd64", "linux/arm64"] }
    target "dev" {
      platforms = ["linux/amd64"]
      target = "dev"
    }
    target "same" { inherits = ["app"] }
    target "_hidden" { platforms = ["linux/s390x"] }
    #- .github/workflows/ci.yml
    on: push
    jobs:
      release:
        runs-on: ubuntu-24.04-arm
        steps:
          - uses: docker/build-push-action@v6
            with: {platforms: "linux/arm64", push: true}
    #- Dockerfile
    FROM golang AS build
    COPY . .
    RUN go build -o /app .
    FROM golang AS dev
    FROM alpine
    COPY --from=build /app /app
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in files(PROJECT).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def declared_as(root: Path, name: str) -> DeclaredBuild:
    return DeclaredBuild(name, root / "ci.yml", 1, root / "Dockerfile", root)


def built(root: Path, settings: Settings | None = None) -> ProjectBuild:
    machine = settings or Settings(build_platform=parse_normalized("linux/amd64"))
    return Projects().build(root / "Dockerfile", machine)


def test_equal_builds_are_merged(root: Path) -> None:
    assert [it.name for it in built(root).declared] == ["app", "dev", "release"]


def test_the_default_build_is_shown(root: Path) -> None:
    assert built(root).title == "app: linux/amd64, linux/arm64 · docker-bake.hcl, target `app` · 1 of 3"


@pytest.mark.parametrize("name", ["release", "ci.yml:release", "rel*"])
def test_the_setting_build_chooses_the_shown_build(root: Path, name: str) -> None:
    build = built(root, Settings(build=name))
    assert build.title.startswith("release: linux/arm64")
    assert build.others == ()
    assert str(build.request.build_platform) == "linux/arm64"


def test_a_build_that_does_the_same_as_another_is_chosen_by_its_own_name(root: Path) -> None:
    build = built(root, Settings(build="same"))
    assert build.title == "same: linux/amd64, linux/arm64 · docker-bake.hcl, target `same` · 1 of 3"
    assert [it.name for it in build.declared] == ["same", "dev", "release"]


def test_a_name_is_taken_as_it_is_written_before_it_is_a_pattern(tmp_path: Path) -> None:
    declared = declared_as(tmp_path, "build [x]")
    assert declared.is_named("build [x]")
    assert declared.is_named("build*")
    assert not declared.is_named("build [y]")


def test_a_name_that_no_build_has_chooses_nothing(root: Path) -> None:
    assert built(root, Settings(build="nothing")).title.startswith("app:")


def test_findings_name_the_builds_that_they_are_in(root: Path) -> None:
    analysis = built(root).analyzer(Workspace()).analyze((root / "Dockerfile").read_text())
    messages = [it.message for it in analysis.diagnostics if it.rule == "emulated-build"]
    assert len(messages) == 1
    # The workflow's machine for linux/arm64 does not emulate, and `same` does what `app` does.
    assert messages[0].endswith("(in 2 of 4 builds, such as `app`)")


@pytest.mark.parametrize(("other", "label"), [("build", "b.yml:build"), ("image", "image")])
def test_builds_of_one_name_in_several_files_are_named_with_their_files(tmp_path: Path, other: str, label: str) -> None:
    markup = "".join(
        f"""
    #- .github/workflows/{file}.yml
    on: push
    jobs:
      {job}:
        runs-on: ubuntu-latest
        steps: [{{run: "docker buildx build --platform {platforms} ."}}]
    """
        for file, job, platforms in [("a", "build", "linux/amd64"), ("b", other, "linux/amd64,linux/arm64")]
    )
    (message,) = messages_of_emulation(tmp_path, markup)
    assert message.endswith(f"(in the build `{label}`)")


@every_case(
    "arguments, safety",
    [
        ("{VERSION: 1}", Safety.SAFE),
        # The other build gives the argument that the new text would use.
        ("{TARGETARCH: amd64}", Safety.SUGGESTION),
    ],
)
def test_findings_of_builds_that_are_not_shown_have_fixes_that_suit_each_build(
    tmp_path_factory: pytest.TempPathFactory, arguments: str, safety: Safety
) -> None:
    root = tmp_path_factory.mktemp("project")
    dockerfile = (
        "FROM golang:1.26 AS build\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\n"
        "FROM alpine AS dev\nFROM alpine\nCOPY --from=build /app /app\n"
    )
    for name, text in {
        "compose.yaml": f"services: {{dev: {{build: {{context: ., target: dev, args: {arguments}}}}}}}\n",
        ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/setup-qemu-action@v3\n"
        "      - run: docker buildx build --platform linux/amd64,linux/arm64 --push .\n",
        ".git/HEAD": "",
        "Dockerfile": dockerfile,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    analysis = built(root, Settings()).analyzer(Workspace()).analyze(dockerfile)
    (finding,) = (it for it in analysis.diagnostics if it.rule == "emulated-build")
    assert str(finding.message).endswith("(in the build `a`)")
    assert [(it.title, it.safety) for it in finding.fixes] == [("Cross-compile this stage", safety)]


def test_builds_of_one_name_in_one_file_are_named_by_their_lines(tmp_path: Path) -> None:
    (message,) = messages_of_emulation(
        tmp_path,
        """
    #- .github/workflows/a.yml
    on: push
    jobs:
      build:
        runs-on: ubuntu-latest
        steps:
          - uses: docker/setup-qemu-action@v3
          - run: docker buildx build --platform linux/amd64 --load .
          - run: docker buildx build --platform linux/amd64,linux/arm64 --push .
    """,
    )
    assert message.endswith("(in the build `a.yml:8`)")


@pytest.mark.parametrize(
    ("twin", "ending"),
    [
        ("{} --push", "(in 2 of 3 builds, such as `publish`)"),
        ("docker build", "(in the build `images`)"),
    ],
)
def test_a_build_with_a_twin_is_not_the_only_one(tmp_path: Path, twin: str, ending: str) -> None:
    command = "docker buildx build --platform linux/amd64,linux/arm64"
    makefile = f"""
    #- Makefile
    image:
    \tdocker build .
    images:
    \t{command} .
    publish:
    \t{twin.format(command)} .
    """
    (message,) = messages_of_emulation(tmp_path, makefile)
    assert message.endswith(ending)


def test_parts_of_one_image_count_as_one_build(tmp_path: Path) -> None:
    (message,) = messages_of_emulation(
        tmp_path,
        """
    #- Makefile
    image:
    \tdocker build .
    amd64:
    \tdocker build --platform linux/amd64 .
    arm64:
    \tdocker build --platform linux/arm64 .
    test:
    \tdocker build --target build .
    """,
    )
    assert message.endswith("(in the build `amd64 + arm64`)")


def messages_of_emulation(root: Path, markup: str) -> list[str]:
    (root / ".git").mkdir()
    for name, text in files(
        f"{markup}\n    #- Dockerfile\n    FROM golang AS build\n    RUN go build -o /a .\n    FROM scratch\n    COPY --from=build /a /a\n"
    ).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    analysis = built(root, Settings()).analyzer(Workspace()).analyze((root / "Dockerfile").read_text())
    return [it.message for it in analysis.diagnostics if it.rule == "emulated-build"]


@every_case(
    "script, n_findings",
    [
        ("docker buildx build --builder farm --platform linux/amd64,linux/arm64 .", 0),
        ("docker buildx use farm\n    docker buildx build --platform linux/amd64,linux/arm64 .", 0),
        ("export BUILDX_BUILDER=farm\n    docker buildx build --platform linux/amd64,linux/arm64 .", 0),
        ("docker buildx create --append --name farm ssh://b\n    docker buildx build --builder farm --platform linux/amd64,linux/arm64 .", 0),
        ("docker buildx create --name farm\n    docker buildx build --builder farm --platform linux/amd64,linux/arm64 .", 1),
        ('BUILDER=farm\n    docker buildx build --builder farm --platform linux/amd64,linux/arm64 .\n    docker buildx create --name "$BUILDER"', 1),
        ("docker buildx build --builder default --platform linux/amd64,linux/arm64 .", 1),
        ("docker buildx build --platform linux/amd64,linux/arm64 .", 1),
    ],
)  # fmt: skip
def test_a_builder_from_elsewhere_may_have_a_machine_for_each_platform(
    tmp_path_factory: pytest.TempPathFactory, script: str, n_findings: int
) -> None:
    root = tmp_path_factory.mktemp("project")
    assert len(messages_of_emulation(root, f"\n    #- build.sh\n    {script}\n")) == n_findings


BAKE = """
    #- docker-bake.hcl
    group "default" { targets = ["app"] }
    target "app" { platforms = ["linux/amd64", "linux/arm64"] }
"""


@every_case(
    "script, builds",
    [
        # The target and its calls are one build.
        ("docker buildx bake app", "app amd64,arm64 docker-bake.hcl"),
        ("docker buildx bake app --set app.platform=linux/arm64", "app arm64 docker-bake.hcl|app amd64,arm64 docker-bake.hcl"),
        ("docker buildx bake app --set app.args.A=b", "app amd64,arm64 docker-bake.hcl|app amd64,arm64 docker-bake.hcl"),
        ("./build.sh", "job arm64 build.sh|app amd64,arm64 docker-bake.hcl"),
        ("docker build .", "job  ci.yml|build.sh arm64 build.sh|app amd64,arm64 docker-bake.hcl"),
    ],
)  # fmt: skip
def test_a_build_that_is_read_on_its_own_and_where_a_job_runs_it_is_one(
    tmp_path_factory: pytest.TempPathFactory, script: str, builds: str
) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / ".git").mkdir()
    workflow = f"""
    #- .github/workflows/ci.yml
    on: push
    jobs:
      job:
        runs-on: ubuntu-latest
        steps: [{{run: {script}}}]
    #- build.sh
    docker buildx build --platform linux/arm64 .
    """
    for name, text in files(BAKE + workflow).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    read = read_project(root, local_platform="linux/amd64").builds
    listed = [
        f"{it.name} {','.join(one.removeprefix('linux/') for one in it.platform_names)} {it.source.name}" for it in read
    ]
    if "build.sh" not in builds:
        listed.remove("build.sh arm64 build.sh")
    assert sorted(listed) == sorted(builds.split("|"))
    assert any(it.is_default and it.source.suffix == ".hcl" for it in read)


@every_case("n_variants, end", [(3, "(in 3 of 6 builds: `job`)"), (12, "(in at least 9 of 15 builds: `job`)")])
def test_the_number_of_builds_is_that_of_the_listed_ones(
    tmp_path_factory: pytest.TempPathFactory, n_variants: int, end: str
) -> None:
    root = tmp_path_factory.mktemp("project")
    commands = ["docker build --platform linux/amd64 ."]
    commands += [f"docker build --platform linux/amd64 --build-arg A={it} ." for it in range(2)]
    commands += [f"docker buildx build --platform linux/arm64 --build-arg B={it} ." for it in range(n_variants)]
    steps = "".join(f"\n          - run: {it}" for it in commands)
    workflow = f"""
    #- .github/workflows/ci.yml
    on: push
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:{steps}
    """
    (message,) = messages_of_emulation(root, workflow)
    assert message.endswith(end)
    listed = [it for it in read_project(root, local_platform="linux/amd64").builds if it.is_shown]
    assert f" of {len(listed)} builds" in message


@every_case(
    "name, platforms, n_findings",
    [
        ("docker-compose.arm.yml", "[linux/arm64]", 0),
        ("docker-compose.arm64.yml", "[linux/arm64]", 0),
        ("docker-compose.s390x.yml", "[linux/s390x]", 0),
        ("docker-compose.arm.yml", "[linux/amd64, linux/arm64]", 1),
        ("docker-compose.amd64.yml", "[linux/s390x]", 1),
        ("docker-compose.prod.yml", "[linux/s390x]", 1),
    ],
)
def test_a_compose_file_that_is_named_after_its_platform_runs_on_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, platforms: str, n_findings: int
) -> None:
    compose = f"""
    #- {name}
    services:
      app:
        build: {{context: ., platforms: {platforms}}}
    """
    assert len(messages_of_emulation(tmp_path_factory.mktemp("project"), compose)) == n_findings


def test_a_build_on_this_machine_beside_one_on_an_unknown_builder_is_still_checked(tmp_path: Path) -> None:
    scripts = """
    #- publish.sh
    docker buildx build --builder farm --push --platform linux/amd64,linux/arm64 .
    #- local.sh
    docker buildx build --platform linux/amd64,linux/arm64 .
    """
    (message,) = messages_of_emulation(tmp_path, scripts)
    assert message.endswith("(in the build `local.sh`)")


SCRIPTS = """
    #- Makefile
    image:
    \tdocker build -t app .
    #- scripts/publish.sh
    #!/bin/sh
    build_one() {
      platform=$1
      docker buildx build --platform "$platform"OPTIONS .
    }
    for it in $PLATFORMS; do
      build_one "$it"
    done
    main() {
      action="${1:-all}"
    }
    #- Dockerfile
    FROM alpine
    ARG TARGETARCH=amd64
    RUN wget -O /tool https://example.com/tool-$TARGETARCH
"""


@pytest.mark.parametrize(
    ("options", "rules"),
    [(' --build-arg TARGETARCH="${platform#linux/}"', []), ("", ["masked-platform-arg"])],
)
def test_a_finding_about_assumed_platforms_names_no_build(tmp_path: Path, options: str, rules: list[str]) -> None:
    for name, text in files(SCRIPTS.replace("OPTIONS", options)).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("\\t", "\t"))
    (tmp_path / ".git").mkdir()
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    assert build.shown is not None
    assert build.shown.name == "publish.sh"
    diagnostics = build.analyzer(Workspace()).analyze((tmp_path / "Dockerfile").read_text()).diagnostics
    assert [it.rule for it in diagnostics] == rules
    assert all(" build" not in it.message.lower().replace("buildkit", "") for it in diagnostics)


MATRIX = """
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    strategy: {matrix: {platform: [linux/amd64, linux/arm64]}}
    steps:
      - uses: docker/build-push-action@v6
        with:
          push: true
          platforms: ${{ matrix.platform }}
          build-args: ARGUMENT
"""


@pytest.mark.parametrize(
    ("argument", "rules"),
    [
        ("TARGETARCH=${{ matrix.platform == 'linux/amd64' && 'amd64' || 'arm64' }}", []),
        ("OTHER=1", ["masked-platform-arg"]),
    ],
)
def test_an_argument_of_each_job_replaces_the_default_of_the_file(
    tmp_path: Path, argument: str, rules: list[str]
) -> None:
    workflow = tmp_path / ".github" / "workflows" / "image.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(MATRIX.replace("ARGUMENT", argument))
    text = "ARG TARGETARCH=amd64\nFROM debian\nARG TARGETARCH OTHER\nRUN ./get.sh $TARGETARCH > /tool\n"
    (tmp_path / "Dockerfile").write_text(text)
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    assert len(build.request.target_platforms) == 2
    assert [it.rule for it in build.analyzer(Workspace()).analyze(text).diagnostics] == rules


def test_builds_of_one_name_are_counted_if_only_some_have_the_finding(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(files(PROJECT)["Dockerfile"])
    (tmp_path / "build.sh").write_text(
        "docker buildx build --platform linux/amd64,linux/arm64 .\ndocker buildx build --platform linux/amd64 .\n"
    )
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    analysis = build.analyzer(Workspace()).analyze((tmp_path / "Dockerfile").read_text())
    (message,) = (it.message for it in analysis.diagnostics if it.rule == "emulated-build")
    assert str(message).endswith("(in the build `build.sh:1`)")


def test_the_first_line_says_which_build_is_shown(root: Path) -> None:
    build = built(root)
    lenses = [*code_lenses(build.analyzer(Workspace()).analyze("FROM alpine\n"))]
    assert lenses[0].title == build.title


def test_the_machine_of_a_workflow_counts_where_nothing_is_set(root: Path) -> None:
    build = built(root, Settings(build="release"))
    analysis = build.analyzer(Workspace()).analyze((root / "Dockerfile").read_text())
    assert [it.rule for it in analysis.diagnostics if it.rule == "emulated-build"] == []


def test_the_origin_of_default_platforms_says_so(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" { platforms = split(",", timestamp()) }\n')
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", Settings())
    assert str(build.shown_origin) == "the default: docker-bake.hcl, target `app` does not tell the platforms"
    other = Projects().build(tmp_path / "other", Settings())
    assert other.shown_origin == "the default: no build of this file was found"
    assert other.default_platforms == ("linux/amd64", "linux/arm64")


def test_the_origin_names_the_build_without_platforms(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" {}\n')
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    assert build.shown_origin == "the default: docker-bake.hcl, target `app` names no platforms"


def test_the_name_of_a_file_is_not_a_default(tmp_path: Path) -> None:
    build = Projects().build(tmp_path / "Dockerfile.arm64", Settings())
    assert build.shown_origin == "the name of the file"
    assert not build.default_platforms


_UNKNOWN_RUNNER = """
#- .github/workflows/a.yml
on: push
jobs:
  build:
    runs-on: self-hosted
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: "PLATFORMS"}
"""


@pytest.mark.parametrize(
    ("platforms", "machine"), [("linux/arm64", "linux/arm64"), ("linux/arm64,linux/amd64", str(this_machine()))]
)
def test_the_origin_says_that_the_machine_is_unknown(tmp_path: Path, platforms: str, machine: str) -> None:
    write(tmp_path, _UNKNOWN_RUNNER.replace("PLATFORMS", platforms))
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    assert str(build.shown_origin) == ".github/workflows/a.yml, job `build`; its machine is unknown"
    # A build of one platform on an unknown machine is probably native.
    assert str(build.request.node(parse_normalized("linux/arm64"))) == machine


@every_case("runner, is_unknown", [("ubuntu-latest", False), ("[self-hosted, big]", True)])
def test_a_build_whose_machine_is_known_is_shown(tmp_path: Path, runner: str, is_unknown: bool) -> None:
    workflow = _UNKNOWN_RUNNER.replace("PLATFORMS", "linux/arm64,linux/amd64")
    write(tmp_path, workflow + workflow.replace("a.yml", "b.yml").replace("self-hosted", runner))
    assert Projects().build(tmp_path / "Dockerfile", Settings()).machine_is_unknown is is_unknown


def test_a_machine_that_the_user_names_is_the_unknown_one(tmp_path: Path) -> None:
    write(tmp_path, _UNKNOWN_RUNNER.replace("PLATFORMS", "linux/arm64"))
    settings = Settings(build_platform=parse_normalized("linux/amd64"))
    build = Projects().build(tmp_path / "Dockerfile", settings)
    assert str(build.request.node(parse_normalized("linux/arm64"))) == "linux/amd64"
    assert "unknown" not in str(build.shown_origin)


def test_notes_about_unreadable_parts_have_their_line(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text('target "app" {\n  platforms = nothing\n}\n')
    projects = Projects()
    projects.build(tmp_path / "Dockerfile", Settings())
    assert [str(it) for it in projects.notes(tmp_path / "Dockerfile")] == [
        f"{tmp_path}/docker-bake.hcl:2: this cannot be evaluated: no Bake file here sets `nothing`"
    ]


def test_a_matrix_that_cannot_be_evaluated_has_one_note(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(
        'target "app" {\n  matrix = {\n    a = ["b"]\n    v = nothing\n  }\n  name = v\n}\n'
    )
    projects = Projects()
    projects.build(tmp_path / "Dockerfile", Settings())
    assert [str(it) for it in projects.notes(tmp_path / "Dockerfile")] == [
        f"{tmp_path}/docker-bake.hcl:2: this cannot be evaluated: no Bake file here sets `nothing`"
    ]


def test_project_files_in_other_directories_are_found(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    (tmp_path / "images" / "web").mkdir(parents=True)
    (tmp_path / "images" / "web" / "Dockerfile").write_text("FROM alpine\n")
    (tmp_path / "docker" / "docker-bake.hcl").write_text('target "web" { context = "images/web" }\n')
    build = Projects().build(tmp_path / "images" / "web" / "Dockerfile", Settings())
    assert [it.name for it in build.declared] == ["web"]


def test_the_machine_of_a_workflow_overrides_one_set_machine(root: Path) -> None:
    amd64 = parse_normalized("linux/amd64")
    build = built(root, Settings(build="release", build_platform=amd64))
    assert str(build.request.build_platform) == "linux/arm64"
    build = built(root, Settings(build="app", build_platform=amd64))
    assert str(build.request.build_platform) == "linux/amd64"


@pytest.mark.parametrize(
    "machines",
    [
        Machines(parse_normalized("linux/amd64"), (parse_normalized("linux/s390x"),)),
        Machines(
            parse_normalized("linux/amd64"), (), ((parse_normalized("linux/arm64"), parse_normalized("linux/amd64")),)
        ),
    ],
)
def test_several_set_machines_override_those_of_the_workflow(root: Path, machines: Machines) -> None:
    build = built(root, Settings(build="release", build_platform=machines))
    assert str(build.request.build_platform) == "linux/amd64"


ONE_FOR_EACH = """
    #- docker-bake.hcl
    group "default" { targets = ["one", "two", "three", "app"] }
    target "one" { platforms = ["linux/amd64"] }
    target "two" { platforms = ["linux/s390x"] }
    target "three" {
      platforms = ["linux/arm64"]
      target = "debug"
    }
    target "app" {
      name = "app-${n}"
      dockerfile = "app.Dockerfile"
      matrix = { n = ["arm64", "riscv64"] }
      platforms = ["linux/${n}"]
    }
    #- Dockerfile
    FROM alpine AS debug
    FROM alpine
    #- app.Dockerfile
    FROM alpine
"""


def write(directory: Path, markup: str) -> Path:
    for name, text in files(markup).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def test_targets_that_differ_in_their_platform_only_are_one_build(tmp_path: Path) -> None:
    write(tmp_path, ONE_FOR_EACH)
    assert [(it.name, it.platform_names) for it in built(tmp_path).declared] == [
        ("one", ("linux/amd64", "linux/s390x")),
        ("three", ("linux/arm64",)),
    ]
    assert built(tmp_path).title.startswith("one + two: linux/amd64, linux/s390x")
    app = Projects().build(tmp_path / "app.Dockerfile", Settings())
    assert app.title.startswith("app-arm64 + app-riscv64: linux/arm64, linux/riscv64")


def test_a_setting_chooses_one_of_the_merged_targets(tmp_path: Path) -> None:
    write(tmp_path, ONE_FOR_EACH)
    build = built(tmp_path, Settings(build="two"))
    assert build.title.startswith("two: linux/s390x ")
    assert [it.name for it in build.declared] == ["one", "two", "three"]


def test_a_build_that_names_platforms_is_shown_before_one_that_does_not(tmp_path: Path) -> None:
    markup = """
        #- docker-bake.hcl
        target "default" {}
        #- .github/workflows/b.yml
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            steps:
              - uses: docker/bake-action@v6
                with: {set: "*.platform=linux/amd64,linux/riscv64"}
        #- Dockerfile
        FROM alpine
        """
    assert built(write(tmp_path, markup)).title.startswith("default: linux/amd64, linux/riscv64")


def test_a_missing_target_is_reported_in_the_workflow(tmp_path: Path) -> None:
    markup = """
        #- .github/workflows/b.yml
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            steps:
              - uses: docker/build-push-action@v6
                with: {context: ., target: binary}
        #- Dockerfile
        FROM alpine
        """
    write(tmp_path, markup)
    (finding,) = built(tmp_path).analyzer(Workspace()).analyze("FROM alpine\n").diagnostics
    assert (finding.rule, finding.severity.value) == ("build-error", "information")
    assert ".github/workflows/b.yml, job `build` fails: there is no stage `binary`" in finding.message
    assert built(tmp_path).analyzer(Workspace()).analyze("FROM alpine AS binary\n").diagnostics == ()


@pytest.mark.parametrize(
    ("platforms", "expected"),
    [
        ('platforms = ["linux/amd64"]', ["linux/amd64"]),
        ('platforms = ["linux/amd64", "linux/arm64"]', ["linux/amd64", "linux/amd64,linux/arm64"]),
        ("", ["linux/amd64,linux/arm64"]),
    ],
)
def test_a_build_without_platforms_is_for_its_own_machine_where_another_names_some(
    tmp_path: Path, platforms: str, expected: list[str]
) -> None:
    (tmp_path / "docker-bake.hcl").write_text(
        f'group "default" {{ targets = ["app"] }}\ntarget "app" {{ {platforms} }}\ntarget "dev" {{ target = "dev" }}\n'
    )
    (tmp_path / "Dockerfile").write_text("FROM golang AS dev\nFROM dev\n")
    build = built(tmp_path)
    requests = [build.request, *(it.request for it in build.others)]
    assert sorted({",".join(map(str, it.target_platforms)) for it in requests}) == expected


def test_jobs_on_machines_of_one_platform_share_nothing(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM --platform=$BUILDPLATFORM alpine AS tools\nRUN apk add make\nFROM tools\n"
    )
    workflow = tmp_path / ".github" / "workflows" / "a.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04-arm\n"
        "    strategy: {matrix: {platform: [linux/arm64, linux/arm/v7]}}\n    steps:\n"
        "      - uses: docker/build-push-action@v6\n        with: {platforms: '${{ matrix.platform }}'}\n"
    )
    analysis = (
        Projects()
        .build(tmp_path / "Dockerfile", Settings())
        .analyzer(Workspace())
        .analyze((tmp_path / "Dockerfile").read_text())
    )
    assert [it.label for it in analysis.plan.steps if it.kind == "exec"] == ["[tools 2/2] RUN apk add make"] * 2
    # In one job, both platforms share the step.
    workflow.write_text(workflow.read_text().replace("'${{ matrix.platform }}'", "'linux/arm64,linux/arm/v7'"))
    analysis = (
        Projects()
        .build(tmp_path / "Dockerfile", Settings())
        .analyzer(Workspace())
        .analyze((tmp_path / "Dockerfile").read_text())
    )
    assert len([it for it in analysis.plan.steps if it.kind == "exec"]) == 1


@every_case(
    "path, expected",
    [
        ("Dockerfile", "linux/amd64,linux/arm64"),
        ("Dockerfile.aarch64", "linux/arm64"),
        ("v1/armhf/Dockerfile", "linux/arm/v7"),
        ("amd64-and-arm64/Dockerfile", "linux/amd64,linux/arm64"),
    ],
)
def test_a_dockerfile_named_after_an_architecture_is_planned_for_it(tmp_path: Path, path: str, expected: str) -> None:
    (tmp_path / ".git").mkdir()
    dockerfile = tmp_path / path
    dockerfile.parent.mkdir(parents=True, exist_ok=True)
    dockerfile.write_text("FROM alpine\n")
    request = Projects().build(dockerfile, Settings()).request
    assert ",".join(map(str, request.target_platforms)) == expected


def test_each_build_has_its_own_origin(root: Path) -> None:
    build = Projects().build(root / "Dockerfile", Settings())
    assert build.origin == "docker-bake.hcl, target `app`"
    assert {it.name: str(it.origin) for it in build.others} == {
        "dev": "docker-bake.hcl, target `dev`",
        "release": ".github/workflows/ci.yml, job `release`",
    }


def test_what_a_workflow_pushes_is_shown_before_what_a_makefile_pushes(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        #- Dockerfile
        FROM alpine
        #- Makefile
        publish:
        \tdocker buildx build --push --platform linux/amd64,linux/arm64,linux/arm/v7 .
        #- .github/workflows/a.yml
        on: push
        jobs:
          test:
            runs-on: ubuntu-latest
            steps:
              - uses: docker/build-push-action@v6
                with: {context: ., platforms: "linux/amd64,linux/arm64"}
          publish:
            runs-on: ubuntu-latest
            steps:
              - uses: docker/build-push-action@v6
                with: {context: ., platforms: "linux/amd64,linux/arm64", push: true}
        """,
    )
    shown = built(tmp_path).shown
    assert shown is not None
    assert (shown.source.name, shown.name, shown.pushes) == ("a.yml", "publish", True)


_COMPILED = """
#- .git/HEAD
#- Dockerfile
FROM golang AS build
RUN go build -o /app .
FROM alpine
COPY --from=build /app /app
"""
"""The rest of a repository: a Dockerfile that compiles in a stage for the target."""

_PUBLISHED = """
#- .github/workflows/release.yml
on: push
jobs:
  amd64:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: linux/amd64, push: true}
  arm64:
    runs-on: RUNNER
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: linux/arm64, push: true, build-args: "A=b"}
#- push.sh
#!/bin/sh
docker buildx build --platform PLATFORMS --push .
"""


@pytest.mark.parametrize(
    ("runner", "platforms", "n_emulated"),
    [
        ("ubuntu-24.04-arm", "linux/amd64,linux/arm64", 0),
        # A platform that no workflow builds is emulated.
        ("ubuntu-24.04-arm", "linux/amd64,linux/s390x", 1),
        ("ubuntu-latest", "linux/amd64,linux/arm64", 1),
    ],
)
def test_a_script_is_not_told_of_emulation_that_workflows_avoid(
    tmp_path: Path, runner: str, platforms: str, n_emulated: int
) -> None:
    write(tmp_path, _PUBLISHED.replace("RUNNER", runner).replace("PLATFORMS", platforms) + _COMPILED)
    assert emulated_builds(tmp_path / "Dockerfile") == n_emulated


_STARTED = """
#- .github/workflows/release.yml
on: push
jobs:
  image:
    runs-on: RUNNER
    env: {PLATFORMS: VALUE}
    steps:
      - uses: actions/checkout@v4
      - run: ci/publish
#- ci/publish
#!/usr/bin/env bash
docker buildx build --platform "${PLATFORMS:-linux/amd64,linux/arm64}" --push .
"""


@pytest.mark.parametrize(
    ("runner", "platforms", "n_emulated"),
    [
        # Without the variable, the script is for both platforms; a person who starts it so can leave arm64 to the job.
        ("ubuntu-24.04-arm", "linux/arm64", 0),
        ("ubuntu-latest", "linux/arm64", 1),
        ("ubuntu-24.04-arm", "linux/s390x", 1),
    ],
)
def test_a_script_without_an_ending_runs_on_the_machine_of_its_job(
    tmp_path: Path, runner: str, platforms: str, n_emulated: int
) -> None:
    write(tmp_path, _STARTED.replace("RUNNER", runner).replace("VALUE", platforms) + _COMPILED)
    assert emulated_builds(tmp_path / "Dockerfile") == n_emulated


_OF_BAKE = """
#- .github/workflows/release.yml
on: push
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: {matrix: "${{ steps.list.outputs.matrix }}"}
    steps: [{id: list, run: ./list.sh}]
  image:
    needs: plan
    runs-on: RUNNER
    strategy:
      matrix: {platform: "${{ fromJson(needs.plan.outputs.matrix) }}"}
    steps:
      - uses: docker/bake-action@v6
        with: {targets: "TARGETS", set: "*.platform=${{ matrix.platform }}"}
#- docker-bake.hcl
target "app" {
  platforms = ["linux/amd64", "linux/arm64"]
  args = { TAG = "1" }
}
"""
_CHOSEN = "${{ matrix.platform == 'linux/amd64' && 'ubuntu-latest' || 'ubuntu-24.04-arm' }}"


@every_case(
    "runner, targets, n_emulated",
    [
        (_CHOSEN, "app", 0),
        (_CHOSEN, "${{ inputs.image }}", 0),
        ("${{ matrix.runner }}", "${{ inputs.image }}", 0),
        # One machine emulates, although each platform has a job.
        ("ubuntu-latest", "app", 1),
        ("ubuntu-latest", "${{ inputs.image }}", 1),
        # The workflow builds something else, but on machines of both kinds.
        (_CHOSEN, "other", 0),
        ("ubuntu-latest", "other", 1),
    ],
)
def test_machines_of_a_bake_action_in_a_matrix_of_unknown_platforms(
    tmp_path: Path, runner: str, targets: str, n_emulated: int
) -> None:
    text = _OF_BAKE.replace("RUNNER", runner).replace("TARGETS", targets)
    write(tmp_path, text + _COMPILED)
    assert emulated_builds(tmp_path / "Dockerfile", Settings()) == n_emulated


def test_unknown_bake_targets_may_be_any_target(tmp_path: Path) -> None:
    text = _OF_BAKE.replace("RUNNER", "ubuntu-latest").replace("TARGETS", "${{ inputs.image }}")
    write(tmp_path, text + _COMPILED)
    by_workflow = [it for it in built(tmp_path).declared if it.is_automated]
    assert [(it.name, it.is_separate, "platforms" in it.unknown) for it in by_workflow] == [("app", True, True)]


_DEFINITION = "define image\n\tdocker buildx build -f $(1)/Dockerfile \\\n\t  --platform $(ALL) .\nendef\nall:\n\t$(call image,tool)\n"
_FUNCTION = 'image() { docker buildx build --platform linux/amd64,linux/arm64 -f "$1/Dockerfile" .; }\n'
_COMPOSE = "services: {tool: {build: ./tool}}"
_LINTING = "on: push\njobs: {lint: {runs-on: ubuntu-latest, steps: [{run: make lint}]}}"
_MATRIX = "on: push\njobs: {i: {strategy: {matrix: '${{ fromJSON(inputs.m) }}'}, steps: [{uses: docker/build-push-action@v6, with: {context: tool, platforms: '${{ matrix.p }}'}}]}}"


@pytest.mark.slow
@every_case(
    "others, n_emulated",
    [
        ({}, 1),
        # Nothing here builds an image.
        ({".github/workflows/ci.yml": _LINTING}, 1),
        ({".github/workflows/ci.yml": f"{_LINTING}\n# docker build\n", "run.sh": "docker run tool\n"}, 1),
        # The repository builds images, and no build asks for another platform of this one.
        ({"push.sh": "docker buildx build --platform linux/amd64,linux/arm64 ."}, 0),
        ({"docker-bake.hcl": 'target "app" { platforms = ["linux/amd64", "linux/arm64"] }'}, 0),
        ({"compose.yaml": _COMPOSE}, 0),
        ({".github/workflows/ci.yml": _LINTING.replace("make lint", "docker compose up --build")}, 0),
        ({"Justfile": "image:\n    docker build --load -f {{FILE}} .\n"}, 0),
        ({"compose.yaml": _COMPOSE, ".github/workflows/ci.yml": _LINTING}, 0),
        # Several platforms are built of unknown Dockerfiles.
        ({".github/workflows/ci.yml": _LINTING, "Makefile": _DEFINITION}, 1),
        ({".github/workflows/ci.yml": _LINTING, "Makefile": _DEFINITION.replace("$(ALL)", "linux/amd64")}, 0),
        ({".github/workflows/ci.yml": _LINTING, "all.sh": _FUNCTION}, 1),
        ({".github/workflows/ci.yml": _LINTING, "all.sh": f"# {_FUNCTION}docker build .\n"}, 0),
        ({"all.sh": 'ARGS=(\n  buildx build\n  --platform "$PLATFORMS"\n  "$DIR"\n)\ndocker "${ARGS[@]}"\n'}, 1),
        ({"all.sh": 'ARGS=(\n  buildx build\n  --platform "$PLATFORMS"\n)\ndocker "${ARGS[@]}" .\n'}, 0),
        ({"all.sh": 'ARGS=(\n  buildx build\n  --tag "$NAME"\n)\ndocker "${ARGS[@]}" .\n'}, 0),
        ({".github/workflows/ci.yml": _MATRIX.replace("context: tool", "context: '${{ matrix.c }}'")}, 1),
        # The platforms of these builds are unknown; if the machine is unknown too, each platform may have its own.
        ({".github/workflows/ci.yml": _MATRIX.replace("steps", "runs-on: ubuntu-latest, steps")}, 1),
        ({".github/workflows/ci.yml": _MATRIX.replace("steps", "runs-on: '${{ matrix.r }}', steps")}, 0),
    ],
)
def test_a_project_without_multi_platform_builds_gets_no_findings_about_them(
    tmp_path_factory: pytest.TempPathFactory, others: dict[str, str], n_emulated: int
) -> None:
    root = tmp_path_factory.mktemp("project")
    stages = "FROM golang AS build\nRUN go build -o /tool .\nFROM alpine\nCOPY --from=build /tool /tool\n"
    for name, text in {**others, ".git/HEAD": "", "Dockerfile": "FROM scratch\n", "tool/Dockerfile": stages}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    # One of the two default platforms is not that of the machine, on any machine.
    assert emulated_builds(root / "tool" / "Dockerfile", Settings()) == n_emulated
    (root / "examples").mkdir()
    (root / "examples" / "Dockerfile").write_text(stages)
    # An example is not reported, although its project builds other files for several platforms.
    names_platforms = any("platform" in it for it in others.values())
    assert emulated_builds(root / "examples" / "Dockerfile", Settings()) == (n_emulated and not names_platforms)
    amd64, arm64 = parse_normalized("linux/amd64"), parse_normalized("linux/arm64")
    asked = Settings(build_platform=amd64, platforms=(amd64, arm64))
    assert emulated_builds(root / "tool" / "Dockerfile", asked) == 1


@pytest.mark.parametrize(("script", "n_emulated"), [('docker build -t "$name" .', 0), ("docker run tool", 1)])
def test_a_script_beside_a_dockerfile_builds_it(tmp_path: Path, script: str, n_emulated: int) -> None:
    markup = f"""
        #- .git/HEAD
        ref
        #- some/where/build.sh
        cd "$(dirname "$0")"
        {script}
        #- some/where/Dockerfile
        FROM golang AS build
        RUN go build -o /tool .
        FROM alpine
        COPY --from=build /tool /tool
        """
    write(tmp_path, markup)
    assert emulated_builds(tmp_path / "some" / "where" / "Dockerfile", Settings()) == n_emulated


def emulated_builds(dockerfile: Path, settings: Settings | None = None) -> int:
    """The number of findings of `emulated-build` on a machine for linux/amd64."""
    build = built(dockerfile.parent, settings) if settings is None else Projects().build(dockerfile, settings)
    analysis = build.analyzer(Workspace()).analyze(dockerfile.read_text())
    return sum(it.rule == "emulated-build" for it in analysis.diagnostics)


def test_one_text_may_name_several_platforms(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(
        'target "app" { platforms = ["linux/arm64,linux/s390x"] }\ntarget "other" { platforms = ["linux/amd64"] }\n'
    )
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    declared = Projects().build(tmp_path / "Dockerfile", Settings()).declared
    assert [it.single_platform_names for it in declared] == [("linux/arm64", "linux/s390x"), ("linux/amd64",)]


def test_merged_builds_are_named_together_and_no_more_than_four(tmp_path: Path) -> None:
    builds = [
        replace(declared_as(tmp_path, name), platform_names=(f"linux/{name}",))
        for name in ("amd64", "arm64", "386", "s390x", "ppc64le")
    ]
    assert [it.display_name for it in joined(builds[:2])] == ["amd64 + arm64"]
    assert [it.display_name for it in joined(builds)] == ["amd64 + arm64 + 386 + …"]
    assert [it.display_name for it in joined(builds[:1])] == ["amd64"]
    same = (builds[0], replace(builds[0], platform_names=("linux/arm64",)))
    assert [it.display_name for it in joined(same)] == ["amd64"]


def test_jobs_of_a_workflow_share_nothing(tmp_path: Path) -> None:
    builds = [
        replace(
            declared_as(tmp_path, name), platform_names=(f"linux/{name}",), machine=parse_normalized(f"linux/{name}")
        )
        for name in ("amd64", "arm64")
    ]
    assert [it.is_separate for it in joined(builds)] == [True]
    of_one_name = [replace(it, name="build") for it in builds]
    # One job has one machine.
    assert [it.is_separate for it in joined(of_one_name)] == [True]
    assert [it.is_separate for it in joined(replace(it, machine=builds[0].machine) for it in of_one_name)] == [False]
    assert [it.is_separate for it in joined([replace(it, machine=None) for it in builds])] == [False]


def test_outside_of_a_repository_no_script_above_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Path] = []

    def list_nothing(directory: Path) -> list[object]:
        listed.append(directory)
        return []

    monkeypatch.setattr("buildxray.projects.ci.script_files.entries_of", list_nothing)
    dockerfile = tmp_path / "app" / "Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text("FROM scratch\n")
    assert Projects().build(dockerfile, Settings()).shown is None
    assert {it.relative_to(tmp_path).parts[0] for it in listed} == {"app"}
    (tmp_path / ".git").mkdir()
    Projects().build(dockerfile, Settings())
    assert tmp_path in listed


SCRIPT = "#!/bin/sh\ndocker buildx build --platform linux/amd64,linux/arm/v7 --push .\n"


@every_case("repository, n_listed", [(None, (1, 1)), ("app", (1, 1)), (".", (0, 1)), ("..", (0, 0))])
def test_the_list_of_builds_of_a_script_beside_a_dockerfile(
    tmp_path: Path, repository: str | None, n_listed: tuple[int, int]
) -> None:
    """The scripts of a repository are listed for its root, those outside of one for each directory."""
    top = tmp_path / "top"
    dockerfile = top / "app" / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_text("FROM scratch\n")
    (dockerfile.parent / "buildx.sh").write_text(SCRIPT)
    if repository is not None:
        (top / repository / ".git").mkdir()
    assert Projects().build(dockerfile, Settings()).shown is not None
    for directory, n_builds in zip((dockerfile.parent, top), n_listed, strict=True):
        listed = read_project(directory, local_platform="linux/amd64").builds
        assert [it.dockerfile for it in listed] == [dockerfile] * n_builds


@every_case(
    "step, is_kept", [("reproducible-containers/buildkit-cache-dance@v3", True), ("docker/build-push-action@v6", False)]
)
def test_a_workflow_that_keeps_cache_mounts_is_known(
    tmp_path_factory: pytest.TempPathFactory, step: str, *, is_kept: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    workflows = root / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "Dockerfile").write_text("FROM alpine\n")
    (workflows / "ci.yml").write_text(f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{uses: {step}}}]}}}}\n")
    stored = built(root).stored_caches
    assert stored is not None
    assert stored() is is_kept


_COMPUTED = """
#- .github/workflows/release.yml
on: push
jobs:
  setup:
    runs-on: ubuntu-latest
    outputs: {runner: "${{ steps.pick.outputs.runner }}"}
    steps:
      - id: pick
        run: node pick.js
  measure:
    needs: setup
    runs-on: ${{ needs.setup.outputs.runner }}
    steps:
      - run: node measure.js
#- pick.js
console.log("RUNNER")
#- .github/workflows/test.yml
on: push
jobs:
  test:
    runs-on: RUNNER
    steps:
      - run: docker version
#- .git/HEAD
#- all.sh
#!/bin/sh
docker buildx build --platform "$1" -f "$2" .
#- one/Dockerfile
FROM golang AS build
RUN go build -o /app .
FROM alpine
COPY --from=build /app /app
"""


@pytest.mark.parametrize(("runner", "n_emulated"), [("ubuntu-24.04-arm", 0), ("ubuntu-24.04", 1)])
def test_a_job_on_a_machine_that_is_computed_may_be_native(tmp_path: Path, runner: str, n_emulated: int) -> None:
    write(tmp_path, _COMPUTED.replace("RUNNER", runner))
    assert emulated_builds(tmp_path / "one" / "Dockerfile") == n_emulated


_CACHED = """
#- .github/workflows/release.yml
on: push
jobs:
  parts:
    runs-on: ${{ matrix.runner }}
    strategy:
      matrix:
        include: [{platform: linux/amd64, runner: ubuntu-latest}, {platform: linux/arm64, runner: ubuntu-24.04-arm}]
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: "${{ matrix.platform }}", TO: "type=registry,ref=a/cache:${{ matrix.platform }}"}
  whole:
    needs: parts
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: "WANTED", push: true, FROM: "type=registry,ref=a/cache:linux-arm64"}
"""


@pytest.mark.parametrize(
    ("to", "from_", "platforms", "n_emulated"),
    [
        ("cache-to", "cache-from", "linux/amd64,linux/arm64", 0),
        # Without a cache the job compiles again; a platform that no job builds is in no cache.
        ("cache-to", "x-from", "linux/amd64,linux/arm64", 1),
        ("x-to", "cache-from", "linux/amd64,linux/arm64", 1),
        ("cache-to", "cache-from", "linux/amd64,linux/arm64,linux/s390x", 1),
    ],
)
def test_a_job_takes_emulated_steps_from_the_cache_of_native_ones(
    tmp_path: Path, to: str, from_: str, platforms: str, n_emulated: int
) -> None:
    text = _CACHED.replace("TO:", f"{to}:").replace("FROM:", f"{from_}:").replace("WANTED", platforms)
    write(tmp_path, text + _COMPILED)
    assert emulated_builds(tmp_path / "Dockerfile") == n_emulated
    workflow = tmp_path / ".github" / "workflows" / "release.yml"
    found = look_at(workflow, workflow.read_text(), Projects(), Settings()).diagnostics
    assert [it.rule for it in found] == ["emulating-runner"] * n_emulated


_ON_ARM = """
#- .github/workflows/a.yml
on: push
jobs:
  all:
    runs-on: ${{ matrix.runner }}
    strategy: {matrix: {runner: [ubuntu-24.04, RUNNER]}}
    steps:
      - run: tool --make images && docker push --all-tags a
"""
_BAKE = '#- docker-bake.hcl\ntarget "app" { platforms = ["linux/amd64", "linux/arm64"] }\n'
_COMMAND = "#- Makefile\nimage:\n\tdocker buildx build --platform {} .\n"
_JOB = (
    "#- .github/workflows/b.yml\non: push\njobs:\n  b:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - run: docker buildx build --platform {} .\n"
)


@pytest.mark.parametrize(
    ("files", "n_emulated"),
    [
        (_BAKE, 0),
        (_COMMAND.format("linux/arm64"), 0),
        (_COMMAND.format("linux/$(ARCH)"), 0),
        # One command uses one builder.
        (_COMMAND.format("linux/amd64,linux/arm64"), 1),
        # A job that emulates is seen.
        (_JOB.format("linux/amd64,linux/arm64"), 1),
        (_BAKE + _JOB.format("linux/arm64"), 1),
        (_BAKE + _JOB.format("linux/amd64"), 0),
    ],
)
def test_a_build_without_a_known_machine_may_be_run_on_the_arm_machines_of_a_project(
    tmp_path: Path, files: str, n_emulated: int
) -> None:
    for runner, n_findings in (("ubuntu-24.04-arm", n_emulated), ("ubuntu-22.04", 1)):
        root = tmp_path / runner
        write(root, _ON_ARM.replace("RUNNER", runner) + files + _COMPILED)
        assert emulated_builds(root / "Dockerfile") == n_findings


_MATRIX_OF_UNKNOWN = """
#- .github/workflows/a.yml
on: push
jobs:
  build:
    runs-on: RUNNER
    strategy: {matrix: {platform: [linux/amd64, linux/arm64]}}
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., platforms: "PLATFORMS"}
"""


@pytest.mark.parametrize(
    ("runner", "platforms", "n_emulated"),
    [
        # Each platform has a job, which the machine of the user does not run.
        ("${{ vars[matrix.platform] }}", "${{ matrix.platform }}", 0),
        ("${{ vars.RUNNER }}", "linux/amd64,linux/arm64", 1),
        ("ubuntu-latest", "${{ matrix.platform }}", 1),
    ],
)
def test_a_machine_of_the_user_is_not_that_of_separate_jobs(
    tmp_path: Path, runner: str, platforms: str, n_emulated: int
) -> None:
    write(tmp_path, _MATRIX_OF_UNKNOWN.replace("RUNNER", runner).replace("PLATFORMS", platforms) + _COMPILED)
    assert (
        emulated_builds(tmp_path / "Dockerfile", Settings(build_platform=parse_normalized("linux/amd64"))) == n_emulated
    )


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        # The only build with the stage is for this machine, where the default is right.
        ("docker build --target debug .", []),
        ("docker buildx build --platform linux/amd64,linux/arm64 --target debug .", [" (in the build `tools`)"]),
        # Nothing builds the stage.
        ("docker build --target final .", [""]),
    ],
)
def test_a_finding_in_a_stage_is_in_the_builds_that_need_the_stage(
    tmp_path: Path, tools: str, expected: list[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Makefile").write_text(
        "image:\n\tdocker buildx build --platform linux/amd64,linux/arm64 --target final .\n"
        f"local:\n\tdocker build --target final .\ntools:\n\t{tools}\n"
    )
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(
        "FROM alpine AS tools\nRUN wget https://example.com/tool-${TARGETARCH:-amd64}\n"
        "FROM alpine AS final\nFROM final AS debug\nCOPY --from=tools /tool* /\n"
    )
    analysis = built(tmp_path, Settings()).analyzer(Workspace()).analyze(dockerfile.read_text())
    found = [it.message for it in analysis.diagnostics if it.rule == "undeclared-platform-arg"]
    assert [it.partition("for every platform")[2] for it in found] == expected


@every_case(
    "lines, others, expected",
    [
        ("RUN CGO_ENABLED=0 go build -o /app .", "linux/amd64", "safe"),
        ("RUN CGO_ENABLED=0 go build -o /app .", "linux/amd64,linux/arm/v7", "safe"),
        # There the compiler on another machine would need GOARM.
        ("RUN CGO_ENABLED=0 go build -o /app .", "linux/arm/v6", "suggestion"),
        # Go 1.22 refuses `GOARM=8` and `GOARM=2`.
        (
            "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -o /app .",
            "linux/arm/v7",
            "safe",
        ),
        (
            "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -o /app .",
            "linux/amd64/v2",
            "suggestion",
        ),
    ],
)
def test_a_safe_fix_does_no_harm_in_another_build(tmp_path: Path, lines: str, others: str, expected: str) -> None:
    text = f"FROM golang:1.22 AS build\nCOPY . .\n{lines}\nFROM scratch\nCOPY --from=build /app /app\n"
    listed = ", ".join(f'"{it}"' for it in others.split(","))
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "docker-bake.hcl").write_text(
        'group "default" { targets = ["a", "b"] }\n'
        'target "a" { platforms = ["linux/amd64", "linux/arm64"] }\n'
        f'target "b" {{ platforms = [{listed}] }}\n'
    )
    build = Projects().build(tmp_path / "Dockerfile", Settings())
    found = build.analyzer(Workspace()).analyze(text).diagnostics
    rules = ("emulated-build", "undeclared-platform-arg")
    fixes = [fix.safety.value for it in found if it.rule in rules for fix in it.fixes]
    assert fixes[-1:] == [expected]
