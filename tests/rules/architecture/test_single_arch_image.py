"""Images for one architecture in files that are named after it."""

from __future__ import annotations

from buildxray.rules.architecture.single_arch_image import single_arch_image
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, context, findings, reported, request


@every_case(
    "path, image",
    [
        ("Dockerfile.arm64", "arm64v8/alpine:3.22"),
        ("Dockerfile.amd64", "amd64/debian:13"),
        ("linux/arm32v7/Dockerfile", "arm32v7/debian:13"),
        ("images/aarch64/Dockerfile", "arm64v8/debian:13"),
        ("x/app-x64.Dockerfile", "example/base:1-amd64"),
    ],
)
def test_a_file_that_is_named_after_its_architecture_is_not_reported(path: str, image: str) -> None:
    text = f"FROM {image}\nARG TARGETARCH\nCOPY bin/$TARGETARCH/app /app\n"
    assert not findings(single_arch_image, context(text, workspace=Workspace(dockerfile=path)))


@every_case("path", ["Dockerfile", "Dockerfile.amd64", "charm64/Dockerfile", ""])
def test_file_that_does_not(path: str) -> None:
    text = "FROM arm64v8/alpine:3.22\nARG TARGETARCH\nCOPY bin/$TARGETARCH/app /app\n"
    assert findings(single_arch_image, context(text, workspace=Workspace(dockerfile=path)))


@every_case(
    "image, architecture",
    [
        ("arm64v8/alpine", "arm64"),
        ("docker.io/amd64/alpine:3", "amd64"),
        ("arm32v7/debian@sha256:" + "0" * 64, "arm"),
        ("gcr.io/x/tool:v1-amd64", "amd64"),
        ("gcr.io/x/tool:arm64v8", "arm64"),
        ("registry:5000/x/tool:1.0-aarch64", "arm64"),
        ("quay.io/pypa/manylinux2014_x86_64:2025.1", "amd64"),
        ("quay.io/pypa/musllinux_1_2_aarch64", "arm64"),
    ],
)
def test_an_image_for_one_architecture_is_reported(image: str, architecture: str) -> None:
    (finding,) = findings(single_arch_image, context(f"FROM {image}\nRUN a\n"))
    assert f"image is for {architecture} only; use" in finding.message


@every_case(
    "text",
    [
        "FROM alpine\n",
        "FROM library/amd64\n",
        "FROM x/amd64/alpine\n",
        "FROM registry:5000/amd64\n",
        "FROM tool:v1-amd64 AS tool-amd64\nFROM tool-amd64\n",
        "FROM x:amd64 AS a-amd64\nFROM x:arm64 AS a-arm64\nFROM a-$TARGETARCH\n",
        "FROM --platform=linux/amd64 amd64/alpine AS a\nFROM b\nCOPY --from=a / /\n",
        "FROM x:$TAG\n",
        # The compilers in these images run on every machine.
        "FROM example/rust-musl-cross:aarch64\n",
        "FROM example/manylinux_2_28-cross:x86_64\n",
        "FROM example/manylinux_tools\n",
    ],
)
def test_images_for_every_architecture_or_on_purpose_are_not_reported(text: str) -> None:
    check_nothing(single_arch_image, text)


def test_the_message_says_who_is_affected() -> None:
    text = "FROM example/sdk:8-amd64 AS build\nARG TARGETARCH\nRUN make\nFROM {}\nCOPY --from=build /app /app\n"
    (finding,) = findings(single_arch_image, context(text.format("alpine")))
    assert "on a build machine of another architecture this stage runs under emulation" in finding.message
    (__, finding) = findings(single_arch_image, context(text.format("example/run:8-amd64")))
    assert "on linux/arm64 the programs of this image run under emulation" in finding.message


@every_case(
    "image, stops",
    [
        ("openjdk:8-jdk-alpine", "!"),
        ("golang:onbuild", "!"),
        ("golang:1.8-onbuild", "!"),
        ("openjdk:17-alpine3.14", "!"),
        ("maven:3.6-jdk-8-alpine", "!"),
        ("docker.io/library/mysql:5.7", "!"),
        ("archlinux", "!"),
        ("archlinux@sha256:" + "0" * 64, ", or its image holds programs for amd64, which do not start there"),
        ("archlinux/archlinux:base-devel", ", or its image holds programs for amd64, which do not start there"),
        (
            "mcr.microsoft.com/mssql/server:2022-latest",
            ", or its image holds programs for amd64, which do not start there",
        ),
        ("rocm/dev-ubuntu-24.04:6.4", ", or its image holds programs for amd64, which do not start there"),
        ("intel/oneapi-basekit", ", or its image holds programs for amd64, which do not start there"),
        ("gvenzl/oracle-xe:21-slim", ", or its image holds programs for amd64, which do not start there"),
        ("gvenzl/oracle-free:23", ""),
        ("mcr.microsoft.com/mssql-tools", ""),
        ("example.org/rocm/dev-ubuntu", ""),
        ("menci/archlinuxarm", ""),
        ("openjdk:17-slim", ""),
        ("golang:1.8", ""),
        ("node:onbuild", ""),
        ("mysql:8.0", ""),
        ("example.org/openjdk:8-jdk-alpine", ""),
        ("maven:3.9-eclipse-temurin-21-alpine", ""),
    ],
)
def test_a_tag_that_exists_for_amd64_only_stops_the_build(image: str, stops: str) -> None:
    text = f"FROM {image}\nRUN true\n"
    builder = Builder(request())
    asked = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert [it.message for it in findings(single_arch_image, asked)] == [
        f"the build for linux/arm64 stops here{stops.strip('!')}: this image exists for amd64 only"
    ] * bool(stops)
    # Where nobody asks for arm64, nobody misses it.
    assert findings(single_arch_image, context(text)) == []
    native = context(f"FROM --platform=linux/amd64 {image} AS b\nRUN true\nFROM alpine\nCOPY --from=b /a /a\n")
    assert findings(single_arch_image, native) == []


def test_a_stage_of_which_the_image_takes_files_may_be_for_amd64() -> None:
    text = "FROM archlinux/archlinux AS b\nRUN make\nFROM alpine\nCOPY --from=b /a /a\n"
    builder = Builder(request())
    asked = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert [it.message for it in findings(single_arch_image, asked)] == [
        "the build for linux/arm64 stops here, or gets programs and files for amd64 from this stage: this image exists for amd64 only"
    ]


@every_case(
    "image, run, copied, message",
    [
        (
            "amd64/golang",
            "go build -o /o/app .",
            "/o/app",
            "the image for linux/arm64 gets a program for amd64: `go build` runs",
        ),
        (
            "arm64v8/golang",
            "go build -o /o/app .",
            "/o/app",
            "the image for linux/amd64 gets a program for arm64: `go build` runs",
        ),
        # the compiler is told the target, or makes no program of the image
        (
            "amd64/golang",
            "GOARCH=$TARGETARCH go build -o /o/app .",
            "/o/app",
            "on a build machine of another architecture",
        ),
        ("amd64/golang", "go build -o /o/gen . && /o/gen > /o/x.txt", "/o/x.txt", "on a build machine of another"),
        # on this build machine nothing is emulated, and nothing is compiled
        ("amd64/debian", "apt-get update && apt-get install -y ca-certificates", "/etc/ssl/certs/", None),
        (
            "arm64v8/debian",
            "apt-get update && apt-get install -y ca-certificates",
            "/etc/ssl/certs/",
            "on a build machine of",
        ),
        ("amd64/debian", "./build.sh", "/o/app", "on a build machine of another architecture"),
    ],
)
def test_what_a_stage_on_an_image_for_one_architecture_makes(
    image: str, run: str, copied: str, message: str | None
) -> None:
    text = f"FROM {image} AS b\nARG TARGETARCH\nRUN {run}\nFROM alpine\nCOPY --from=b {copied} /x\n"
    messages = [it.message for it in findings(single_arch_image, context(text))]
    assert [it.startswith(message or "-") for it in messages] == [True] * (message is not None)


def test_a_program_for_the_image_that_it_is_copied_into() -> None:
    text = (
        "FROM amd64/golang AS b\nARG TARGETARCH\nRUN go build -o /app .\nFROM amd64/alpine\nCOPY --from=b /app /app\n"
    )
    assert not any("gets a program" in it.message for it in findings(single_arch_image, context(text)))


@every_case(
    "base, copied, message",
    [
        (
            "alpine",
            "/usr/local/bin/tool",
            "the image for linux/arm64 gets files of this image, which is for amd64 only",
        ),
        ("alpine", "/etc/ssl/certs/ca-certificates.crt", None),
        ("amd64/alpine", "/usr/local/bin/tool", None),
    ],
)
def test_files_of_an_image_for_one_architecture(base: str, copied: str, message: str | None) -> None:
    text = f"FROM example/tool:1-amd64 AS t\nFROM {base}\nARG TARGETARCH\nCOPY --from=t {copied} /x\n"
    messages = [it.message for it in findings(single_arch_image, context(text)) if "programs of" not in it.message]
    assert [it.startswith(message or "-") for it in messages] == [True] * (message is not None)


@every_case(
    "copies, places",
    [
        ("COPY --from=amd64/busybox /bin/busybox /bin/b", ["amd64/busybox"]),
        ("COPY --from=example/tool:1.2-arm64 /tool /usr/bin/", ["example/tool:1.2-arm64"]),
        ("COPY --from=busybox /bin/busybox /bin/b", []),
        ("COPY --from=amd64/busybox /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/", []),
        ("COPY --from=amd64/busybox /bin/busybox /bin/busybox-amd64", []),
        ("COPY --from=amd64/busybox /bin/b /a\nCOPY --from=arm64v8/busybox /bin/b /b", []),
        ("COPY --from=multiarch/qemu-user-static:x86_64-aarch64 /usr/bin/qemu-aarch64-static /usr/bin/", []),
        ("COPY --from=tools-amd64 /bin/busybox /bin/b", []),
    ],
)
def test_files_of_an_image_that_no_stage_names(copies: str, places: list[str]) -> None:
    text = f"FROM busybox AS tools-amd64\nFROM alpine\nARG TARGETARCH\nENV A=$TARGETARCH\n{copies}\n"
    assert reported(single_arch_image, text) == places


@every_case(
    "text, has_build, is_told, is_said",
    [
        ("ARG BASE=amd64/alpine\nFROM $BASE\n", True, False, False),
        ("ARG BASE=amd64/alpine\nFROM $BASE\n", True, True, True),
        ("ARG BASE=amd64/alpine\nFROM $BASE\n", False, False, True),
        ("FROM amd64/alpine\n", True, False, True),
    ],
)
def test_the_default_of_an_argument_is_for_one_of_several_builds(
    text: str, *, has_build: bool, is_told: bool, is_said: bool
) -> None:
    builder = Builder(request(), Workspace(has_build=has_build))
    ctx = RuleContext(builder.build(builder.parse(f"{text}RUN a\n")), builder, asks_for_several=is_told)
    assert bool(findings(single_arch_image, ctx)) is is_said
