from __future__ import annotations

import pytest

from buildxray.rules.buildkit.invalid_default_arg_in_from import invalid_default_arg_in_from
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("ARG BASE\nFROM $BASE\n", "$BASE", None),
    ],
)
def test_the_token_and_the_fix(before: str, where: str, after: str | None) -> None:
    check_token(invalid_default_arg_in_from, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "ARG TAG=3\nFROM alpine:$TAGG\n",
    ],
)
def test_near_misses(text: str) -> None:
    check_silent(invalid_default_arg_in_from, text)
