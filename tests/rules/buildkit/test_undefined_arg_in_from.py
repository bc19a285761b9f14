from __future__ import annotations

import pytest

from buildxray.rules.buildkit.undefined_arg_in_from import undefined_arg_in_from
from tests.support.rules import check_silent, check_token, context, findings


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("ARG TAGS=3\nFROM alpine:3${TAG}\n", "TAG", "ARG TAGS=3\nFROM alpine:3${TAGS}\n"),
        # The argument of the stage is meant.
        ("ARG TAGS=3\nFROM alpine AS a\nARG TAG=3\nFROM alpine:3${TAG}\n", "TAG", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(undefined_arg_in_from, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        # `build-error` reports these.
        "ARG TAG=3\nFROM alpine:$TAGG\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(undefined_arg_in_from, text)


def test_the_argument_of_a_stage_is_named() -> None:
    text = "FROM alpine AS a\nARG TAG=3\nRUN true\nARG TAG=4\nFROM alpine:3${TAG}\n"
    (finding,) = findings(undefined_arg_in_from, context(text))
    assert finding.message == (
        "no ARG above the first FROM declares `TAG`, so it is empty: the one of line 4 is for the stage that has it; "
        "move it above the first FROM"
    )
