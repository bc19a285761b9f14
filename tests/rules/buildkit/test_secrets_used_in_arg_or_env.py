from __future__ import annotations

import pytest

from buildxray.rules.buildkit.secrets_used_in_arg_or_env import secrets_used_in_arg_or_env
from tests.support.rules import check_silent, check_token, context, findings

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


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{FROM}ENV API_TOKEN=c\n", "in the image;"),
        (f"{FROM}ARG API_TOKEN\n", "in the history of the image;"),
        ("FROM alpine AS base\nARG API_TOKEN\nFROM base\n", "in the history of the image;"),
        ("FROM alpine AS a\nENV API_TOKEN=c\nFROM scratch\nCOPY --from=a /x /x\n", "in the build cache;"),
        ("FROM alpine AS a\nARG API_TOKEN\nFROM scratch\nCOPY --from=a /x /x\n", "in the build cache;"),
    ],
)
def test_the_message_tells_where_the_value_stays(text: str, place: str) -> None:
    (finding,) = findings(secrets_used_in_arg_or_env, context(text))
    assert place in finding.message
