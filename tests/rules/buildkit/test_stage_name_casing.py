from __future__ import annotations

import pytest

from buildxray.rules.buildkit.stage_name_casing import stage_name_casing
from tests.support.rules import check_silent, check_token


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("FROM alpine AS Build_Env\n", "Build_Env", "FROM alpine AS build_env\n"),
        (
            "FROM alpine AS BB\nFROM alpine\nCOPY --from=BB /a /BB\nCOPY --from=bb /b /b\nRUN --mount=from=BB,target=/a true\n",
            "BB",
            "FROM alpine AS bb\nFROM alpine\nCOPY --from=bb /a /BB\nCOPY --from=bb /b /b\nRUN --mount=from=bb,target=/a true\n",
        ),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(stage_name_casing, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine AS build-env_1\n",
        "FROM Registry.Example/Image AS x\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(stage_name_casing, text)
