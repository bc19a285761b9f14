from __future__ import annotations

import pytest

from buildxray.rules.buildkit.undefined_arg_in_from import undefined_arg_in_from
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("ARG TAGS=3\nFROM alpine:3${TAG}\n", "TAG", "ARG TAGS=3\nFROM alpine:3${TAGS}\n"),
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
