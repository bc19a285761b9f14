"""Builds that Bake files, Compose files and workflows declare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.platform import Platform
from buildxray.projects.reader import read_project
from tests.support.cases import every_case
from tests.support.markup import files

if TYPE_CHECKING:
    import pytest


def write(root: Path, markup: str) -> None:
    for name, text in files(markup).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def described(root: Path, dockerfile: str = "Dockerfile", settings: Settings | None = None) -> str:
    """The build of a Dockerfile in one line: platforms, target, arguments, origin."""
    build = Projects().build(root / dockerfile, settings or Settings())
    request = build.request
    platforms = ",".join(map(str, request.target_platforms))
    arguments = ",".join(f"{name}={value}" for name, value in request.build_arguments)
    return f"{platforms} | {request.target_stage} | {arguments} | {build.origin}"


NOTHING = "linux/amd64,linux/arm64 |  |  | "


@every_case(
    "markup, expected",
    [
        (
            """
            #- docker-bake.hcl
            target "default" {
              platforms = ["linux/amd64", "linux/arm/v7"]
              target = "release"
              args = { GO_VERSION = "1.26", N = 3 }
            }
            """,
            "linux/amd64,linux/arm/v7 | release | GO_VERSION=1.26,N=3 | docker-bake.hcl, target `default`",
        ),
        (
            """
            #- docker-bake.hcl
            variable "PLATFORMS" { default = ["linux/amd64", "linux/s390x"] }
            variable "V" { default = "1" }
            target "_base" {
              platforms = PLATFORMS
              args = { A = "x${V}", B = V }
            }
            target "app" {
              inherits = ["_base"]
              args = { B = "2", C = upper(V) }
            }
            """,
            "linux/amd64,linux/s390x |  | A=x1,B=2,C=1 | docker-bake.hcl, target `app`",
        ),
        (
            """
            #- docker-bake.hcl
            variable "MORE" { default = "linux/riscv64,linux/386" }
            target "app" { platforms = concat(["linux/arm64"], split(",", MORE)) }
            """,
            "linux/arm64,linux/riscv64,linux/386 |  |  | docker-bake.hcl, target `app`",
        ),
        (
            """
            #- docker-bake.hcl
            group "default" { targets = ["some"] }
            group "some" { targets = ["app"] }
            target "lint" { platforms = ["linux/amd64", "linux/arm64", "linux/386"] }
            target "app" { platforms = ["linux/arm64"] }
            """,
            "linux/arm64 |  |  | docker-bake.hcl, target `app`",
        ),
        (
            """
            #- docker-bake.hcl
            target "image" {
              name = "image-${stage}"
              matrix = { stage = ["lint", "release"], p = ["linux/s390x"] }
              target = stage
              platforms = [p]
            }
            """,
            "linux/s390x | lint |  | docker-bake.hcl, target `image-lint`",
        ),
        (
            """
            #- docker-bake.json
            {"variable": {"P": {"default": "linux/ppc64le"}}, "target": {"app": {"platforms": ["${P}"], "context": "."}}}
            #- docker-bake.override.hcl
            target "app" { target = "release" }
            """,
            "linux/ppc64le | release |  | docker-bake.json, target `app`",
        ),
        (
            """
            #- compose.yaml
            services:
              web:
                build:
                  context: .
                  target: ${STAGE:-release}
                  platforms: [linux/amd64, "${P:-linux/s390x}"]
                  args: [A=1, "B=$UNKNOWN", C]
            """,
            "linux/amd64,linux/s390x | release | A=1,B= | compose.yaml, service `web`",
        ),
        (
            """
            #- docker-compose.yml
            services:
              db: {image: postgres}
              web:
                platform: linux/arm64
                build: .
              other:
                build: {context: sub, dockerfile: ../Dockerfile, args: {X: true}}
            """,
            "linux/arm64 |  |  | docker-compose.yml, service `web`",
        ),
        (
            """
            #- .github/workflows/ci.yml
            env: {MORE: linux/arm64}
            jobs:
              image:
                steps:
                  - uses: actions/checkout@v4
                  - uses: docker/build-push-action@v6
                    with:
                      platforms: linux/amd64,${{ env.MORE }}
                      target: release
                      build-args: |
                        A=1
                        B=${{ secrets.B }}
            """,
            "linux/amd64,linux/arm64 | release | A=1 | .github/workflows/ci.yml, job `image`",
        ),
        (
            """
            #- .github/workflows/ci.yml
            jobs:
              image:
                strategy:
                  matrix:
                    platform: [linux/amd64, linux/arm/v6]
                    include: [{platform: linux/386}]
                steps:
                  - uses: docker/build-push-action@v6
                    with: {file: ./Dockerfile, context: sub, platforms: "${{ matrix.platform }}"}
            """,
            "linux/amd64,linux/arm/v6,linux/386 |  |  | .github/workflows/ci.yml, job `image`",
        ),
        (
            """
            #- .github/workflows/ci.yaml
            jobs:
              image:
                steps:
                  - run: |
                      set -e
                      docker buildx build --platform=linux/amd64,linux/s390x -t x/y:1 \\
                        --build-arg V=2 --build-arg W=$W --target release --push .
            """,
            "linux/amd64,linux/s390x | release | V=2 | .github/workflows/ci.yaml, job `image`",
        ),
    ],
)
def test_declared_builds_are_read(tmp_path: Path, markup: str, expected: str) -> None:
    write(tmp_path, markup)
    assert described(tmp_path) == expected


@every_case(
    "markup",
    [
        '#- docker-bake.hcl\ntarget "app" {\n',
        '#- docker-bake.hcl\ntarget "app" { dockerfile = "other.Dockerfile" platforms = ["linux/386"] }\n',
        '#- docker-bake.hcl\ntarget "app" { context = "https://github.com/x/y.git" platforms = ["linux/386"] }\n',
        '#- docker-bake.hcl\ntarget "app" { dockerfile-inline = "FROM x" platforms = ["linux/386"] }\n',
        '#- docker-bake.hcl\ntarget "app" { inherits = ["app"] platforms = unknown(P) }\n',
        '#- docker-bake.hcl\nvariable "A" { default = "${A}" }\ntarget "app" { dockerfile = A }\n',
        "#- docker-bake.json\n[1, 2]\n",
        '#- docker-bake.json\n{"target": {"app": {"platforms": ["not a platform", 3]}}}\n',
        "#- compose.yaml\nservices: [a: b\n",
        "#- compose.yaml\nservices:\n  a: {build: {dockerfile_inline: FROM x}}\n  b:\n  c: {build: [1]}\n",
        "#- compose.yaml\n- 1\n",
        "#- .github/workflows/ci.yml\njobs: {a: {steps: [{run: docker build sub}, {uses: docker/build-push-action}, 3]}}\n",
        "#- .github/workflows/ci.yml\njobs: docker\n",
        "#- .github/workflows/ci.yml\njobs: {a: {steps: [{run: 'docker build --platform $P ('}]}}\n",
    ],
)
def test_files_that_declare_no_build_of_the_dockerfile(tmp_path: Path, markup: str) -> None:
    write(tmp_path, markup)
    assert described(tmp_path).startswith("linux/amd64,linux/arm64 |  |  |")


def test_a_bake_file_above_the_dockerfile_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        '#- docker-bake.hcl\ntarget "a" { context = "services/a" platforms = ["linux/arm64"] }\n#- services/a/Dockerfile\nFROM x\n',
    )
    assert described(tmp_path, "services/a/Dockerfile").startswith("linux/arm64 |")
    assert described(tmp_path, "services/b/Dockerfile") == NOTHING


def test_files_above_the_repository_are_not_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        '#- docker-bake.hcl\ntarget "a" { context = "repo" platforms = ["linux/arm64"] }\n#- repo/.git/HEAD\nx\n',
    )
    assert described(tmp_path, "repo/Dockerfile") == NOTHING


def test_a_setting_overrides_declared_platforms(tmp_path: Path) -> None:
    write(tmp_path, '#- docker-bake.hcl\ntarget "a" { target = "t" platforms = ["linux/arm64"] }\n')
    setting = Settings((Platform("linux", "386"),))
    assert described(tmp_path, settings=setting) == "linux/386 | t |  | the setting `platforms`"
    (tmp_path / "buildxray.toml").write_text('platforms = ["linux/s390x"]\n')
    assert described(tmp_path) == "linux/s390x | t |  | buildxray.toml"
    assert described(tmp_path, settings=setting).startswith("linux/386 |")


def test_declared_platforms_are_a_request_for_several(tmp_path: Path) -> None:
    projects = Projects()
    assert not projects.build(tmp_path / "Dockerfile", Settings()).asks_for_several
    write(tmp_path, '#- docker-bake.hcl\ntarget "a" { platforms = ["linux/arm64", "linux/386"] }\n')
    assert not projects.build(tmp_path / "Dockerfile", Settings()).asks_for_several
    assert Projects().build(tmp_path / "Dockerfile", Settings()).asks_for_several


@every_case(
    "path, repository, expected",
    [
        ("test/Dockerfile", "", "Dockerfile"),
        ("arm64/Dockerfile", "", "arm64/Dockerfile"),
        ("test/Dockerfile", ".", "test/Dockerfile"),
        ("test/Dockerfile", "test", "Dockerfile"),
    ],
)
def test_paths_outside_of_a_repository_contain_only_architectures(
    tmp_path: Path, path: str, repository: str, expected: str
) -> None:
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).touch()
    if repository:
        (tmp_path / repository / ".git").mkdir()
    assert Projects().build(tmp_path / path, Settings()).dockerfile == expected


@every_case(
    "targets, shown",
    [
        ('target "meta" {}\ntarget "app" { inherits = ["meta"] }', "app"),
        ('target "meta" { platforms = ["linux/arm64"] }\ntarget "app" {\n inherits = ["meta"]\n dockerfile = "b" \n}', "app"),
        ('target "docker-metadata-action" {}\ntarget "app" {\n inherits = ["docker-metadata-action"]\n target = "t" \n}', "app"),
        # A target without a stage is for the whole file.
        ('target "all" {}\ntarget "debug" {\n inherits = ["all"]\n target = "debug" \n}', "all debug"),
        ('target "one" { dockerfile = "b" }\ntarget "two" { inherits = ["one"] }', "one two"),
        ('target "one" { contexts = { a = "b" } }\ntarget "two" { inherits = ["one"] }', "one two"),
        ('group "rest" { targets = ["one"] }\ntarget "one" {}\ntarget "two" { inherits = ["one"] }', "one two"),
        ('target "default" {}\ntarget "two" { inherits = ["default"] }', "default two"),
        ('target "_one" { dockerfile = "b" }\ntarget "two" { inherits = ["_one"] }', "two"),
        ('target "app" {}\ntarget "other" {}', "app other"),
    ],
)  # fmt: skip
def test_a_target_that_only_gives_attributes_to_others_is_not_a_build(
    tmp_path_factory: pytest.TempPathFactory, targets: str, shown: str
) -> None:
    root = tmp_path_factory.mktemp("bake")
    (root / "docker-bake.hcl").write_text(targets)
    read = read_project(root, local_platform="linux/amd64").builds
    assert " ".join(sorted(it.name for it in read if it.is_shown)) == shown


def test_a_target_that_only_gives_attributes_is_a_build_if_a_command_names_it(tmp_path: Path) -> None:
    text = 'target "meta" {}\ntarget "app" {\n inherits = ["meta"]\n dockerfile = "b" \n}'
    (tmp_path / "docker-bake.hcl").write_text(text)
    (tmp_path / ".git").mkdir()
    (tmp_path / "build.sh").write_text("docker buildx bake meta\n")
    assert {it.name for it in read_project(tmp_path, local_platform="linux/amd64").builds if it.is_shown} == {
        "meta",
        "app",
    }


@every_case(
    "file, text, context, directory",
    [
        (".git/config", '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:acme/app.git\n', "https://github.com/Acme/app.git?ref=main&subdir=site", "site"),
        (".git/config", '[remote "origin"]\n\tfetch = x\n\turl = https://github.com/acme/app\n', "https://github.com/acme/app.git#v1:deploy/site", "deploy/site"),
        (".git/config", '[remote "origin"]\n\turl = https://github.com/acme/app\n', "https://github.com/acme/app.git", "."),
        (".git/config", '[remote "upstream"]\n\turl = https://github.com/acme/app\n', "https://github.com/acme/app.git", None),
        ("go.mod", "module github.com/acme/app/v2\n", "https://github.com/acme/app.git#:site", "site"),
        ("package.json", '{"repository": "acme/app"}', "https://github.com/acme/app.git#:site", "site"),
        ("package.json", '{"repository": {"url": "git+https://github.com/acme/app.git"}}', "git@github.com:acme/app.git#:site", "site"),
        ("package.json", '{"repository": "acme/other"}', "https://github.com/acme/app.git#:site", None),
        ("package.json", "[", "https://github.com/acme/app.git#:site", None),
        ("package.json", '{"repository": "acme/app"}', "https://github.com/acme/app.git#:../x", None),
        ("package.json", '{"repository": "acme/app"}', "https://example.com/acme/app.git#:site", None),
    ],
)  # fmt: skip
def test_a_context_at_the_address_of_the_project_is_a_directory_of_it(
    tmp_path_factory: pytest.TempPathFactory, file: str, text: str, context: str, directory: str | None
) -> None:
    root = tmp_path_factory.mktemp("project")
    write(root, f'#- docker-bake.hcl\ntarget "app" {{ context = "{context}" }}\n')
    (root / ".git").mkdir(exist_ok=True)
    (root / file).write_text(text)
    (build,) = read_project(root, local_platform="linux/amd64").builds or (None,)
    place = None if build is None or build.remote else build.dockerfile.parent.relative_to(root).as_posix()
    assert place == directory


CALL = """
#- Makefile
image:
\tdocker buildx bake -f {name} {options}
"""


@every_case(
    "name, text, before, expected",
    [
        ("bake.hcl", 'target "app" { platforms = ["linux/arm64"] }', "", ["bake.hcl app linux/arm64"]),
        (
            "ci/images.bake.json",
            '{"target": {"app": {"platforms": ["linux/arm64"]}}}',
            "",
            ["images.bake.json app linux/arm64"],
        ),
        ("docker-bake.ci.hcl", 'target "app" { inherits = ["base"] }', "", []),
        # Only a Dockerfile that exists shows that the file is one of Bake, and where it is run.
        ("bake.hcl", 'target "app" { dockerfile = "app/Dockerfile" }', "", []),
        ("bake.json", '{"recipe": {"app": {}}}', "", []),
        ("cake.hcl", 'target "app" {}', "", []),
        # It completes the usual file.
        (
            "docker-bake.ci.hcl",
            'target "app" { platforms = ["linux/arm64"] }',
            '#- docker-bake.hcl\ntarget "app" {}\n',
            ["docker-bake.hcl app "],
        ),
        # Commands that name it tell its builds.
        (
            "bake.hcl",
            'target "app" { platforms = ["linux/arm64"] }',
            CALL.format(name="bake.hcl", options="--set *.platform=linux/s390x app"),
            ["bake.hcl app linux/s390x"],
        ),
        ("bake.hcl", 'target "app" {}', CALL.format(name="other.hcl", options=""), ["bake.hcl app "]),
    ],
)
def test_a_bake_file_of_another_name_is_read(
    tmp_path: Path, name: str, text: str, before: str, expected: list[str]
) -> None:
    write(tmp_path, f"#- .git/HEAD\nx\n#- Dockerfile\nFROM alpine\n{before}\n#- {name}\n{text}\n")
    listed = read_project(tmp_path, local_platform="linux/amd64").builds
    assert [f"{it.source.name} {it.name} {','.join(it.platform_names)}" for it in listed] == expected


def test_a_call_of_bake_with_unknown_arguments_counts_beside_another(tmp_path: Path) -> None:
    bake = 'variable "V" {}\ntarget "default" {\n  platforms = ["linux/arm64"]\n  args = { V = V }\n}\n'
    step = "on: push\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/bake-action@v6\n        env: {{V: {value}}}\n"
    one, two = step.format(name="one", value="1"), step.format(name="two", value="'${{ github.sha }}'")
    workflows = f"#- .github/workflows/one.yml\n{one}\n#- .github/workflows/two.yml\n{two}\n"
    write(tmp_path, f"#- .git/HEAD\nx\n#- Dockerfile\nFROM alpine\n#- docker-bake.hcl\n{bake}\n{workflows}")
    listed = read_project(tmp_path, local_platform="linux/amd64").builds
    assert sorted(it.caller.name for it in listed if it.caller is not None) == ["one", "two"]
