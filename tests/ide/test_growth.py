"""The cost of findings is linear in the lines of a file, along each axis of `tools/growth.py`."""

from __future__ import annotations

import math

import pytest

from buildxray.ide.analysis import Analyzer
from tests.support.cost import forget, n_calls
from tests.support.rules import request
from tools.growth import AXES

pytestmark = pytest.mark.slow

FEW, MANY = 100, 400
# A quadratic part shows as 1.16 or more; calls of other callbacks, such as those of the garbage collector, as 0.01 at most.
HIGHEST_EXPONENT = 1.04


@pytest.mark.parametrize("axis", AXES)
def test_findings_cost_in_proportion_to_lines(axis: str) -> None:
    few, many = (_n_calls_of(AXES[axis](it)) for it in (FEW, MANY))
    assert math.log(many / few) / math.log(MANY / FEW) < HIGHEST_EXPONENT


def _n_calls_of(text: str) -> int:
    forget()
    return n_calls(lambda: Analyzer(request(), asks_for_several=True).analyze(text).diagnostics)
