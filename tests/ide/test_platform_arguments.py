"""Builds that give a platform argument the value of another machine than the image is for."""

from __future__ import annotations

from pathlib import Path

from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.project_files import looked_at

_DOCKERFILE = """
    #- .git/HEAD
    #- Dockerfile
    FROM --platform=$BUILDPLATFORM golang AS build
    ARG TARGETOS TARGETARCH
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
    FROM alpine
    COPY --from=build /app /app
    #- own.Dockerfile
    FROM --platform=$TARGETPLATFORM alpine
    ARG TARGETPLATFORM
    RUN echo "$TARGETPLATFORM" > /platform
    #- neutral.Dockerfile
    FROM alpine
    RUN apk add curl
"""


def _findings(root: Path, name: str, text: str) -> list[str]:
    file = looked_at(root, _DOCKERFILE + text, name)
    found = [it for it in file.diagnostics if it.rule == "platform-by-build-arg"]
    return [f"{file.text[slice(*it.range)]} {it.severity.value}: {it.message}" for it in found]


def _fixed(root: Path, name: str, text: str) -> str:
    file = looked_at(root, _DOCKERFILE + text, name)
    (finding,) = (it for it in file.diagnostics if it.rule == "platform-by-build-arg")
    (fix,) = finding.fixes
    return apply_edits(file.text, fix.edits)


_WORKFLOW = """
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        strategy:
          matrix:
            include:
              - {{platform: linux/amd64, arch: amd64}}
              - {{platform: linux/arm64, arch: arm64}}
        runs-on: ubuntu-24.04
        steps:
          - uses: actions/checkout@v4
          - uses: docker/setup-qemu-action@v3
          - uses: docker/build-push-action@v6
            with:
              file: {file}
              platforms: {platforms}
              build-args: |
                {argument}
"""
_CI = ".github/workflows/ci.yml"


@every_case(
    "platforms, argument, images",
    [
        ("linux/amd64,linux/arm64", "TARGETARCH=amd64", "linux/arm64"),
        ("linux/amd64,linux/arm64,linux/arm/v7", "TARGETARCH=arm64", "linux/amd64 and linux/arm/v7"),
        ("linux/arm64", "TARGETARCH=amd64", "linux/arm64"),
        ("linux/arm64", "TARGETARCH=x86_64", "linux/arm64"),
        # A name that no platform has is the project's own; a value of a matrix fits.
        ("linux/arm64", "TARGETARCH=aarch64-musl", None),
        ("linux/arm64", "TARGETARCH=arm64", None),
        ("linux/arm/v6,linux/arm/v7", "TARGETARCH=arm", None),
        ("${{ matrix.platform }}", "TARGETARCH=${{ matrix.arch }}", None),
        ("${{ inputs.platforms }}", "TARGETARCH=amd64", None),
        ("linux/amd64,linux/arm64", "TARGETOS=linux", None),
        ("linux/amd64,linux/arm64", "BUILDPLATFORM=linux/amd64", None),
    ],
)
def test_an_argument_for_several_platforms(tmp_path: Path, platforms: str, argument: str, images: str | None) -> None:
    found = _findings(tmp_path, _CI, _WORKFLOW.format(file="Dockerfile", platforms=platforms, argument=argument))
    advice = "leave the argument out, and BuildKit gives each platform its own value"
    assert found == (
        [] if images is None else [f"TARGETARCH warning: the image for {images} is built with `{argument}`; {advice}"]
    )


@every_case("file, is_found", [("own.Dockerfile", True), ("neutral.Dockerfile", False)])
def test_a_file_that_uses_the_argument(tmp_path: Path, file: str, is_found: bool) -> None:
    text = _WORKFLOW.format(file=file, platforms="linux/amd64,linux/arm64", argument="TARGETPLATFORM=linux/amd64")
    assert bool(_findings(tmp_path, _CI, text)) == is_found


@every_case("first, second", [("VERSION=1", "TARGETARCH=amd64"), ("TARGETARCH=amd64", "VERSION=1")])
def test_the_line_of_the_argument_is_removed(tmp_path: Path, first: str, second: str) -> None:
    given = f"{first}\n                {second}"
    text = _WORKFLOW.format(file="Dockerfile", platforms="linux/amd64,linux/arm64", argument=given)
    assert _fixed(tmp_path, _CI, text).endswith("          build-args: |\n            VERSION=1\n")


def test_a_list_with_nothing_else_is_removed(tmp_path: Path) -> None:
    text = _WORKFLOW.format(file="Dockerfile", platforms="linux/amd64,linux/arm64", argument="TARGETARCH=amd64")
    assert _fixed(tmp_path, _CI, text).endswith("          platforms: linux/amd64,linux/arm64\n")


_MAKEFILE = """
    #- Makefile
    image:
    \tdocker build {} .
    image-arm64:
    \tdocker build {} .
"""
_ADVICE = "without `--platform` it is for the machine that builds it; write `--platform linux/arm64` instead"


@every_case(
    "first, second, found",
    [
        ("", "--build-arg TARGETARCH=arm64", [f"TARGETARCH information: `TARGETARCH=arm64` makes no image for arm64: {_ADVICE}"]),
        ("-t a", '-t b \\\n    \t  --build-arg "TARGETARCH=arm64"', [f"TARGETARCH information: `TARGETARCH=arm64` makes no image for arm64: {_ADVICE}"]),
        # No image is made.
        ("", "--build-arg TARGETARCH=arm64 --target build -o -", []),
        ("", "--build-arg TARGETARCH=arm64 --output type=local,dest=out", []),
        # The only build of a file may be run on its own machine.
        ("-f neutral.Dockerfile", "--build-arg TARGETARCH=arm64", []),
        ("", "--platform linux/arm64 --build-arg TARGETARCH=arm64", []),
        ("", "--platform linux/arm64 --build-arg TARGETARCH=amd64", ["TARGETARCH warning: the image for linux/arm64 is built with `TARGETARCH=amd64`; leave the argument out, and BuildKit gives each platform its own value"]),
        ("", "--build-arg TARGETARCH=$(ARCH)", []),
        ("-f own.Dockerfile", "-f own.Dockerfile --build-arg TARGETPLATFORM=linux/arm64", []),
        ("-f neutral.Dockerfile", "-f neutral.Dockerfile --build-arg TARGETARCH=arm64", []),
    ],
)  # fmt: skip
def test_a_makefile(tmp_path: Path, first: str, second: str, found: list[str]) -> None:
    assert _findings(tmp_path, "Makefile", _MAKEFILE.format(first, second)) == found


def test_of_two_builds_without_a_platform_one_is_wrong(tmp_path: Path) -> None:
    text = _MAKEFILE.format("--build-arg TARGETARCH=amd64", "--build-arg TARGETARCH=arm64")
    assert len(_findings(tmp_path, "Makefile", text)) == 2


def test_the_option_for_a_platform_replaces_the_arguments(tmp_path: Path) -> None:
    given = "-t b --build-arg TARGETOS=linux --build-arg TARGETARCH=arm64 --build-arg V=1"
    assert "\tdocker build -t b --platform linux/arm64 --build-arg V=1 .\n" in _fixed(
        tmp_path, "Makefile", _MAKEFILE.format("", given)
    )


@every_case("architecture, is_found", [("arm64", True), ("amd64", False)])
def test_the_machine_of_a_job_is_known(tmp_path: Path, architecture: str, is_found: bool) -> None:
    step = f"run: docker build --build-arg TARGETARCH={architecture} ."
    text = _WORKFLOW.partition("          - uses: docker/setup")[0].format() + f"          - {step}\n"
    found = _findings(tmp_path, _CI, text)
    assert [it.partition(":")[0] for it in found] == (["TARGETARCH warning"] if is_found else [])


def test_a_service_is_built_where_it_runs(tmp_path: Path) -> None:
    text = """
    #- compose.yaml
    services:
      a:
        build: .
      b:
        build:
          context: .
          args:
            TARGETARCH: arm64
    """
    assert _findings(tmp_path, "compose.yaml", text) == []
