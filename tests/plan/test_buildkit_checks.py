"""The warnings of the linter equal BuildKit's."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from buildxray.plan.checks import commands
from buildxray.plan.checks.linter import buildkit_warnings
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse
from tests.support.cases import every_case
from tests.support.conformance import CASES, ROOT, case_text, expected
from tests.support.cost import n_calls

FOLDER = ROOT / "checks"
ANSWERS = {it["file"]: it["checks"] for it in map(json.loads, (FOLDER / "expected.jsonl").read_text().splitlines())}
AMD64 = Platform("linux", "amd64")


@every_case("file", sorted(ANSWERS))
def test_warnings_equal_those_of_buildkit(file: str) -> None:
    got = _warnings((FOLDER / file).read_bytes().decode())
    # These answers contain only the first of the lines that BuildKit reports.
    assert Counter(it[:3] for it in got.elements()) == Counter(it[:3] for it in _wanted(ANSWERS[file]).elements())


@pytest.mark.slow
@every_case("case", CASES)
def test_warnings_of_the_plan_cases_equal_those_of_buildkit(case: str) -> None:
    assert _warnings(case_text(case)) == _wanted(expected(case)["checks"])


@pytest.mark.slow
def test_undefined_names_are_compared_with_a_limited_number_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_MOST_COMPARISONS", 3000)
    few, many = ("FROM a\n" + "".join(f"ENV A{i}=$B{i}\n" for i in range(n_lines)) for n_lines in (100, 200))
    messages = {it[1] for it in _warnings(few)}
    assert "Usage of undefined variable '$B9' (did you mean $A0?)" in messages
    assert "Usage of undefined variable '$B99'" in messages
    assert n_calls(lambda: _warnings(many)) < 2.2 * n_calls(lambda: _warnings(few))


def _warnings(text: str) -> Counter[tuple[str, str, int, int]]:
    planner = Planner(BuildRequest(AMD64, (AMD64,)))
    warnings = buildkit_warnings(planner.plan(parse(text)), planner.memo)
    return Counter((it.check.name, it.message, *it.lines) for it in warnings)


def _wanted(checks: list[dict[str, Any]]) -> Counter[tuple[str, str, int, int]]:
    return Counter(
        (it["rule"], it["message"] if "message" in it else it["msg"], it["lines"][0], it["lines"][-1]) for it in checks
    )
