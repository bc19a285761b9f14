from __future__ import annotations

import pytest

from buildxray.rules.buildkit.undefined_var import undefined_var
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token, context, findings

FROM = "FROM alpine\n"


@every_case(
    "before, where, after",
    [
        (f"{FROM}ENV SOURCE=a\nCOPY $SUORCE /b\n", "SUORCE", f"{FROM}ENV SOURCE=a\nCOPY $SOURCE /b\n"),
        (f"{FROM}COPY --chown=$WHO a /b\n", "WHO", None),
        ("FROM golang\nWORKDIR $GOBIN/src\n", "GOBIN", None),
        # Only RUN has the home directory of the user.
        ("FROM golang\nCOPY a $HOME/\n", "HOME", None),
        ("FROM scratch\nENV A=$PATHS\n", "PATHS", "FROM scratch\nENV A=$PATH\n"),
        (f"ARG V=1\n{FROM}WORKDIR /$V\n", "V", f"ARG V=1\n{FROM}ARG V\nWORKDIR /$V\n"),
        (f"{FROM}COPY <<E /b\nx $Y\nE\n", "Y", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(undefined_var, before, where, after)


def test_what_is_declared_above_the_first_from_is_not_called_unset() -> None:
    (finding,) = findings(undefined_var, context(f"ARG V=1\n{FROM}WORKDIR /$V\n"))
    assert finding.message == (
        "`V` is declared above the first FROM only: it is empty here unless the image `alpine` sets it"
    )
    (finding,) = findings(undefined_var, context(f"ARG V=1\n{FROM}WORKDIR /${{V:-2}}\n"))
    assert finding.message == "`V` is declared above the first FROM only, so the default is taken here"


@every_case(
    "text, message",
    [
        (
            f"{FROM}WORKDIR /${{V:-2}}\n",
            "nothing in this file sets `V`: it has its default unless the image `alpine` does",
        ),
        (
            f"{FROM}WORKDIR /${{V-2}}\n",
            "nothing in this file sets `V`: it has its default unless the image `alpine` does",
        ),
        (f"{FROM}WORKDIR /${{V}}-2\n", "nothing in this file sets `V`: it is empty unless the image `alpine` does"),
        ("FROM scratch\nWORKDIR /${V:-2}\n", "nothing sets `V`, so it always has its default"),
    ],
)
def test_a_variable_with_a_default_is_not_empty(text: str, message: str) -> None:
    (finding,) = findings(undefined_var, context(text))
    assert finding.message == message


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}ARG A\nCOPY $A x /y\nRUN echo $B\n",
        # `undeclared-platform-arg` reports it.
        f"{FROM}COPY $TARGETARCH /y\n",
        # The image sets it.
        "ARG PG_MAJOR=17\nFROM postgres:$PG_MAJOR\nCOPY a /b/$PG_MAJOR\n",
        "FROM golang\nWORKDIR $GOPATH/src\n",
        # `build-error` reports it.
        f'{FROM}ENV X="${{A:i}}"\n',
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(undefined_var, text)
