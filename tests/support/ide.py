"""Editor features on texts with a cursor; their tests use the API through this module only."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
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
    """The part of the hover about the plan, without the documentation above it."""
    markdown = hover_at(markup, targets)
    return None if markdown is None else markdown.split("\n\n---\n\n")[-1]


def hover_values(markup: str, targets: str = TARGETS) -> list[str]:
    """The value column of the table at the cursor."""
    markdown = hover_at(markup, targets)
    assert markdown is not None
    return [line.split("|")[2].strip() for line in markdown.splitlines() if line.startswith("| `")]


def comparable(diagnostics: Iterable[Diagnostic]) -> list[object]:
    """All of each diagnostic that an editor shows, without its fixes, which are functions."""
    return [(it.rule, it.severity, it.range, it.message, it.related, it.is_unnecessary) for it in diagnostics]
