"""The only place where tests of editor features touch the API."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.hover import hover
from tests.support.markup import fixture
from tests.support.rules import TARGETS, request


def analyzer(targets: str = TARGETS) -> Analyzer:
    return Analyzer(request(targets))


def analyze(text: str, targets: str = TARGETS) -> Analysis:
    return analyzer(targets).analyze(text)


def hover_at(markup: str, targets: str = TARGETS) -> str | None:
    """The Markdown at the cursor."""
    given = fixture(markup)
    found = hover(analyze(given.text, targets), given.cursor)
    if found is not None:
        assert found.range.contains(given.cursor)
    return None if found is None else found.markdown


def facts_at(markup: str, targets: str = TARGETS) -> str | None:
    """What the plan says at the cursor: the hover without the documentation of the instruction above it."""
    markdown = hover_at(markup, targets)
    return None if markdown is None else markdown.split("\n\n---\n\n")[-1]


def hover_values(markup: str, targets: str = TARGETS) -> list[str]:
    """The value column of the table at the cursor."""
    markdown = hover_at(markup, targets)
    assert markdown is not None
    return [line.split("|")[2].strip() for line in markdown.splitlines() if line.startswith("| `")]
