"""The cost of a plan: linear in lines and targets, and small after an edit of one line.

Costs are counted in calls of functions, which are the same on every machine; tests/bench measures time.
"""

from __future__ import annotations

import pytest

from tests.support.cost import EDITS, Document, forget, n_calls
from tests.support.samples import dockerfile_of

pytestmark = pytest.mark.slow


def cold(text: str, *, n_targets: int = 2) -> int:
    forget()
    return n_calls(lambda: Document(n_targets=n_targets).plan(text))


def test_cost_grows_with_the_lines_and_no_faster() -> None:
    small, large = dockerfile_of(200), dockerfile_of(2000)
    assert cold(large) / cold(small) < 1.1 * len(large) / len(small)


def test_cost_grows_with_the_targets_and_no_faster() -> None:
    text = dockerfile_of(200)
    # The first plan of a process imports modules and compiles patterns, more of them with more targets.
    cold(text, n_targets=7)
    costs = [cold(text, n_targets=it) for it in (1, 4, 7)]
    assert costs[2] - costs[1] < 1.1 * (costs[1] - costs[0])


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_costs_a_small_part_of_a_plan(edit: str) -> None:
    text = dockerfile_of(500)
    document = Document()
    document.plan(text)
    version = EDITS[edit](text, 0)
    assert n_calls(lambda: document.plan(version)) < cold(text) / 5
