"""Properties of plans that hold for any Dockerfile."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.plan.graph import Vertex
from buildxray.plan.model import Plan
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform, parse_normalized
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.parser import parse
from tests.support.strategies import PLATFORMS, dockerfiles, mutated, stages, targets, text_of

pytestmark = pytest.mark.slow


BUILDER = Platform("linux", "amd64")


def planned(text: str, platforms: list[str], target_stage: str = "") -> Plan:
    request = BuildRequest(BUILDER, tuple(map(parse_normalized, platforms)), target_stage=target_stage)
    return Planner(request).plan(parse(text))


def contents(plan: Plan, target: Platform | None = None) -> Counter[int]:
    """The steps of one target or of all, compared by operation and inputs without labels and lines."""
    known: dict[Vertex, int] = {}

    def content(vertex: Vertex) -> int:
        if vertex not in known:
            inputs = tuple(content(it) for it in vertex.inputs)
            known[vertex] = hash((vertex.operation.kind, vertex.operation.identity, vertex.platform, inputs))
        return known[vertex]

    return Counter(content(it.vertex) for it in plan.steps if target is None or target in it.targets)


def without_lines(plan: Plan) -> list[dict[str, Any]]:
    return [{key: value for key, value in it.items() if key != "line"} for it in plan_as_json(plan, "")["steps"]]


@given(dockerfiles, targets, st.sampled_from(PLATFORMS))
def test_another_target_changes_nothing_for_the_others(text: str, platforms: list[str], another: str) -> None:
    alone, together = planned(text, platforms), planned(text, [*platforms, another])
    for it in alone.request.target_platforms:
        assert contents(alone, it) == contents(together, it)


@given(dockerfiles, targets)
def test_the_order_of_targets_changes_only_labels(text: str, platforms: list[str]) -> None:
    assert contents(planned(text, platforms)) == contents(planned(text, platforms[::-1]))


@given(stages(), targets)
def test_the_name_of_a_stage_changes_only_labels(them: list[list[str]], platforms: list[str]) -> None:
    text = text_of(them)
    renamed = text
    for idx in range(len(them) - 1):
        for before, after in (" AS s", "="), (" ", "\n"), ("=", " "), ("=", ","), (" ", " "):
            renamed = renamed.replace(f"{before}s{idx}{after}", f"{before}other{idx}{after}")
        renamed = renamed.replace(f" AS s{idx}\n", f" AS other{idx}\n")
    plan, other = planned(text, platforms), planned(renamed, platforms)
    # The name of the target stage is the value of TARGETSTAGE, which no template uses.
    assert contents(plan) == contents(other)


@given(stages(), targets, st.data())
def test_comments_and_blank_lines_only_move_lines(
    them: list[list[str]], platforms: list[str], data: st.DataObject
) -> None:
    stage = data.draw(st.integers(0, len(them) - 1))
    place = data.draw(st.integers(0, len(them[stage])))
    line = data.draw(st.sampled_from(["", "# comment", "\n  # two\n"]))
    more = [[*it] for it in them]
    more[stage].insert(place, line)
    plan, other = planned(text_of(them), platforms), planned(text_of(more), platforms)
    assert without_lines(plan) == without_lines(other)


@given(stages(), targets)
def test_unneeded_stages_add_no_steps(them: list[list[str]], platforms: list[str]) -> None:
    target = f"s{len(them) - 2}"
    alone = planned(text_of(them), platforms, target)
    more = [*them, ["FROM alpine AS unneeded", "ARG TARGETARCH", "RUN one", f"COPY --from={target} / /"]]
    assert contents(alone) == contents(planned(text_of(more), platforms, target))


@given(mutated(), targets)
def test_planning_never_raises(text: str, platforms: list[str]) -> None:
    plan = planned(text, platforms)
    plan_as_json(plan, "Dockerfile")
    for step in plan.steps:
        assert all(it < step.idx for it in step.inputs)


@pytest.mark.slow
@given(st.lists(st.one_of(dockerfiles, mutated()), min_size=2, max_size=4), targets)
def test_a_planner_gives_the_plan_of_a_new_planner(texts: list[str], platforms: list[str]) -> None:
    request = BuildRequest(BUILDER, tuple(map(parse_normalized, platforms)))
    planner = Planner(request)
    for text in texts:
        again = Planner(request).plan(parse(text))
        plan = planner.plan(parse(text))
        assert plan_as_json(plan, "") == plan_as_json(again, "")
        assert plan.errors == again.errors
