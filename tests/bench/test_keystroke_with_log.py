"""The time that a build log adds to a keystroke: for findings alone, and with the hints and lenses of the whole text.

`pytest tests/bench/test_keystroke_with_log.py --benchmark-only -s` prints the ratio for each size and kind of edit; both documents
are edited in turn, so that a busy machine slows both, and CPU time is compared, the least tenth of many keystrokes.
"""

from __future__ import annotations

import statistics
import sys
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.ide.build_times import LoadedLog, measure_best
from buildxray.ide.code_lens import code_lenses
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.logs.reader import read_log_text
from buildxray.plan.model import Step
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Workspace
from tests.support.cost import EDITS
from tests.support.made_logs import made_build, plain
from tests.support.rules import request
from tests.support.samples import THIRTY_LINES, dockerfile_of

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZES = {"30 lines": THIRTY_LINES, "500 lines, 40 stages": dockerfile_of(500)}
N_KEYSTROKES, N_WARM_UP = 90, 5


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("shown", ["findings", "findings, hints, lenses"])
@pytest.mark.parametrize("size", SIZES)
def test_keystroke_with_log(benchmark: BenchmarkFixture, size: str, shown: str, edit: str) -> None:
    text = SIZES[size]
    log = "\n".join(plain(made_build(text, request(), seconds_of)))
    without, with_log = Analyzer(request(), asks_for_several=True), Analyzer(request(), asks_for_several=True)
    with_log.measured = measure_best(LoadedLog("log", read_log_text(log)), text, request(), Workspace())
    assert with_log.measured is not None
    versions = (EDITS[edit](text, it) for it in count())
    seconds: dict[Analyzer, list[float]] = {without: [], with_log: []}

    def type_() -> None:
        version = next(versions)
        for analyzer, measured in seconds.items():
            begin = time.process_time()
            show(analyzer, version, with_hints=shown != "findings")
            measured.append(time.process_time() - begin)

    benchmark.pedantic(type_, rounds=N_KEYSTROKES, warmup_rounds=N_WARM_UP)
    before, after = (statistics.quantiles(it, n=10)[0] if len(it) > 1 else it[0] for it in seconds.values())
    benchmark.extra_info["ratio"] = after / before
    line = f"{size}, {edit}, {shown}: {before * 1e3:.1f} ms, with a log {after * 1e3:.1f} ms: {after / before:.2f}"
    sys.stdout.write(f"\n{line}\n")


def seconds_of(step: Step) -> float:
    return {"exec": 20.0 if step.is_emulated else 4.0, "source": 3.0}.get(step.kind, 0.2)


def show(analyzer: Analyzer, text: str, *, with_hints: bool) -> None:
    """Compute what an editor requests after a keystroke."""
    analysis = analyzer.analyze(text)
    assert analysis.diagnostics is not None
    if with_hints:
        assert [*inlay_hints(analysis, TextRange(0, len(text)))]
        assert [*code_lenses(analysis)]
