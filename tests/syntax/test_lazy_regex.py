"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re
from unittest.mock import Mock

import pytest

from buildxray.syntax.lazy_regex import lazy_regex


def test_a_lazy_regex_has_the_methods_of_a_compiled_pattern() -> None:
    pattern = lazy_regex(r"(?P<letter>[a-c])\d", re.IGNORECASE)
    match = pattern.fullmatch("B7")
    assert match is not None
    assert match["letter"] == "B"
    assert [it[0] for it in pattern.finditer("a1 x2 C3")] == ["a1", "C3"]
    assert pattern.sub("-", "a1 x2 C3") == "- x2 -"
    assert pattern.split("a1xb2") == ["", "a", "x", "b", ""]
    assert pattern.match("xa1", 1) is not None
    assert pattern.groupindex == {"letter": 1}


def test_a_lazy_regex_is_compiled_once_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_ = Mock(side_effect=re.compile)
    monkeypatch.setattr(re, "compile", compile_)
    pattern = lazy_regex("a")
    assert compile_.call_count == 0
    assert pattern.search("a") is not None
    assert pattern.match("b") is None
    assert compile_.call_count == 1


def test_bytes() -> None:
    assert lazy_regex(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_an_unknown_attribute_and_a_malformed_pattern() -> None:
    with pytest.raises(AttributeError, match="lookaround"):
        _ = lazy_regex("a").lookaround  # type: ignore[attr-defined]
    with pytest.raises(re.error, match="unterminated"):
        lazy_regex("(").match("")
