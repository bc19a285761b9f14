from __future__ import annotations

import pytest

from buildxray.rules.buildkit.secrets_used_in_arg_or_env import secrets_used_in_arg_or_env
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}ENV A=b API_TOKEN=c\n", "API_TOKEN", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(secrets_used_in_arg_or_env, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}ARG PUBLIC_KEY TOKEN_FILE KEYBOARD\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(secrets_used_in_arg_or_env, text)
