"""Every text for users is in every catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

import pytest

from tests.support.code import modules, source, tree
from tools.messages import TRANSLATIONS, problems, template

_FUNCTIONS = frozenset({"N_", "_", "gettext_lazy", "ngettext"})


def texts_in_code() -> Iterator[str]:
    """The texts in calls of the functions of gettext, also in those inside f-strings, which Babel does not see."""
    for file in modules():
        if "buildxray.localization" not in source(file):
            continue
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
                literals = [it.value for it in node.args if isinstance(it, ast.Constant)]
                yield from (it for it in literals if isinstance(it, str))


@pytest.mark.release
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_catalogues_are_complete(language: str) -> None:
    assert problems(language) == [], "run `.venv/bin/python tools/messages.py`, and translate what it lists"


@pytest.mark.slow
def test_the_extraction_finds_every_marked_text() -> None:
    texts = {it for message in template() for it in ([message.id] if isinstance(message.id, str) else message.id)}
    assert len(texts) > 300
    assert {"Cross-compile this stage", "{n} step", "the platform that is built for", "a quote is misplaced"} <= texts
    assert {*texts_in_code()} - texts == set(), "a text in an f-string is not found: translate it before"


@pytest.mark.slow
def test_fields_of_texts_have_names() -> None:
    fields = {name for text in texts_in_code() for _, name, _, _ in Formatter().parse(text) if name is not None}
    assert {it for it in fields if not it.isidentifier()} == set(), "a brace that is not of a field is doubled"
