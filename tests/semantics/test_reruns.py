from __future__ import annotations

from buildxray.semantics.build import Build
from buildxray.semantics.reruns import context_files, steps_by_argument, steps_from
from tests.support.cases import every_case
from tests.support.rules import context

DOCKERFILE = """\
ARG TAG=3.22
FROM alpine:$TAG AS tools
RUN apk add curl
FROM alpine AS build
ARG VERSION
COPY src /src
RUN make
COPY --from=tools /usr/bin/curl /curl
"""


def build_of(text: str) -> Build:
    return context(text).build


def lines(build: Build, line: int) -> list[int | None]:
    instruction = next(it for it in build.instructions if it.line == line)
    return sorted({it.line for it in steps_from(build, instruction)}, key=lambda it: it or 0)


def test_steps_that_use_the_files_of_an_instruction_run_again() -> None:
    build = build_of(DOCKERFILE)
    assert lines(build, 6) == [6, 7, 8]
    assert lines(build, 3) == [3, 8]
    assert lines(build, 8) == [8]


def test_steps_that_depend_on_an_argument_run_again() -> None:
    steps = steps_by_argument(build_of(DOCKERFILE), ["TAG", "VERSION", "OTHER"])
    assert sorted({it.line for it in steps["TAG"] if it.line}) == [2, 3, 8]
    assert sorted({it.line for it in steps["VERSION"] if it.line}) == [7, 8]
    assert steps["OTHER"] == ()


def test_an_argument_that_names_a_stage_has_no_other_value() -> None:
    text = "ARG BASE=one\nFROM alpine AS one\nRUN a\nFROM $BASE\nCOPY --from=$BASE x y\nARG P=linux/amd64\nFROM --platform=$P one\n"
    assert steps_by_argument(build_of(text), ["P"])["P"] == ()


@every_case(
    "instruction, expected",
    [
        ("COPY a b /dst/", "a b"),
        ("ADD a https://example.org/x.tgz /dst/", "a"),
        ("ADD https://example.org/x.tgz /dst/", ""),
        ("COPY --from=build a /dst/", ""),
        ("RUN --mount=type=bind,target=/src make", "."),
        ("RUN --mount=target=/src,source=lib make", "lib"),
        ("RUN --mount=type=bind,from=build,target=/src make", ""),
        ("RUN --mount=type=cache,target=/src make", ""),
        ("ENV a=b", ""),
    ],
)
def test_files_of_the_context(instruction: str, expected: str) -> None:
    build = build_of(f"FROM alpine\n{instruction}\n")
    assert context_files(build.instructions[1]) == expected
