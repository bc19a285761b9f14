from __future__ import annotations

import pytest

from buildxray.rules.base import Safety
from buildxray.rules.buildkit.redundant_target_platform import redundant_target_platform
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_silent, check_token, context, findings


@pytest.mark.parametrize("value", ["$TARGETPLATFORM", "${TARGETPLATFORM}"])
def test_the_default_is_spelt_out(value: str) -> None:
    check_fix(redundant_target_platform, f"FROM  --platform={value}  alpine AS a\n", "FROM  alpine AS a\n")


@every_case("value", ["$BUILDPLATFORM", "linux/$TARGETARCH", "$TARGETOS/$TARGETARCH", "linux/amd64"])
def test_other_values_say_something(value: str) -> None:
    check_nothing(redundant_target_platform, f"FROM --platform={value} alpine\n")


@every_case(
    "before, after",
    [
        ("FROM --platform=$TARGETPLATFORM a\n", "FROM a\n"),
        ("FROM a AS b\nFROM --platform=$TARGETPLATFORM b\n", "FROM a AS b\nFROM b\n"),
        ("ARG TARGETPLATFORM\nFROM --platform=$TARGETPLATFORM a\n", "ARG TARGETPLATFORM\nFROM a\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, after: str) -> None:
    check_token(redundant_target_platform, before, "--platform=$TARGETPLATFORM", after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM a\n",
        "FROM --platform=linux/$TARGETARCH a\n",
        # The argument masks the platform, so that the flag has an effect.
        "ARG TARGETPLATFORM=linux/s390x\nFROM --platform=$TARGETPLATFORM a\n",
        # In a build for another target it has.
        "ARG TARGETPLATFORM=linux/amd64\nFROM --platform=$TARGETPLATFORM a\n",
        # `ignored-platform-flag` reports it.
        "FROM --platform=$BUILDPLATFORM a AS b\nFROM --platform=$TARGETPLATFORM b\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(redundant_target_platform, text)


@every_case(
    "above, safety",
    [
        ("# The target\n", Safety.SAFE),
        ("# $TARGETPLATFORM: older builders need it\n", Safety.SUGGESTION),
        ("# keep --platform\n", Safety.SUGGESTION),
    ],
)
def test_a_comment_about_the_flag_needs_a_review(above: str, safety: Safety) -> None:
    text = f"{above}FROM --platform=$TARGETPLATFORM alpine AS a\nFROM --platform=$TARGETPLATFORM alpine\nCOPY --from=a /a /a\n"
    both = findings(redundant_target_platform, context(text))
    assert [one.safety for it in both for one in it.fixes] == [safety, safety]


@every_case(
    "flag, left",
    [
        # The comment above the flag goes with it, the one after it stays.
        ("\\\n  # flag\n  --platform=$TARGETPLATFORM \\\n  # image\n  ", "\\\n  # image\n  "),
        ("\\\n  --platform=$TARGETPLATFORM \\\n  ", "\\\n  "),
        ("--platform=$TARGETPLATFORM \\\n  # image\n  ", "\\\n  # image\n  "),
        ("--platform=$TARGETPLATFORM \\\n  ", ""),
        ("\\\n  # both\n  --platform=$TARGETPLATFORM ", "\\\n  # both\n  "),
    ],
)
def test_comments_between_the_lines_stay_where_they_belong(flag: str, left: str) -> None:
    check_fix(redundant_target_platform, f"FROM {flag}alpine\n", f"FROM {left}alpine\n")
