"""Errors that BuildKit reports, beyond the cases in tests/conformance."""

from __future__ import annotations

import pytest

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64 = Platform("linux", "amd64")


def refused(text: str) -> str | None:
    """The text of the range of the error."""
    error = plan(parse(text), BuildRequest(AMD64, (AMD64,))).error
    return None if error is None else text[slice(*error.range)]


@pytest.mark.parametrize(
    ("syntax", "expected"),
    [
        ("", "--device=a"),
        ("# syntax=docker/dockerfile:1\n", "--device=a"),
        ("# syntax=docker.io/docker/dockerfile-upstream@sha256:0\n", "--device=a"),
        ("# syntax=docker/dockerfile:1-labs\n", None),
        ("# syntax=example.com/frontend:2\n", None),
        ("# syntax=docker/dockerfile-x\n", None),
    ],
)
def test_devices_need_a_frontend_that_knows_them(syntax: str, expected: str | None) -> None:
    assert refused(f"{syntax}FROM a\nRUN --device=a b\n") == expected


@every_case(
    "options, wrong",
    [
        ("skip=all", None),
        ("skip=A,B;error=T", None),
        ("skip=A;experimental=all;error=true and what follows", None),
        ("skip=A;error=yes", "yes"),
        ("skip", "skip"),
        ("skip=A; skp=all", "skip=A; skp=all"),
        ("skip=A;skp=all", "skp"),
        ("skip=A;", "skip=A;"),
    ],
)
def test_options_of_checks(options: str, wrong: str | None) -> None:
    assert refused(f"# check={options}\nFROM a\n") == wrong
