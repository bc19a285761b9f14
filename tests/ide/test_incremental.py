"""The law of incremental analysis: findings after edits equal those of an analysis from scratch."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildxray.ide.analysis import Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.rules.registry import ALL
from tests.support.cost import forget, n_calls
from tests.support.ide import comparable
from tests.support.markup import fixture
from tests.support.rules import context, request
from tests.support.samples import dockerfile_of

CASES = sorted((Path(__file__).parents[1] / "conformance" / "cases").glob("*"))
WRITTEN = sorted((Path(__file__).parents[1] / "rules" / "dockerfiles").glob("*.txt"))
INSERTED = [
    "\nRUN curl -fsSLo /t https://x.org/t-linux-amd64 && echo $TARGETARCH\n",
    "\nRUN GOARCH=amd64 go build -o /app .\n",
    "\nCOPY lib/x86_64-linux-gnu/a.so /usr/lib/x86_64-linux-gnu/\n",
    "\nARG TARGETARCH=amd64\n",
    "\nARG A\nENV B=$A C=arm64\n",
    "\nFROM alpine AS other\n",
    "\nFROM --platform=$BUILDPLATFORM golang AS build\n",
    "\n# buildxray: ignore=hard-coded-arch\n",
    "\n# check=skip=all\n",
    "\nRUN <<E\necho $TARGETARCH\nE\n",
    " && \\\n  echo $BUILDARCH",
    "\\\n",
    "$",
    "{",
    "'",
    '"',
    "\n",
    " x",
    "#",
]


@st.composite
def edited(draw: st.DrawFn, texts: list[str]) -> list[str]:
    """A text and its versions after one edit each."""
    versions = [draw(st.sampled_from(texts))]
    for _ in range(draw(st.integers(1, 5))):
        text = versions[-1]
        places = [it.start() for it in re.finditer(r"\n|\b|\Z", text)]
        start = draw(st.sampled_from(places))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 0, 1, 7, 80])))
        versions.append(f"{text[:start]}{draw(st.sampled_from(INSERTED))}{text[end:]}")
    return versions


def dockerfiles() -> list[str]:
    """The conformance cases and the Dockerfiles in the tests of rules."""
    blocks = [it for path in WRITTEN for it in f"\n{path.read_text(encoding='utf-8')}".split("\n=== ")[1:]]
    written = [fixture(it.partition("\n")[2] + "\n").text for it in blocks]
    return [*written, *(it.read_text(encoding="utf-8", errors="replace") for it in CASES if it.is_file())]


@pytest.mark.slow
@settings(max_examples=60)
@given(edited(dockerfiles()))
def test_an_edited_document_is_analysed_as_if_from_scratch(versions: list[str]) -> None:
    analyzer = Analyzer(request())
    last: tuple[Diagnostic, ...] = ()
    for text in versions:
        last = analyzer.analyze(text).diagnostics
    forget()
    assert comparable(last) == comparable(Analyzer(request()).analyze(versions[-1]).diagnostics)


@pytest.mark.slow
@pytest.mark.parametrize("n_lines", [150, 500])
def test_an_edit_of_a_run_costs_a_part_of_an_analysis(n_lines: int) -> None:
    """Function calls are counted, because time depends on the machine."""
    text = dockerfile_of(n_lines)
    forget()
    analyzer = Analyzer(request())
    cold = n_calls(lambda: analyzer.analyze(text).diagnostics)
    edited_text = text.replace("apt-get update", "apt-get update -q", 1)
    assert n_calls(lambda: analyzer.analyze(edited_text).diagnostics) < cold / 2.2


@pytest.mark.slow
def test_a_rule_finds_nothing_in_a_file_without_its_subjects() -> None:
    rules = [it for it in ALL if it.about]
    silent: Counter[str] = Counter()
    for text in dockerfiles()[::3]:
        ctx = context(text)
        for rule in rules:
            if rule.about.isdisjoint(ctx.build.subjects):
                silent[rule.name] += 1
                assert [*rule.check(ctx)] == []
    assert len(silent) == len(rules)
