from __future__ import annotations

import pytest

from buildxray.rules.habits.misspelled_stage import misspelled_stage
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_rule, check_silent

STAGES = "FROM golang AS build\nRUN a\n"


def test_a_source_similar_to_a_stage_is_reported() -> None:
    check_rule(
        misspelled_stage,
        """
        FROM golang AS build
        RUN a
        FROM alpine
        COPY --from=biuld /a /b
                    ^^^^^ 💭 no stage is called `biuld`, so an image of that name is pulled; did you mean `build`?
        """,
    )


@pytest.mark.parametrize("instruction", ["COPY --from={} /a /b", "RUN --mount=type=bind,from={},target=/x y"])
def test_sources_in_copy_mounts_and_triggers_are_compared(instruction: str) -> None:
    before, after = (f"{STAGES}FROM alpine\n{instruction.format(name)}\n" for name in ("Bulid", "build"))
    check_fix(misspelled_stage, before, after)


def test_a_base_similar_to_a_stage_is_reported() -> None:
    before, after = (f"FROM golang AS builder\nRUN a\nFROM {name} AS test\nRUN b\n" for name in ("bulder", "builder"))
    check_fix(misspelled_stage, before, after)


def test_a_usual_name_of_stages_is_not_that_of_an_image() -> None:
    before, after = (f"FROM golang AS builder\nRUN a\nFROM {name}\nRUN b\n" for name in ("build", "builder"))
    check_fix(misspelled_stage, before, after)


def test_all_uses_of_a_name_are_one_finding() -> None:
    uses = "FROM alpine\nCOPY --from={0} /a /b\nRUN --mount=from={0},target=/x y\nFROM alpine\nCOPY --from={0} /c /d\n"
    check_fix(misspelled_stage, STAGES + uses.format("biuld"), STAGES + uses.format("build"))


@every_case(
    "text",
    [
        # The second stage called `build` would take files from itself.
        f"{STAGES}FROM alpine AS build\nCOPY --from=buildr /a /b\n",
        f"{STAGES}FROM alpine\nCOPY --from=BUILD /a /b\n",
        f"{STAGES}FROM alpine\nCOPY --from=0 /a /b\n",
        f"{STAGES}FROM alpine\nCOPY --from=biuld:1 /a /b\n",
        f"{STAGES}FROM alpine\nCOPY --from=me/biuld /a /b\n",
        f"{STAGES}FROM alpine\nCOPY --from=nginx /a /b\n",
        "FROM composer AS composer-deps\nRUN a\nFROM php\nCOPY --from=composer /a /b\n",
        "FROM node AS nodejs\nRUN a\nFROM alpine\nCOPY --from=node /a /b\n",
        # BuildKit does not see a later stage.
        "FROM alpine\nCOPY --from=biuld /a /b\nFROM golang AS build\nRUN a\n",
        f"{STAGES}FROM biuld:1\nRUN a\n",
        f"{STAGES}FROM guild\nRUN a\nFROM guild:2\nRUN a\n",
        "FROM alpine:3 AS alpine2\nRUN a\nFROM alpine\nRUN a\n",
        "FROM debian AS debians\nRUN a\nFROM debian\nRUN a\n",
        "FROM x/nodejs AS node\nRUN a\nFROM nodejs\nRUN a\n",
        f"{STAGES}FROM builds\nRUN a\n",
        f"{STAGES}FROM builder:2\nRUN a\n",
        "FROM builder\nRUN a\nFROM golang AS bulider\nRUN a\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(misspelled_stage, text)
