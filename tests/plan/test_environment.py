from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.plan.environment import Environment

ASSIGNMENTS = st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("12")), max_size=9)


def environment(assignments: list[tuple[str, str]]) -> Environment:
    result = Environment.empty()
    for name, value in assignments:
        result = result.with_variable(name, value)
    return result


@given(ASSIGNMENTS)
def test_the_last_assignment_determines_value_and_order(assignments: list[tuple[str, str]]) -> None:
    want: dict[str, str] = {}
    for name, value in assignments:
        want.pop(name, None)
        want[name] = value
    got = environment(assignments)
    assert [(it.name, it.value) for it in got.in_order()] == list(want.items())
    assert all(got.get(name) == want.get(name) for name in "ABCD")
    assert [it.name for it in got.in_image_order()] == list(dict.fromkeys(name for name, _ in assignments))


@pytest.mark.slow
@given(ASSIGNMENTS, ASSIGNMENTS)
def test_environments_are_equal_if_variables_values_and_order_are(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    one, other = environment(first), environment(second)
    is_same = [it[:2] for it in one.in_order()] == [it[:2] for it in other.in_order()]
    assert (one == other) == is_same
    assert not is_same or hash(one) == hash(other)


def test_extending_an_environment_does_not_change_earlier_ones() -> None:
    base = environment([("A", "1")])
    left, right = base.with_variable("B", "2"), base.with_variable("A", "3")
    assert (base.get("B"), left.get("B"), right.get("A"), left.get("A")) == (None, "2", "3", "1")


@pytest.mark.slow
def test_fifty_thousand_variables_take_no_time() -> None:
    grown = Environment.empty()
    for idx in range(50_000):
        assert grown.get(f"V{idx}") is None
        grown = grown.with_variable(f"V{idx}", "x")
    assert grown.get("V7") == "x"
