from __future__ import annotations

import re
from pathlib import Path

import pytest

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.text import Edit, TextRange, apply_edits
from tests.support.cases import every_case
from tests.support.ide import comparable
from tests.support.rules import request

CASES = sorted((Path(__file__).parents[1] / "conformance" / "cases").glob("*"))
UNDECLARED = "FROM alpine\n# a comment\nRUN echo $TARGETARCH\n# the end\n"


def has_moved(before: str, after: str) -> bool:
    """True if the findings of `after` are reused from `before`. Effect: fails if they are wrong."""
    analyzer = Analyzer(request())
    first = analyzer.analyze(before)
    assert first.diagnostics is not None
    second = analyzer.analyze(after)
    scratch = Analyzer(request()).analyze(after)
    assert comparable(second.diagnostics) == comparable(scratch.diagnostics)
    is_moved = "build" not in vars(second)
    assert [it.fixes for it in second.diagnostics] == [it.fixes for it in scratch.diagnostics]
    return is_moved


@pytest.mark.parametrize("old", ["a comment", "the end"])
@every_case("new", ["", "a longer comment", "\t\r", "🐳 é"])
def test_an_edited_comment_moves_earlier_findings(old: str, new: str) -> None:
    assert has_moved(UNDECLARED, UNDECLARED.replace(old, new))


@every_case(
    "before, after",
    [
        (UNDECLARED, UNDECLARED.replace("a comment", "buildxray: ignore=undeclared-platform-arg")),
        (UNDECLARED.replace("a comment", "buildxray: ignore=undeclared-platform-arg"), UNDECLARED),
        (UNDECLARED, UNDECLARED.replace("a comment", "check=skip=all")),
        (UNDECLARED, UNDECLARED.replace("# a comment", "a comment")),
        (UNDECLARED, UNDECLARED.replace("# a comment", "# a\n# comment")),
        (UNDECLARED, UNDECLARED.replace("alpine", "alpine:3")),
        (UNDECLARED, UNDECLARED.replace("alpine", "alpine:3").replace("the end", "end")),
        (f"# check=experimental=all\n{UNDECLARED}", f"# check=experimental=all\n{UNDECLARED}".replace("comm", "c")),
        ("# syntax\nFROM a\n", "# syntax=docker/dockerfile:1\nFROM a\n"),
        ("# escape=x\nFROM a\n", "# escape=`\nFROM a\n"),
        ("FROM a\nRUN <<E\n# a\nE\n", "FROM a\nRUN <<E\n# ab\nE\n"),
        ("FROM a\nRUN a \\\n # a\n b\n", "FROM a\nRUN a \\\n # ab\n b\n"),
    ],
)
def test_any_other_edit_is_analysed_from_scratch(before: str, after: str) -> None:
    assert not has_moved(before, after)


@every_case("case", CASES[::4])
def test_editing_any_comment_equals_an_analysis_from_scratch(case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    for match in re.finditer(r"^[ \t]*#.*$", text, re.MULTILINE):
        has_moved(text, apply_edits(text, (Edit(TextRange(match.end(), match.end()), " more"),)))


def test_a_hundred_edits_keep_no_earlier_version() -> None:
    analyzer = Analyzer(request())
    versions: list[Analysis] = []
    for n in range(100):
        versions.append(analyzer.analyze(UNDECLARED.replace("comment", "x" * n)))
        assert versions[-1].diagnostics
    known = versions[-1].known
    assert known is not None
    assert isinstance(known.dockerfile, Dockerfile)
    assert known.dockerfile is versions[-1].dockerfile
