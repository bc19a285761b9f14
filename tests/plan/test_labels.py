"""The labels of BuildKit's progress output, beyond the cases in tests/conformance."""

from __future__ import annotations

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse

AMD64 = Platform("linux", "amd64")


def labels(text: str) -> list[str]:
    return [it.label for it in plan(parse(text), BuildRequest(AMD64, (AMD64,))).steps]


def test_an_instruction_that_begins_with_a_continuation() -> None:
    assert labels("FROM scratch\n\\\t\n RUN a  b\n") == ["[1/1] RUN a  b"]
