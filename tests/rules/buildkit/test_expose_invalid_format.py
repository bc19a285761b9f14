from __future__ import annotations

import pytest

from buildxray.rules.buildkit.expose_invalid_format import expose_invalid_format
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}EXPOSE 80:81/udp\n", "80:81/udp", f"{FROM}EXPOSE 81/udp\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(expose_invalid_format, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}EXPOSE 80 81/udp 8000-8010\n",
        f"{FROM}ARG PORT\nEXPOSE $PORT\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(expose_invalid_format, text)
