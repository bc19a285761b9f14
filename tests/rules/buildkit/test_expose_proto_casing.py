from __future__ import annotations

import pytest

from buildxray.rules.buildkit.expose_proto_casing import expose_proto_casing
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}EXPOSE 80 81/UDP\n", "81/UDP", f"{FROM}EXPOSE 80 81/udp\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(expose_proto_casing, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}EXPOSE 80/udp 81/tcp 82\n",
        f"{FROM}ARG P=udp\nEXPOSE 80/$P\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(expose_proto_casing, text)
