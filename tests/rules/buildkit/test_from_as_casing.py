from __future__ import annotations

import pytest

from buildxray.rules.buildkit.from_as_casing import from_as_casing
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("from alpine AS x\n", "AS", "from alpine as x\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(from_as_casing, before, where, after)


@every_case(
    "text",
    [
        "FROM alpine AS x\n",
        "from alpine as x\n",
        "FROM as\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(from_as_casing, text)
