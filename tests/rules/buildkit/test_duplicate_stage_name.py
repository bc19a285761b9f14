from __future__ import annotations

import pytest

from buildxray.rules.buildkit.duplicate_stage_name import duplicate_stage_name
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("FROM a AS x\nFROM b AS X\n", "X", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(duplicate_stage_name, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a AS x\nFROM x AS y\n",
        "FROM a\nFROM a\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(duplicate_stage_name, text)
