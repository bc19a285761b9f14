from __future__ import annotations

import pytest

from buildxray.rules.base import Severity
from buildxray.rules.buildkit.invalid_default_arg_in_from import invalid_default_arg_in_from
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token, context, findings


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("ARG BASE\nFROM $BASE\n", "$BASE", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(invalid_default_arg_in_from, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "ARG TAG=3\nFROM alpine:$TAGG\n",
        "ARG TAG=?\nFROM Alpine:$TAG\n",
        "ARG SHA=fill-in\nFROM Alpine@sha256:$SHA\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(invalid_default_arg_in_from, text)


@every_case(
    "text, message",
    [
        ("ARG BASE\nFROM $BASE\n", "the build fails without `--build-arg BASE=…`: the ARG has no default"),
        (
            "ARG P=linux/amd64\nARG SITE\nARG NAME\nFROM --platform=$P $SITE/$NAME\n",
            "the build fails without `--build-arg SITE=… --build-arg NAME=…`: these ARGs have no default",
        ),
        (
            "ARG TARGETARCH\nARG NAME\nFROM --platform=linux/$TARGETARCH $NAME AS b\n",
            "the build fails without `--build-arg NAME=…`: the ARG has no default",
        ),
        (
            "ARG A=?\nFROM alpine:$A-x\n",
            "with the defaults this is `alpine:?-x`, which is not a valid image name",
        ),
        ("ARG A=UPPER\nFROM $A\n", "with the defaults this is `UPPER`, which is not a valid image name"),
        (
            "ARG SHA=fill-in\nFROM alpine@sha256:$SHA\n",
            "with the defaults this is `alpine@sha256:fill-in`, which is not a valid image name",
        ),
        (
            "ARG REGISTRY=r.io\nARG DIGEST=fill-in\nFROM $REGISTRY/a@$DIGEST\n",
            "with the defaults this is `r.io/a@fill-in`, which is not a valid image name",
        ),
    ],
)
def test_only_arguments_in_the_name_of_the_image(text: str, message: str) -> None:
    (finding,) = findings(invalid_default_arg_in_from, context(text))
    assert finding.message == message


@every_case(
    "given, tail",
    [
        ({"A", "B"}, "; each known build gives them"),
        ({"A"}, ""),
        (set(), ""),
    ],
)
def test_arguments_that_each_build_gives_are_information(given: set[str], tail: str) -> None:
    workspace = Workspace(arguments_of_each_build=frozenset(given))
    (finding,) = findings(invalid_default_arg_in_from, context("ARG A\nARG B\nFROM $A/$B\n", workspace=workspace))
    assert finding.message.endswith(f"these ARGs have no default{tail}")
    assert finding.severity is (Severity.INFORMATION if tail else None)
