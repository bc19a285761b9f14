"""Errors that depend on a build argument whose value only a run of the build knows."""

from __future__ import annotations

from pathlib import Path

from buildxray.ide.analysis import Analyzer
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.plan.outline import Cause
from buildxray.platforms.platform import parse_normalized
from buildxray.rules.base import Severity
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.markup import files

SETTINGS = Settings(build_platform=parse_normalized("linux/amd64"))
IMAGE = "ARG BASE=alpine\nFROM $BASE\n"
REGISTRY = "ARG REGISTRY=example.org\nARG BASE=$REGISTRY/base\nFROM $BASE\n"
PLATFORM = "ARG CPU\nFROM --platform=linux/$CPU alpine\n"


def causes(root: Path, dockerfile: str, markup: str) -> list[Cause]:
    """The causes of the errors of all builds of a Dockerfile."""
    for name, text in {"Dockerfile": dockerfile, **files(markup)}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".git").mkdir()
    build = Projects().build(root / "Dockerfile", SETTINGS)
    requests = [build.request, *(it.request for it in build.others)]
    return [error.cause for request in requests for error in Analyzer(request).analyze(dockerfile).build.errors]


def step(arguments: str) -> str:
    return f"""
        #- .github/workflows/a.yml
        on: push
        jobs:
          image:
            runs-on: ubuntu-latest
            steps:
              - uses: docker/build-push-action@v6
                with:
                  context: .
                  build-args: {arguments}
        """


def bake(variable: str, value: str = "${NAME}/base") -> str:
    return f"""
        #- docker-bake.hcl
        variable "NAME" {{ {variable} }}
        target "default" {{
          args = {{ BASE = "{value}" }}
        }}
        """


def make(argument: str) -> str:
    return f"""
        #- Makefile
        UNAME = $(shell which uname)
        P := $(shell ${{UNAME}} -m | tr A-Z a-z)
        DOCKER = $(shell which docker)
        image:
        \t$(DOCKER) build --build-arg {argument} .
        """


def compose(argument: str) -> str:
    return f"""
        #- compose.yaml
        services:
          app:
            build:
              context: .
              args: {argument}
        """


@every_case(
    "dockerfile, markup, expected",
    [
        # The name of the repository is not in its files.
        (IMAGE, step("BASE=example.org/${{ github.repository }}-base:1"), []),
        (IMAGE, step("BASE=example.org/-base-:1"), [Cause.FILE]),
        (PLATFORM, step("CPU=${{ vars.cpu }}"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, step("${{ vars.arguments }}"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, step("OTHER=${{ vars.cpu }}"), [Cause.PLATFORM_ARGUMENT]),
        # The environment sets a variable of Bake.
        (IMAGE, bake(""), [Cause.UNKNOWN_ARGUMENT]),
        (IMAGE, bake('default = ""'), [Cause.UNKNOWN_ARGUMENT]),
        (IMAGE, bake('default = "/"'), [Cause.FILE]),
        (IMAGE, bake("", "/base"), [Cause.FILE]),
        (REGISTRY, bake("").replace("BASE", "REGISTRY"), [Cause.UNKNOWN_ARGUMENT]),
        (REGISTRY, bake('default = "/"').replace("BASE", "REGISTRY"), [Cause.FILE]),
        # A command of the machine gives the value.
        (PLATFORM, make("CPU=$(P)"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, make("CPU"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, make("OTHER=$(P)"), [Cause.PLATFORM_ARGUMENT]),
        (PLATFORM, make("CPU=amd64"), []),
        # The environment of people sets a variable of Compose.
        (IMAGE, compose("{BASE: '${NAME}/base'}"), [Cause.UNKNOWN_ARGUMENT]),
        (IMAGE, compose("['BASE=${NAME}/base']"), [Cause.UNKNOWN_ARGUMENT]),
        (IMAGE, compose("{BASE: '${NAME:-/}/base'}"), [Cause.FILE]),
        (IMAGE, compose("['BASE=/base']"), [Cause.FILE]),
        # Without a value, the argument has that of the environment.
        (PLATFORM, compose("[CPU]"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, compose("{CPU: }"), [Cause.UNKNOWN_ARGUMENT]),
        (PLATFORM, compose("[OTHER]"), [Cause.PLATFORM_ARGUMENT]),
    ],
)
def test_the_causes_of_errors(tmp_path: Path, dockerfile: str, markup: str, expected: list[Cause]) -> None:
    assert causes(tmp_path, dockerfile, markup) == expected


TESTED = "FROM alpine\nARG TARGETARCH\nRUN [ $TARGETARCH = aarch64 ] && apk add a\n"
COMPILED = """\
FROM --platform=$BUILDPLATFORM golang AS b
RUN CGO_ENABLED=0 go build -o /a .
FROM scratch
COPY --from=b /a /a
"""


@every_case(
    "dockerfile, markup, expected",
    [
        (TESTED, compose("[OTHER=a]"), ["safe"]),
        (TESTED, compose("[TARGETARCH=aarch64]"), []),
        (TESTED, make("TARGETARCH=$(P)"), []),
        (TESTED, make("TARGETARCH"), []),
        # Another argument may be the one that is tested.
        (TESTED, step("${{ vars.arguments }}"), ["suggestion"]),
        (COMPILED, make("OTHER=$(P) --platform linux/amd64,linux/arm64"), ["safe"]),
        (COMPILED, make("TARGETARCH=$(P) --platform linux/amd64,linux/arm64"), ["suggestion"]),
    ],
)
def test_a_platform_argument_that_a_build_gives_has_the_spelling_of_the_project(
    tmp_path: Path, dockerfile: str, markup: str, expected: list[str]
) -> None:
    causes(tmp_path, dockerfile, markup)
    rules = ("impossible-arch-value", "wrong-arch-build")
    projects = Projects()
    path = tmp_path / "Dockerfile"
    analysis = projects.build(path, SETTINGS).analyzer(projects.workspace(tmp_path)).analyze(dockerfile)
    fixes = [fix for it in analysis.diagnostics if it.rule in rules for fix in it.fixes]
    assert [it.safety.value for it in fixes] == expected


@every_case(
    "markup, expected",
    [
        (step("BASE=example.org/base"), Severity.INFORMATION),
        (step("BASE=${{ vars.base }}"), Severity.INFORMATION),
        (step("OTHER=a"), Severity.WARNING),
        # It is not known which arguments the build gives.
        (step("${{ vars.arguments }}"), Severity.WARNING),
        (step("BASE=example.org/base") + compose("[BASE=b]"), Severity.INFORMATION),
        (step("BASE=example.org/base") + compose("[OTHER=b]"), Severity.WARNING),
    ],
)
def test_an_argument_without_a_default_that_each_build_gives(tmp_path: Path, markup: str, expected: Severity) -> None:
    causes(tmp_path, dockerfile := "ARG BASE\nFROM $BASE\n", markup)
    build = Projects().build(tmp_path / "Dockerfile", SETTINGS)
    analysis = build.analyzer(Workspace()).analyze(dockerfile)
    severities = [it.severity for it in analysis.diagnostics if it.rule == "invalid-default-arg-in-from"]
    assert severities == [expected]
