from __future__ import annotations

import pytest

from buildxray.rules.base import Severity
from buildxray.rules.buildkit.secrets_used_in_arg_or_env import secrets_used_in_arg_or_env
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
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


@every_case(
    "lines, advice",
    [
        ("ENV DB_PASSWORD=c\n", "a secret is given when the container starts"),
        ("RUN a\nENV DB_PASSWORD=c\nCMD b\n", "a secret is given when the container starts"),
        (
            "ENV DB_PASSWORD=c\nRUN a\n",
            "a secret is given when the container starts, or to a RUN by `--mount=type=secret`",
        ),
        ("ARG DB_PASSWORD=c\nENV A=$DB_PASSWORD\n", "a secret is given when the container starts"),
        ("ARG DB_PASSWORD=c\nRUN a\n", "a secret is given by `RUN --mount=type=secret`"),
    ],
)
def test_the_advice_is_for_what_may_read_the_value(lines: str, advice: str) -> None:
    (finding,) = findings(secrets_used_in_arg_or_env, context(f"{FROM}{lines}"))
    assert finding.message.endswith(f"; {advice}")
    assert finding.severity is None


@every_case(
    "line, is_harmless",
    [
        ("ENV ALLOW_EMPTY_PASSWORD=yes", True),
        ('ENV SAVE_CREDENTIALS="false"', True),
        ("ENV TLS_KEY=/etc/tls/app.pem", True),
        ("ENV AUTH_URL=https://auth.example.org/token", True),
        ("ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", True),
        ('ENV DB_PASSWORD=""', True),
        ("ENV DB_PASSWORD=12345", False),
        ("ENV API_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", False),
        ("ENV AUTH_URL=https://user:word@example.org", False),
        ("ENV AUTH_URL=https://example.org/?key=abc", False),
        ("ENV DB_PASSWORD=/abc", False),
        ("ENV TOKEN_PATH=/abc", True),
        ("ENV DB_PASSWORD=$A", False),
        ("ARG API_TOKEN", False),
    ],
)
def test_a_value_that_cannot_be_a_secret_is_information(line: str, *, is_harmless: bool) -> None:
    (finding,) = findings(secrets_used_in_arg_or_env, context(f"{FROM}{line}\nRUN a\n"))
    assert finding.severity is (Severity.INFORMATION if is_harmless else None)


@every_case(
    "workspace, is_harmless",
    [
        (Workspace(has_build=True), True),
        (Workspace(has_build=True, given_arguments=frozenset({"API_TOKEN"})), False),
        (Workspace(has_build=True, given_arguments=frozenset({"*"})), False),
        (Workspace(), False),
    ],
)
def test_an_argument_that_no_known_build_gives_is_information(workspace: Workspace, *, is_harmless: bool) -> None:
    (finding,) = findings(secrets_used_in_arg_or_env, context(f"{FROM}ARG API_TOKEN\nRUN a\n", workspace=workspace))
    assert finding.severity is (Severity.INFORMATION if is_harmless else None)
