"""Whole Dockerfiles in the style of real projects, with the rule of every finding below its range."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from buildxray.ide.diagnostics import diagnose
from tests.support.cases import every_case
from tests.support.markup import annotate, fixture
from tests.support.rules import TARGETS, context

DIRECTORY = Path(__file__).parent / "dockerfiles"


class Example(NamedTuple):
    title: str
    targets: str
    markup: str


def examples() -> list[Example]:
    """The files under their `=== title` lines, which may name the target platforms in brackets."""
    found: list[Example] = []
    for path in sorted(DIRECTORY.glob("*.txt")):
        for block in f"\n{path.read_text('utf-8')}".split("\n=== ")[1:]:
            head, _, body = block.partition("\n")
            title, _, targets = head.removesuffix("]").partition(" [")
            found.append(Example(title, targets or TARGETS, body.rstrip("\n") + "\n"))
    return found


@pytest.mark.slow
@every_case("example", examples())
def test_example_files_have_exactly_the_marked_findings(example: Example) -> None:
    given = fixture(example.markup)
    found = [(it.range, it.rule) for it in diagnose(context(given.text, example.targets))]
    assert annotate(given.text, found) == annotate(given.text, given.annotations)


@pytest.mark.slow
@every_case("example", examples())
def test_crlf_line_ends_do_not_change_findings(example: Example) -> None:
    given = fixture(example.markup)
    ctx = context(given.text.replace("\n", "\r\n"), example.targets)
    found = [(ctx.text[slice(*it.range)], it.rule) for it in diagnose(ctx)]
    assert sorted(found) == sorted((given.text[slice(*where)], rule) for where, rule in given.annotations)


def test_titles_of_examples_are_unique() -> None:
    titles = [it.title for it in examples()]
    assert len({*titles}) == len(titles)
