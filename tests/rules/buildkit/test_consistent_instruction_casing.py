from __future__ import annotations

import pytest

from buildxray.rules.buildkit.consistent_instruction_casing import consistent_instruction_casing
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("from a\nrun b\nRun c\n", "Run", "from a\nrun b\nrun c\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(consistent_instruction_casing, before, where, after)


@every_case(
    "text",
    [
        "from a\nrun b\n",
        "FROM a\nRUN b\nCOPY Run /\n",
        "# From\nFROM a\nRUN <<E\nRun x\nE\n",
        "FROM a\nRUN python -c '\nfrom b import c'\n",
        "FROM a\nRUN python -c '\nimport a\nfrom b import c'\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(consistent_instruction_casing, text)
