from __future__ import annotations

import pytest

from buildxray.rules.buildkit.copy_ignored_file import copy_ignored_file
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}COPY a ./secret.txt /\n", "./secret.txt", None),
        (f"{FROM}ADD secret.txt/below /\n", "secret.txt/below", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(copy_ignored_file, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}COPY --from=other secret.txt /\nCOPY secret.txt.md /\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(copy_ignored_file, text)
