from __future__ import annotations

import pytest

from buildxray.rules.base import Severity
from buildxray.rules.habits.comment_as_argument import comment_as_argument
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_rule, check_silent, context, findings

FROM = "FROM alpine\n"


def test_a_comment_after_a_directory() -> None:
    check_rule(
        comment_as_argument,
        """
        FROM alpine
        WORKDIR /app # sources
                     ^^^^^^^^^ 💭 `# sources` is not a comment here: WORKDIR takes it as arguments
        """,
    )


@pytest.mark.parametrize(
    "instruction",
    [
        "USER app",
        "COPY a /b",
        "ADD a b /c/",
        "VOLUME /data",
        "ARG A=1",
        "ENV A b",
        "COPY --chown=app a /b",
        "copy\ta /b",
    ],
)
@pytest.mark.parametrize("comment", ["# why", "#", "# a # b"])
def test_the_comment_becomes_a_line(instruction: str, comment: str) -> None:
    before, after = f"{FROM}  {instruction}  {comment}\nRUN true\n", f"{FROM}  {comment}\n  {instruction}\nRUN true\n"
    check_fix(comment_as_argument, before, after)


@every_case(
    "instruction, is_reported",
    [
        ("WORKDIR /app #why", True),
        ("USER app #why", True),
        ("ARG A #why", True),
        ("COPY a /b #why not", True),
        ("COPY --chown=1 a b/ #why", True),
        ("ADD a . #why", True),
        ("COPY a $B #why", True),
        # Two sources, of which the second may have this name.
        ("COPY a #b /c", False),
        ("COPY /a #b", False),
        ("COPY --chown=1 /a #b", False),
        ("COPY a b #c", False),
        ("ENV A b #c", False),
    ],
)
def test_a_comment_without_a_blank(instruction: str, *, is_reported: bool) -> None:
    assert bool(findings(comment_as_argument, context(f"{FROM}{instruction}\n"))) is is_reported


@every_case(
    "instruction, severity", [("ARG A=1 # why", Severity.INFORMATION), ("ARG A # B=2", None), ("USER a # b", None)]
)
def test_a_comment_that_only_declares_names_does_no_harm(instruction: str, severity: Severity | None) -> None:
    (finding,) = findings(comment_as_argument, context(f"{FROM}{instruction}\n"))
    assert finding.severity is severity


def test_an_instruction_of_several_lines_has_no_fix() -> None:
    check_no_fix(comment_as_argument, f"{FROM}COPY a \\\n  /b # why\n")


@every_case(
    "instruction",
    [
        "RUN a # why",
        "WORKDIR /a#b",
        "COPY #notes# /b",
        "COPY # /b",
        "ENV A #",
        "ENV A # b",
        'ENV A "b # c"',
        "ARG A='b # c'",
        'ARG A="b \\" # c"',
        'COPY ["a # b", "/c"] # d',
        "WORKDIR '/a # b",
        "ARG A='b' #c",
        "ADD https://example.org/a.git#main /b",
        "COPY <<E /b\na # b\nE",
        "COPY a \\\n# why\n  /b",
        "CMD a # why",
        # BuildKit refuses these.
        "EXPOSE 80 # why",
        "LABEL a=b # why",
    ],
)
def test_near_misses_are_not_reported(instruction: str) -> None:
    check_silent(comment_as_argument, f"{FROM}{instruction}\n")


@every_case(
    "instruction, comment",
    [
        ("ARG A=x", '# "x" or "y"'),
        ("ARG A=x", "# don't"),
        ("WORKDIR /a", "# [b]"),
        ('ARG A="x y"', "# why"),
        ("ENV A 'b'", "# c"),
        ("ARG A='\"'", "# it's"),
    ],
)
def test_quotes_in_a_comment_or_closed_before_it(instruction: str, comment: str) -> None:
    (finding,) = findings(comment_as_argument, context(f"{FROM}{instruction} {comment}\n"))
    assert finding.message.startswith(f"`{comment}` is not a comment")
