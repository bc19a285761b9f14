"""Phrases that make English hard to read; CONTRIBUTING lists better ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code import ROOT, modules, source

# One `\b` for all phrases: the search is four times as fast as with one for each.
PHRASES = re.compile(
    r"\b(?:anew\b|and (?:its|their) kin\b|of (?:its|their) own accord\b|whoever\b|(?<!here )is no (?!longer|\w+er\b)"
    r"|in front of\b|stands?\b|behind\b)",
    re.IGNORECASE,
)
REPOSITORY = Path(__file__).parents[2]
QUOTING = (REPOSITORY / "CONTRIBUTING.md", Path(__file__))
"""Files that contain the phrases as examples."""
TEXTS = (
    "*.md",
    "docs/**/*.md",
    "examples/**/*.md",
    "tools/*.py",
    "tests/**/*.py",
    "tests/e2e/*/*.mjs",
    "client-vscode/*.md",
    "client-vscode/package.nls.json",
    "client-vscode/src/**/*.ts",
    "client-vscode/test/**/*.ts",
)
"""Files outside of the server with prose for people."""


def other_texts() -> Iterator[Path]:
    for pattern in TEXTS:
        yield from (it for it in sorted(REPOSITORY.glob(pattern)) if it not in QUOTING)


def phrases_in(path: Path) -> list[str]:
    """The lines of a file that contain one of the phrases."""
    text = source(path)
    lines = dict.fromkeys(text.count("\n", 0, it.start()) for it in PHRASES.finditer(text))
    return [f"{path.name}:{it + 1}: {text.splitlines()[it].strip()}" for it in lines]


@pytest.mark.slow
def test_the_server_contains_none_of_the_phrases() -> None:
    assert ROOT == REPOSITORY / "server" / "buildxray"
    assert [it for path in modules() for it in phrases_in(path)] == []


@pytest.mark.slow  # reads the whole repository
def test_documents_tests_tools_and_client_contain_none_of_the_phrases() -> None:
    paths = [*other_texts()]
    assert len(paths) > len(TEXTS)
    assert [it for path in paths for it in phrases_in(path)] == []
