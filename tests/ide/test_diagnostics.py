from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.ide.diagnostics import diagnose
from buildxray.ide.suppressions import ignore_here, ignore_in_file
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.syntax.text import TextRange, apply_edits
from tests.support.cases import every_case
from tests.support.ide import analyze
from tests.support.rules import request


@rule(Severity.WARNING, Severity.INFORMATION)
def every_run(ctx: RuleContext) -> Iterator[Finding]:
    """Report every RUN."""
    for it in ctx.build.instructions:
        if it.keyword == "RUN":
            yield Finding(it.keyword_range, f"run {it.idx}")


@rule(Severity.ERROR, Severity.OFF)
def every_file(_ctx: RuleContext) -> Iterator[Finding]:
    """Report every file."""
    yield Finding(TextRange(0, 1), "file", severity=None)


@rule(Severity.ERROR, Severity.ERROR)
def crash(ctx: RuleContext) -> Iterator[Finding]:
    """Raise an error."""
    yield Finding(TextRange(0, 1), "before")
    raise RuntimeError(ctx.text)


RULES = (every_run, every_file)


def found(text: str) -> list[str]:
    return [f"{it.severity.value}: {it.message}" for it in diagnose(analyze(text).context, RULES)]


def test_severities_depend_on_the_intent_of_the_file() -> None:
    assert found("FROM alpine\nRUN a\n") == ["information: run 1"]
    assert found("FROM alpine\nARG TARGETARCH\nRUN a\n") == ["error: file", "warning: run 2"]
    asked = Analyzer(request(), asks_for_several=True).analyze("FROM alpine\n")
    assert [it.severity for it in diagnose(asked.context, (every_file,))] == [Severity.ERROR]


def test_a_crashing_rule_loses_its_own_findings_only(caplog: pytest.LogCaptureFixture) -> None:
    diagnostics = diagnose(analyze("FROM alpine\nRUN a\n").context, (crash, *RULES))
    assert [it.rule for it in diagnostics] == ["every-run"]
    assert [it.getMessage() for it in caplog.records if it.levelno == logging.ERROR] == ["the rule crash has failed"]


@every_case(
    "text, expected",
    [
        ("FROM a\n# buildxray: ignore=every-run\nRUN b\nRUN c\n", ["run 2"]),
        ("FROM a\n#buildxray:ignore = other , every-run because\n# more\nRUN b\n", []),
        ("FROM a\nRUN b \\\n  # buildxray: ignore=every-run\n  c\n", []),
        ("FROM a\n# buildxray: ignore=every-run\n\nRUN b\n", ["run 1"]),
        ("FROM a\n# buildxray: ignore=other\nRUN b\n", ["run 1"]),
        ("FROM a\nRUN b\n# buildxray: ignore-file=every-run\nRUN c\n", []),
        ("FROM a\nRUN echo '# buildxray: ignore-file=every-run'\n", ["run 1"]),
    ],
)
def test_comments_silence_findings(text: str, expected: list[str]) -> None:
    assert [it.message for it in diagnose(analyze(text).context, (every_run,))] == expected


@pytest.mark.parametrize(
    ("text", "here", "in_file"),
    [
        (
            "FROM a\n  RUN b\n",
            "FROM a\n  # buildxray: ignore=every-run\n  RUN b\n",
            "# buildxray: ignore-file=every-run\nFROM a\n  RUN b\n",
        ),
        (
            "# escape=`\r\nFROM a\r\nRUN b",
            "# escape=`\r\nFROM a\r\n# buildxray: ignore=every-run\r\nRUN b",
            "# escape=`\r\n# buildxray: ignore-file=every-run\r\nFROM a\r\nRUN b",
        ),
    ],
)
def test_actions_offer_comments_that_silence(text: str, here: str, in_file: str) -> None:
    analysis = analyze(text)
    (diagnostic,) = diagnose(analysis.context, (every_run,))
    edit = ignore_here(analysis.dockerfile, "every-run", diagnostic.range)
    assert edit is not None
    for edits, expected in ([edit], here), ([ignore_in_file(analysis.dockerfile, "every-run")], in_file):
        silenced = apply_edits(text, edits)
        assert silenced == expected
        assert diagnose(analyze(silenced).context, (every_run,)) == ()


@every_case(
    "text, expected",
    [
        ('FROM {{ base }}\nCMD ["a"]\nCMD ["b"]\n', ["build-error"]),
        ('FROM alpine\n{% if a %}\nCMD ["a"]\n{% else %}\nCMD ["b"]\n{% endif %}\n', ["build-error"]),
        ("FROM __BASE__ as a\nENV A b\n", ["build-error"]),
        ('FROM alpine\nCMD ["a"]\nCMD ["b"]\n', ["multiple-instructions-disallowed"]),
        ('FROM alpine\nRUN echo {{ a }}\nCMD ["a"]\nCMD ["b"]\n', ["multiple-instructions-disallowed"]),
        ('FROM Alpine\nCMD ["a"]\nCMD ["b"]\n', ["build-error", "multiple-instructions-disallowed"]),
    ],
)
def test_nothing_else_is_said_of_a_template(text: str, expected: list[str]) -> None:
    assert [it.rule for it in analyze(text).diagnostics] == expected


@every_case(
    "text, rules",
    [
        ("ARG VERSION=1\nFROM alpine:3\nRUN apk add a \\\n\nFROM alpine:$VERSION\n", {"swallowed-instruction"}),
        ("ARG VERSION=1\nFROM alpine:3\nRUN wget https://a.b/$VERSION\n", {"undeclared-global-arg"}),
        (
            "ARG VERSION=1\nFROM alpine:3\nRUN wget https://a.b/$VERSION \\\n\nFROM b\n",
            {"swallowed-instruction", "undeclared-global-arg"},
        ),
    ],
)
def test_a_line_that_the_run_above_swallows_has_no_other_finding(text: str, rules: set[str]) -> None:
    found = {it.rule for it in analyze(text).diagnostics}
    assert found - {"no-empty-continuation", "unused-stage"} == rules
