"""The plan of each conformance case equals BuildKit's, for the four builds of each."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.parser import parse
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text, expected

BUILDS = [
    "amd64-builds-amd64+arm64",
    "arm64-builds-amd64+arm64+armv7",
    "amd64-builds-amd64",
    "amd64-builds-armv6+amd64v2+s390x",
]
COMPARED = ("kind", "label", "targets", "inputs", "line", "platform", "env")


@pytest.mark.slow
@every_case("case, build", product(CASES, BUILDS))
def test_steps_equal_those_of_buildkit(case: str, build: str) -> None:
    want = expected(case)["builds"][build]
    request = BuildRequest(
        parse_normalized(want["build_platform"]), tuple(parse_normalized(it) for it in want["target_platforms"])
    )
    got = plan(parse(case_text(case)), request)
    assert bool(got.error) == bool(want["error"]), (got.error, want["error"])
    if not want["error"]:
        # The order must be equal too, and not only the set of steps.
        assert [_compared(it) for it in plan_as_json(got, case)["steps"]] == [_compared(it) for it in want["steps"]]
        assert [list(it.arguments) for it in got.steps if it.kind == "exec"] == [
            it["args"] for it in want["steps"] if it["kind"] == "exec"
        ]


def _compared(step: dict[str, Any]) -> dict[str, Any]:
    return {key: step[key] for key in COMPARED if key in step}
