from __future__ import annotations

from buildxray.rules.habits.single_dash_flag import single_dash_flag
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule

RUN = "💭 a flag begins with two dashes: this is read as the command"
COPY = "💭 a flag begins with two dashes: this is read as a file to copy"


@every_case(
    "line, place",
    [
        ("RUN -mount=type=cache,target=/x make", f"    ^^^^^^^^^^^^^^^^^^^^^^^^^^^ {RUN}"),
        ("RUN -network=none make", f"    ^^^^^^^^^^^^^ {RUN}"),
        ("RUN \N{EN DASH}mount=type=ssh make", f"    ^^^^^^^^^^^^^^^ {RUN}"),
        ("COPY -from=base /a /b", f"     ^^^^^^^^^^ {COPY}"),
        ("COPY -link a b", f"     ^^^^^ {COPY}"),
        ("ADD \N{EM DASH}chown=1 a b", f"    ^^^^^^^^ {COPY}"),
    ],
)
def test_a_flag_with_one_dash_is_reported(line: str, place: str) -> None:
    check_rule(single_dash_flag, f"FROM alpine AS base\n{line}\n{place}\n")


@every_case(
    "line",
    [
        "RUN --mount=type=cache,target=/x make",
        "RUN make -mount=x",
        "RUN -from=x",
        "COPY -x a b",
        "COPY a -from=b /c/",
        'COPY ["-from=a", "b"]',
        "CMD -mount=x",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(single_dash_flag, f"FROM alpine\n{line}\n")


def test_the_fix_repairs_the_text() -> None:
    check_fix(
        single_dash_flag,
        "FROM alpine AS base\nFROM alpine\nCOPY -from=base /a /b\n",
        "FROM alpine AS base\nFROM alpine\nCOPY --from=base /a /b\n",
    )
