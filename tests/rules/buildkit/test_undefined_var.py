from __future__ import annotations

import pytest

from buildxray.rules.buildkit.undefined_var import undefined_var
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (f"{FROM}ENV SOURCE=a\nCOPY $SUORCE /b\n", "SUORCE", f"{FROM}ENV SOURCE=a\nCOPY $SOURCE /b\n"),
        (f"{FROM}COPY --chown=$WHO a /b\n", "WHO", None),
        (f"{FROM}COPY <<E /b\nx $Y\nE\n", "Y", None),
    ],
)
def test_the_token_and_the_fix(before: str, where: str, after: str | None) -> None:
    check_token(undefined_var, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}ARG A\nCOPY $A x /y\nRUN echo $B\n",
        # `undeclared-platform-arg` reports it.
        f"{FROM}COPY $TARGETARCH /y\n",
    ],
)
def test_near_misses(text: str) -> None:
    check_silent(undefined_var, text)
