"""The formatter: its changes, the texts that it keeps, and the law that the plan does not change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildxray.ide.formatting import FormatOptions, format_edits, format_edits_in, format_on_type, format_text
from buildxray.syntax.parser import parse
from buildxray.syntax.text import LineIndex, TextRange, apply_edits
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyze
from tests.support.strategies import mutated


@every_case(
    "before, after",
    [
        ("  FROM x  \n\tRUN a\t\n", "FROM x\nRUN a\n"),
        ("FROM x\nrun a\nCOPY a b\n", "FROM x\nRUN a\nCOPY a b\n"),
        ("from x as y\nrun a\nCOPY a b\n", "from x as y\nrun a\ncopy a b\n"),
        ("FROM x as y\n", "FROM x AS y\n"),
        ("FROM   --platform=$BUILDPLATFORM   x   AS  y\n", "FROM --platform=$BUILDPLATFORM x AS y\n"),
        ("FROM x\nENV A=1 \\  \nB=2 \\\n      C=3\n", "FROM x\nENV A=1 \\\n    B=2 \\\n      C=3\n"),
        ("FROM x\nLABEL a=b \\\n# c\nd=e\n", "FROM x\nLABEL a=b \\\n# c\n    d=e\n"),
        ("FROM x\n  # a comment \n\n\n\n\nRUN a", "FROM x\n# a comment\n\n\nRUN a\n"),
        ("FROM x\nRUN a\n\n\n", "FROM x\nRUN a\n"),
        ("FROM x\n \t\nRUN a\n", "FROM x\n\nRUN a\n"),
        ("FROM x\r\n  RUN a  \r\n\r\n", "FROM x\r\nRUN a\r\n"),
        ("FROM x\nRUN <<EOF\n  a  \n\n\n\n\nEOF\n  RUN b", "FROM x\nRUN <<EOF\n  a  \n\n\n\n\nEOF\nRUN b\n"),
        ("# escape=`\nFROM x\nENV A=1 `\nB=2\n", "# escape=`\nFROM x\nENV A=1 `\n    B=2\n"),
    ],
)
def test_formatting_changes_case_blanks_and_indentation(before: str, after: str) -> None:
    assert format_text(before) == after


@every_case(
    "text",
    [
        "",
        "\n\n# escape=`\nFROM x\n",
        "# syntax = docker/dockerfile:1  \nFROM x\n",
        # Text that a shell reads.
        "FROM x\nRUN   a   \\\nb\n",
        "FROM x\nCMD a \\\nb\n",
        # Text that the progress output shows.
        "FROM x\nCOPY --from=y   a   b\n",
        "FROM x\nWORKDIR   /a\n",
        "FROM x\nONBUILD   run a\n",
        # A line that begins in quotes.
        'FROM x\nENV A="1 \\\n2"\n',
        "FROM x\nENV A=1\\\n2\n",
        # A carriage return that is not part of a line end.
        "FROM x\nRUN a\r \n",
        "FROM x\nARG A \r \nARG B\n",
        # Text that BuildKit refuses.
        "FROM x\nENV   A\n",
        "FROM x\nRUN <<EOF\na  \n\n\n",
    ],
)
def test_formatting_keeps_what_may_be_meant(text: str) -> None:
    assert format_text(text) == text


def facts(text: str) -> object:
    """The facts that formatting must not change: steps with their labels, errors, and comments."""
    analysis = analyze(text)
    steps = [(it.label, it.kind, it.platform, it.arguments, it.inputs) for it in analysis.plan.steps]
    # Blank lines are removed, so line numbers change.
    errors = [re.sub(r"line \d+", "line", it.message) for it in analysis.plan.errors]
    comments = [it.text.strip() for it in analysis.dockerfile.comments]
    return steps, errors, comments, [(it.name, it.value) for it in analysis.dockerfile.directives]


def check_law(text: str) -> None:
    formatted = format_text(text)
    assert facts(formatted) == facts(text)
    assert format_text(formatted) == formatted


@pytest.mark.slow
@every_case("name", CASES)
def test_formatting_does_not_change_the_plan(name: str) -> None:
    check_law(case_text(name))


@pytest.mark.slow
@given(mutated(), st.sampled_from(["", " ", "\t", "\n\n\n\n", "  \n", "\\\n", " \\\n# c\n"]), st.data())
@settings(deadline=None, max_examples=100)
def test_formatting_of_half_typed_text_does_not_change_the_plan(text: str, typed: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    check_law(text[:offset] + typed + text[offset:])


@pytest.mark.slow
@given(mutated(), st.data())
@settings(deadline=None)
def test_formatting_a_range_changes_only_its_lines(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    lines = LineIndex.of(text)
    edits = format_edits_in(parse(text), lines, TextRange(start, end))
    first, last = lines.line_of(start), lines.line_of(end)
    assert all(first <= lines.line_of(it.range.start) and lines.line_of(it.range.end) <= last for it in edits)
    assert facts(apply_edits(text, edits)) == facts(text)


@pytest.mark.slow
@given(mutated(), st.sampled_from(["\n", " \\\n", "\\\n\n", "\r\n", "\\\r\n  "]), st.data())
@settings(deadline=None)
def test_on_type_formatting_only_indents_an_empty_line(text: str, typed: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + typed + text[place:]
    offset = data.draw(st.integers(0, len(text)))
    edits = format_on_type(parse(text), offset, FormatOptions("\t"))
    assert facts(apply_edits(text, edits)) == facts(text)
    for it in edits:
        assert text[slice(*it.range)].strip() == it.new_text.strip() == ""
        assert "\n" not in text[slice(*it.range)]


def test_a_new_line_of_an_instruction_is_indented() -> None:
    def typed(text: str) -> str:
        offset = text.index("|")
        text = text.replace("|", "")
        return apply_edits(text, format_on_type(parse(text), offset, FormatOptions("  ")))

    assert typed("FROM x\nRUN a \\\n|") == "FROM x\nRUN a \\\n  "
    assert typed("FROM x\nRUN a \\\n      b \\\n|\n") == "FROM x\nRUN a \\\n      b \\\n      \n"
    assert typed("FROM x\n|\nRUN a\n") == "FROM x\n\nRUN a\n"
    assert typed("FROM x\nRUN <<EOF\na \\\n|\nEOF\n") == "FROM x\nRUN <<EOF\na \\\n\nEOF\n"


def test_no_edit_where_nothing_changes() -> None:
    assert format_edits(parse("FROM x\nRUN a \\\n  b\n")) == ()
