from __future__ import annotations

from buildxray.plan.circles import find_circle
from tests.support.cases import every_case


@every_case(
    "needs, circle, finished",
    [
        ({}, (), "a"),
        ({"a": "bc", "b": "c"}, (), "abc"),
        ({"a": "a"}, ("a",), ""),
        ({"a": "b", "b": "cd", "d": "b"}, ("b", "d"), "c"),
        ({"a": "b", "b": "c", "c": "a"}, ("a", "b", "c"), ""),
    ],
)
def test_the_first_circle_that_a_search_from_a_root_meets(
    needs: dict[str, str], circle: tuple[str, ...], finished: str
) -> None:
    known: set[str] = set()
    assert find_circle("a", lambda it: needs.get(it, ""), known) == circle
    assert known == {*finished}
    assert find_circle("a", lambda it: needs.get(it, ""), {"a"}) == ()
