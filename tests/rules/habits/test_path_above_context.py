from __future__ import annotations

from buildxray.rules.habits.path_above_context import path_above_context
from tests.support.cases import every_case
from tests.support.rules import check_rule, check_silent


def test_a_path_out_of_the_context() -> None:
    check_rule(
        path_above_context,
        """
        FROM alpine AS a
        COPY ../shared /srv
             ^^^^^^^^^ `../shared` cannot leave the build context: BuildKit leaves out the `..`
        ADD x a/../../b /srv/
              ^^^^^^^^^ `a/../../b` cannot leave the build context: BuildKit leaves out the `..`
        COPY ../$NAME /srv
             ^^^^^^^^ `../$NAME` cannot leave the build context: BuildKit leaves out the `..`
        COPY .. /srv
             ^^ `..` cannot leave the build context: BuildKit leaves out the `..`
        FROM alpine
        COPY --from=a ../etc /etc
                      ^^^^^^ `../etc` cannot lead above the root: BuildKit leaves out the `..`
        """,
    )


@every_case(
    "instruction",
    [
        "COPY a/../b /srv",
        "COPY a/.. /srv",
        "COPY ..a /srv",
        "COPY a ../srv",
        "COPY $UP/../b /srv",
        "COPY a$X/../../b /srv",
        "COPY /../b /srv",
        "ADD https://example.org/../a /srv",
        "COPY <<E /srv\n../a\nE",
        "RUN cp ../a /srv",
    ],
)
def test_near_misses(instruction: str) -> None:
    check_silent(path_above_context, f"FROM alpine\n{instruction}\n")
