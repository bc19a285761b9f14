"""The time from text to plan: cold, and after an edit of one line. `make bench` prints it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.ide.plan_view.model import plan_view
from buildxray.ide.plan_view.svg import draw
from tests.support.cost import EDITS, Document, forget
from tests.support.rules import request
from tests.support.samples import THIRTY_LINES, dockerfile_of

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZES = {"30 lines": THIRTY_LINES, "500 lines, 40 stages": dockerfile_of(500)}


@pytest.mark.parametrize("size", SIZES)
def test_plan_of_a_new_document(benchmark: BenchmarkFixture, size: str) -> None:
    text = SIZES[size]
    benchmark.pedantic(lambda: Document().plan(text), setup=forget, rounds=300, warmup_rounds=5)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("size", SIZES)
def test_plan_after_an_edit_of_one_line(benchmark: BenchmarkFixture, size: str, edit: str) -> None:
    document = Document()
    document.plan(SIZES[size])
    versions = (EDITS[edit](SIZES[size], n) for n in count())
    benchmark.pedantic(document.plan, setup=lambda: ((next(versions),), {}), rounds=300, warmup_rounds=5)


@pytest.mark.parametrize("n_lines", [100, 1000, 10_000])
def test_cold_by_lines(benchmark: BenchmarkFixture, n_lines: int) -> None:
    text = dockerfile_of(n_lines)
    rounds = max(3, 3000 // n_lines)
    benchmark.pedantic(lambda: Document().plan(text), setup=forget, rounds=rounds, warmup_rounds=1)


@pytest.mark.parametrize("n_targets", [1, 2, 4, 8])
def test_cold_by_targets(benchmark: BenchmarkFixture, n_targets: int) -> None:
    text = dockerfile_of(500)
    benchmark.pedantic(lambda: Document(n_targets=n_targets).plan(text), setup=forget, rounds=20, warmup_rounds=1)


@pytest.mark.parametrize("size", SIZES)
def test_picture(benchmark: BenchmarkFixture, size: str) -> None:
    analysis = Analyzer(request()).analyze(SIZES[size])
    assert analysis.diagnostics is not None, "they are there before anybody asks for a picture"
    benchmark(lambda: draw(plan_view(analysis), "Dockerfile"))
