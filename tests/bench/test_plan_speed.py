"""How long it takes from text to plan: cold, and when one line has changed. `make bench` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax import nodes, words
from buildxray.syntax.parser import parse
from tests.support.samples import THIRTY_LINES, dockerfile_of

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

TARGETS = [Platform("linux", it) for it in ("amd64", "arm64", "386", "s390x", "ppc64le", "riscv64", "arm", "mips64le")]


def request(n_targets: int = 2) -> BuildRequest:
    return BuildRequest(TARGETS[0], tuple(TARGETS[:n_targets]))


def forget() -> None:
    """Empty the caches that outlive a document."""
    nodes._parse_node_cached.cache_clear()
    words._lex_cached.cache_clear()


def edited(text: str) -> Iterator[str]:
    """The text with its middle COPY changed, each time to something new."""
    start = text.index("COPY", len(text) // 2)
    end = text.index("\n", start)
    for n in count():
        yield f"{text[:start]}COPY file-{n} /there{text[end:]}"


SIZES = {"30 lines": THIRTY_LINES, "500 lines, 40 stages": dockerfile_of(500)}


@pytest.mark.parametrize("size", SIZES)
def test_cold(benchmark: BenchmarkFixture, size: str) -> None:
    text = SIZES[size]

    def setup() -> None:
        forget()

    benchmark.pedantic(lambda: Planner(request()).plan(parse(text)), setup=setup, rounds=300, warmup_rounds=5)


@pytest.mark.parametrize("size", SIZES)
def test_one_line_changed(benchmark: BenchmarkFixture, size: str) -> None:
    text = SIZES[size]
    planner = Planner(request())
    planner.plan(parse(text))
    versions = edited(text)
    benchmark.pedantic(
        lambda version: planner.plan(parse(version)), setup=lambda: ((next(versions),), {}), rounds=300, warmup_rounds=5
    )


@pytest.mark.parametrize("n_lines", [100, 1000, 10_000])
def test_cold_by_lines(benchmark: BenchmarkFixture, n_lines: int) -> None:
    text = dockerfile_of(n_lines)
    benchmark.pedantic(
        lambda: Planner(request()).plan(parse(text)), setup=forget, rounds=max(3, 3000 // n_lines), warmup_rounds=1
    )


@pytest.mark.parametrize("n_targets", [1, 2, 4, 8])
def test_cold_by_targets(benchmark: BenchmarkFixture, n_targets: int) -> None:
    text = dockerfile_of(500)
    benchmark.pedantic(lambda: Planner(request(n_targets)).plan(parse(text)), setup=forget, rounds=20, warmup_rounds=1)
