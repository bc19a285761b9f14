from __future__ import annotations

import pytest

from buildxray.rules.buildkit.multiple_instructions_disallowed import multiple_instructions_disallowed
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}CMD a\nRUN b\nCMD c\n", "CMD", f"{FROM}RUN b\nCMD c\n"),
        (f"{FROM}# first\nCMD a\n\n# second\nCMD c\n", "CMD", f"{FROM}\n# second\nCMD c\n"),
        (f"{FROM}# start\nCMD a\nCMD c\n", "CMD", f"{FROM}# start\nCMD c\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(multiple_instructions_disallowed, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}CMD a\nFROM b\nCMD c\n",
        f"{FROM}ENTRYPOINT a\nCMD b\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(multiple_instructions_disallowed, text)
