from __future__ import annotations

import pytest

from buildxray.rules.buildkit.invalid_definition_description import invalid_definition_description
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("# check=experimental=all\n# a b\nARG c\nFROM d\n", "# a b", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(invalid_definition_description, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "# a b\nARG c\nFROM d\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(invalid_definition_description, text)
