"""Everything that people read is in every catalogue."""

from __future__ import annotations

import pytest

from tools.messages import TRANSLATIONS, problems, template


@pytest.mark.release
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_catalogues_are_complete(language: str) -> None:
    assert problems(language) == [], "run `.venv/bin/python tools/messages.py`, and translate what it lists"


@pytest.mark.slow
def test_texts_are_found() -> None:
    texts = {it.id if isinstance(it.id, str) else it.id[0] for it in template()}
    assert len(texts) > 300
    assert {"Cross-compile this stage", "{n} step", "the platform that is built for", "a quote is misplaced"} <= texts
