from __future__ import annotations

from dataclasses import replace

import pytest

from buildxray.semantics.build import Build, Builder, Effect, KnownCommand, Run
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import TARGETS, request

DOCKERFILE = """\
ARG VERSION=1.26
FROM --platform=$BUILDPLATFORM golang:$VERSION AS base
WORKDIR /src
FROM base AS build
ARG TARGETARCH
ENV GOARCH=$TARGETARCH
RUN go build -o /tmp/app . && cp /tmp/app /out/app
RUN strange
FROM alpine AS unneeded
RUN zsh
FROM scratch
COPY --from=build /out/app /app
"""


def build_of(text: str, targets: str = TARGETS) -> Build:
    builder = Builder(request(targets))
    return builder.build(builder.parse(text))


def test_a_build_is_navigated_both_ways() -> None:
    build = build_of(DOCKERFILE)
    base, compiling, _, image = build.stages
    assert [it.keyword for it in build.global_instructions] == ["ARG"]
    assert [it.keyword for it in compiling.instructions] == ["ARG", "ENV", "RUN", "RUN"]
    assert all(it.stage is compiling and it.build is build for it in compiling.instructions)
    assert (compiling.bases, base.children, compiling.root) == ((base,), (compiling,), base)
    assert (compiling.ancestry, base.family) == ((compiling, base), (base, compiling))
    assert compiling.from_.stage is compiling
    assert compiling.consumers == image.instructions
    assert compiling.way_into_image("/out/app") is image.instructions[0]


def test_a_view_is_one_object() -> None:
    build = build_of(DOCKERFILE)
    assert build.stages[1] is build.stages[0].children[0]
    assert build.stages[1].runs[0] is build.instructions[6]


def test_properties_of_a_stage() -> None:
    base, compiling, unneeded, image = build_of(DOCKERFILE).stages
    assert [it.is_needed for it in (base, compiling, unneeded, image)] == [True, True, False, True]
    assert [it.is_native for it in (base, compiling, unneeded, image)] == [True, True, False, False]
    assert [it.is_image for it in (base, compiling, unneeded, image)] == [False, False, False, True]
    assert (base.base_names, base.image_name) == (("golang:1.26",) * 2, "docker.io/library/golang:1.26")
    assert (compiling.image_name, image.image_name) == (base.image_name, "scratch")


@pytest.mark.parametrize(
    ("text", "contexts", "name", "is_unread"),
    [
        ("FROM golang AS a\nFROM a\n", {}, "docker.io/library/golang:latest", False),
        ("FROM shop-tools AS a\nFROM a\n", {}, "docker.io/library/shop-tools:latest", True),
        ("FROM acme/tools\n", {}, "docker.io/acme/tools:latest", False),
        ("FROM swift@sha256:" + "0" * 64 + "\n", {}, "docker.io/library/swift@sha256:" + "0" * 64, False),
        ("FROM scratch\n", {"scratch": "target:b"}, "scratch", False),
        ("FROM golang AS a\nFROM a\n", {"golang": "docker-image://golang:1.26"}, "", True),
        ("FROM golang AS a\nFROM a\n", {"a": "target:b"}, "", True),
        ("FROM golang AS a\nFROM a\n", {"golang:1.26": "target:b"}, "docker.io/library/golang:latest", False),
        ("FROM b-$TARGETARCH\n", {}, "", False),
    ],
)
def test_what_an_image_lacks_is_known_only_if_everybody_has_it(
    text: str, contexts: dict[str, str], name: str, is_unread: bool
) -> None:
    builder = Builder(replace(request(), contexts=tuple(contexts.items())))
    last = builder.build(builder.parse("ARG TARGETARCH\n" + text)).stages[-1]
    assert (last.image_name, last.is_on_unread_image) == (name, is_unread)


def test_commands_know_what_they_do_and_where_they_are_written() -> None:
    build = build_of(DOCKERFILE)
    (compiled,) = build.stages[1].commands(Effect.COMPILE)
    assert isinstance(compiled.run, Run)
    assert compiled.run.stage is build.stages[1]
    assert build.text[slice(*compiled.title_range)] == "go build"
    assert "/out/app" in compiled.use.outputs
    assert [type(it) is KnownCommand for it in build.stages[1].runs[1].commands] == [False]


def test_a_variable_has_a_value_for_each_target() -> None:
    build = build_of(DOCKERFILE)
    compiling = build.stages[1]
    _, env, run, _ = compiling.instructions
    assert env.values("GOARCH") == (None, None)
    assert env.values("GOARCH", after=True) == ("amd64", "arm64")
    assert compiling.from_.values("VERSION") == ("1.26", "1.26")
    assert run.declaration("GOARCH") is env
    assert run.declaration("VERSION") is None


def test_the_shell_in_force_is_that_of_the_last_shell_instruction() -> None:
    (stage,) = build_of('FROM alpine\nRUN a\nSHELL ["/bin/bash", "-c"]\nRUN b\n').stages
    assert [it.shell for it in stage.runs] == [("/bin/sh", "-c"), ("/bin/bash", "-c")]


def test_an_unfinished_file_has_views() -> None:
    assert build_of("").stages == ()
    assert build_of("").target_stage is None
    build = build_of("RUN a\nFROM\nFR")
    assert [it.stage is None for it in build.instructions] == [True, False, False]
    assert (build.stages[0].from_.image, build.stages[0].last) == (None, build.instructions[2])


@every_case(
    "text",
    [
        "FROM a\nRUN one \\\n  --two && three\n",
        "FROM a\r\nRUN one \\\r\n  --two && three\r\n",
        "FROM a\nRUN one \\  \n# a comment\n  --two && \\\n\nthree\n",
        "# escape=`\nFROM a\nRUN one `\n  --two && three\n",
    ],
)
def test_an_instruction_and_its_commands_on_one_line(text: str) -> None:
    (run,) = (it for it in build_of(text).instructions if isinstance(it, Run))
    assert run.on_one_line() == "RUN one --two && three"
    assert [run.on_one_line(it.range) for it in run.commands] == ["one --two", "three"]


@pytest.mark.slow
def test_the_split_of_the_last_of_many_instructions() -> None:
    build = build_of(
        "FROM --platform=$BUILDPLATFORM alpine\nARG TARGETARCH\n" + "".join(f"RUN echo {n}\n" for n in range(3000))
    )
    split = build.instructions[-1].split
    assert split is not None
    assert split.origin == 2


@pytest.mark.parametrize(
    ("image", "is_unread"),
    [
        ("ghcr.io/acme/base:2", True),
        ("ghcr.io/acme/base@sha256:" + "0" * 64, True),
        ("acme/base", False),
        ("x/$Y", False),
    ],
)
def test_an_image_that_the_project_makes_is_not_read(image: str, is_unread: bool) -> None:
    builder = Builder(request(), Workspace(own_images=frozenset({"ghcr.io/acme/base"})))
    assert builder.build(builder.parse(f"FROM {image} AS a\nFROM a\n")).stages[-1].is_on_unread_image is is_unread
