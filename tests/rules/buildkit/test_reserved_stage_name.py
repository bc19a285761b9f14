from __future__ import annotations

import pytest

from buildxray.rules.buildkit.reserved_stage_name import reserved_stage_name
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("FROM a AS scratch\n", "scratch", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(reserved_stage_name, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a AS scratch-1\n",
        "FROM scratch AS a\nFROM context\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(reserved_stage_name, text)
