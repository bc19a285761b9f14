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


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("12"), st.booleans(), st.booleans()), max_size=6))
def test_the_variables_of_an_image_are_set_again_in_their_order(steps: list[tuple[str, str, bool, bool]]) -> None:
    own, image = Environment.empty(), Environment.empty()
    for name, value, is_known, is_env in steps:
        own = own.with_variable(name, value, is_known=is_known)
        # ARG does not change the image, and an ENV with a value that the text does not tell is unknown in both.
        image = image.with_variable(name, value, is_known=is_known) if is_env else image
    want = own
    for name, value, is_known in image.in_image_order():
        want = want.with_variable(name, value, is_known=is_known)
    assert own.with_image_variables(image).in_order() == want.in_order()


def test_the_variables_of_an_image_are_not_set_again_if_nothing_would_change() -> None:
    image = environment([("A", "1"), ("B", "2")])
    own = environment([("A", "1"), ("B", "2")])
    assert own.with_image_variables(image) is own


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
