"""YAML as plain data."""

from __future__ import annotations

import pytest

from buildxray.projects.yaml import YamlError, load_documents
from tests.support.cases import every_case


@every_case(
    "text, value",
    [
        ("a: ${{ github.actor\t}}\n", {"a": "${{ github.actor }}"}),
        ("a: b\t\n", {"a": "b"}),
        ("a: b\t# why\nc:\td\n", {"a": "b", "c": "d"}),
        ("- a\t: b\n", [{"a": "b"}]),
        # Those in a block and in quotes are of the text.
        ("a: |\n  b\tc\n  \td\n", {"a": "b\tc\n\td\n"}),
        ('a: "b\tc"\n', {"a": "b\tc"}),
    ],
)
def test_a_tab_separates_as_a_blank_does(text: str, value: object) -> None:
    assert [*load_documents(text)] == [value]


@every_case("text, line", [("\ta: b\n", 1), ("a:\n\tb: c\n", 2), ("a:\n  \t- b\n", 2)])
def test_a_tab_does_not_indent(text: str, line: int) -> None:
    with pytest.raises(YamlError) as error:
        _ = [*load_documents(text)]
    assert error.value.line == line


def test_the_documents_before_a_tab_come_once() -> None:
    assert [*load_documents("a: 1\n---\nb: c\td\n---\ne: 2\n")] == [{"a": 1}, {"b": "c d"}, {"e": 2}]


def test_many_tabs_are_not_read() -> None:
    with pytest.raises(YamlError):
        _ = [*load_documents("a: b\tc\n---\n" * 50)]
