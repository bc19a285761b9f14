"""The cost of a second request on an unchanged text, in function calls."""

from __future__ import annotations

import pytest

from buildxray.ide.analysis import Analysis
from buildxray.ide.navigation import highlights
from buildxray.ide.semantic_tokens import semantic_tokens, semantic_tokens_in
from buildxray.syntax.text import TextRange
from tests.support.cost import n_calls
from tests.support.ide import analyze
from tests.support.samples import dockerfile_of


def highlight_all(analysis: Analysis) -> None:
    """Request highlights in the second stage, whose names occur nowhere else."""
    start = analysis.text.index("FROM", analysis.text.index("FROM") + 1)
    for offset in range(start + 100, start + 300, 5):
        highlights(analysis, offset)


@pytest.mark.slow
@pytest.mark.parametrize("n_instructions", [100, 400])
def test_tokens_are_computed_once(n_instructions: int) -> None:
    analysis = analyze(dockerfile_of(n_instructions))
    first = n_calls(lambda: semantic_tokens(analysis))
    assert n_calls(lambda: semantic_tokens(analysis)) < 10 < first


def test_tokens_of_a_range_are_a_slice_of_those_of_the_document() -> None:
    text = dockerfile_of(100)
    place = TextRange(len(text) // 3, len(text) // 2)
    cold = semantic_tokens_in(analyze(text), place)
    analysis = analyze(text)
    whole = semantic_tokens(analysis)
    assert cold == semantic_tokens_in(analysis, place) == tuple(it for it in whole if it.range.touches(place))
    assert cold


@pytest.mark.slow
def test_highlighting_takes_no_longer_in_a_longer_text() -> None:
    """Names at a place are found by bisection, so that a request in a longer text costs the same."""
    counted = []
    for n_instructions in (100, 800):
        analysis = analyze(dockerfile_of(n_instructions))
        highlight_all(analysis)
        counted.append(n_calls(lambda analysis=analysis: highlight_all(analysis)))  # type: ignore[misc]
    assert counted[1] < 1.2 * counted[0]
