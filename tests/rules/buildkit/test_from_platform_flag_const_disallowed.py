from __future__ import annotations

import pytest

from buildxray.rules.buildkit.from_platform_flag_const_disallowed import from_platform_flag_const_disallowed
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    check_silent,
    check_token,
    context,
    findings,
)

CONSTANT = "FROM --platform=linux/amd64 node AS {}\nRUN npm run build\nFROM nginx\nCOPY --from={} {} /srv\n"


def test_a_constant_ties_a_stage_to_one_machine() -> None:
    check_rule(
        from_platform_flag_const_disallowed,
        """
        FROM --platform=linux/amd64 node AS web
             ^^^^^^^^^^^^^^^^^^^^^^ 💭 1 RUN step of this stage runs on linux/amd64, under emulation on any other build machine
        RUN npm run build
        FROM nginx
        COPY --from=web /dist /srv
        """,
    )
    check_fix(
        from_platform_flag_const_disallowed,
        CONSTANT.format("web", "web", "/dist"),
        CONSTANT.format("web", "web", "/dist").replace("linux/amd64", "$BUILDPLATFORM"),
    )
    check_no_fix(from_platform_flag_const_disallowed, CONSTANT.format("web", "web", "/usr/bin/node"))


@every_case(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("linux/amd64", "$BUILDPLATFORM"),
        CONSTANT.format("web-amd64", "web-amd64", "/dist"),
        # `build-platform-image` is about the image itself.
        "FROM --platform=linux/amd64 node\nRUN $TARGETARCH\n",
    ],
)
def test_constants_on_purpose(text: str) -> None:
    check_nothing(from_platform_flag_const_disallowed, text)


@every_case(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("RUN npm run build", "COPY a b"),
        CONSTANT.format("web", "web", "/dist").replace("node", "node:amd64"),
        "FROM --platform=linux/amd64 x AS a-1\nRUN a\nFROM --platform=linux/arm64 x AS a-2\nRUN b\nFROM a-$N\n",
        "FROM --platform=linux/amd64 x AS one\nRUN a\nFROM alpine\n",
        "FROM --platform=linux/amd64 node\nRUN a\n",
    ],
)
def test_other_constants_are_only_stated(text: str) -> None:
    found = findings(from_platform_flag_const_disallowed, context(text))
    assert found != []
    assert all("whatever platforms are requested" in it.message and not it.fixes for it in found)


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("FROM --platform=linux/386 a AS x\nFROM b\n", "--platform=linux/386", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(from_platform_flag_const_disallowed, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=linux/386 a AS linux-x\nFROM b\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(from_platform_flag_const_disallowed, text)
