"""With Japanese as language, an editor shows no English texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from buildxray import localization
from buildxray.ide.analysis import Analysis
from buildxray.ide.code_actions import fix_all, quick_fixes
from buildxray.ide.code_lens import code_lenses
from buildxray.ide.completion import completions
from buildxray.ide.hover import hover
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.localization import localized
from buildxray.rules.registry import ALL
from buildxray.syntax.text import TextRange
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyzer

_CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|\b(?:linux|windows)/[\w/.]+|--[\w=/$]+")
_ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}|\b(?:the|of|is|are|for|not|emulated|native|shared|once|times|line)\b")
_EXAMPLES = [text for rule in ALL for text in re.findall(r"```dockerfile\n(.*?)```", rule.doc, re.DOTALL)]


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    localization.use("ja")
    yield
    localization.use("en")


def shown(analysis: Analysis) -> Iterator[str]:
    everywhere = TextRange(0, len(analysis.text))
    for diagnostic in analysis.diagnostics:
        yield diagnostic.message
        yield from (it.message for it in diagnostic.related)
    yield from (it.title for it in quick_fixes(analysis, everywhere))
    action = fix_all(analyzer(), analysis)
    yield from () if action is None else (action.title,)
    yield from (it.title.partition("（")[2] for it in code_lenses(analysis))
    for hint in inlay_hints(analysis, everywhere):
        yield from (hint.label, hint.tooltip)
    for word in re.finditer(r"\b\w", analysis.text):
        found = hover(analysis, word.start())
        if found is not None:
            yield re.sub(r"^\*\*.*?\*\*", "", found.markdown)
    yield from (localized(it.message) for it in analysis.plan.errors)
    yield from (it.detail for it in completions(analysis, len(analysis.text)))


@pytest.mark.release
@pytest.mark.parametrize("text", [*map(case_text, CASES), *_EXAMPLES])
def test_nothing_is_left_in_english(text: str) -> None:
    texts = [*shown(analyzer("linux/amd64,linux/arm64,linux/arm/v6").analyze(text))]
    left = {it for it in texts if _ENGLISH.search(_CODE.sub("", it))}
    assert left == set()
    assert not texts or any(re.search(r"[ぁ-んァ-ヶ一-龠]", it) for it in texts)


@pytest.mark.release
@pytest.mark.parametrize("comment", ["# buildxray: ignore=", "# check=skip="])
def test_summaries_of_rules_are_translated_in_completion(comment: str) -> None:
    analysis = analyzer("linux/amd64").analyze(f"{comment}\nFROM alpine\n")
    details = {it.detail for it in completions(analysis, len(comment))} - {""}
    assert len(details) > 10
    assert {it for it in details if _ENGLISH.search(_CODE.sub("", it))} == set()


@pytest.mark.release
def test_summaries_of_rules_are_translated_in_hovers() -> None:
    text = "# check=skip=FromAsCasing\nFROM alpine\n"
    found = hover(analyzer("linux/amd64").analyze(text), text.index("FromAsCasing"))
    assert found is not None
    assert "大文字・小文字が `FROM` と揃っていません。" in found.markdown
