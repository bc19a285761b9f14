from __future__ import annotations

import pytest

from buildxray.rules.base import Safety
from buildxray.rules.buildkit.no_empty_continuation import no_empty_continuation
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token, context, findings

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}RUN a \\\n\n \n  && b\n", "\\", f"{FROM}RUN a \\\n  && b\n"),
        (f"{FROM}RUN a \\\r\n\r\n b\r\n", "\\", f"{FROM}RUN a \\\r\n b\r\n"),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(no_empty_continuation, before, where, after)


@every_case(
    "text",
    [
        f"{FROM}RUN a \\\n  && b\n\n\nRUN c\n",
        f"{FROM}RUN a \\\n  # a comment\n  && b\n",
        f"{FROM}RUN <<E\na\n\nb\nE\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(no_empty_continuation, text)


@every_case(
    "lines, safety",
    [
        ("RUN a \\\n\nWORKDIR /b\n", None),
        ("RUN a \\\n\n\n# c\n  COPY b c\n", None),
        ("RUN a \\\r\n\r\nENV A=b\r\n", None),
        ("RUN a \\\n\n  ENV=1 b\n", Safety.SAFE),
        ("RUN a \\\n\n  copy b c\n", Safety.SAFE),
        ("RUN a \\\n\n  b\nCOPY b c\n", Safety.SAFE),
    ],
)
def test_an_instruction_after_the_empty_line_was_probably_meant_as_one(lines: str, safety: Safety | None) -> None:
    (finding,) = findings(no_empty_continuation, context(f"{FROM}{lines}"))
    assert [it.safety for it in finding.fixes] == [*filter(None, [safety])]
