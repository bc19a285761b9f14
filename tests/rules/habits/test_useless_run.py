from __future__ import annotations

from buildxray.rules.habits.useless_run import useless_run
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_rule, check_silent


def test_a_cd_that_ends_with_its_run_is_reported() -> None:
    check_rule(
        useless_run,
        """
        FROM alpine
        RUN cd /srv
            ^^^^^^^ 💭 this `cd` ends with its RUN: the next instruction is in the old directory
        RUN
        ^^^ this RUN has no command
        """,
    )


def test_the_fix_keeps_the_case() -> None:
    check_fix(useless_run, "from alpine\nrun cd srv\n", "from alpine\nworkdir srv\n")


def test_a_directory_known_only_to_the_shell_has_no_fix() -> None:
    check_no_fix(useless_run, "FROM alpine\nRUN cd -\n")


def test_an_export_that_ends_with_its_run_is_reported() -> None:
    message = "what this `export` sets ends with its RUN: the next instruction does not see it"
    check_rule(useless_run, f"FROM alpine\nRUN export A=1\n    ^^^^^^^^^^ 💭 {message}\n")
    check_fix(
        useless_run,
        "FROM alpine\nRUN export A=/opt/a/bin:/bin B=\n",
        "FROM alpine\nENV A=/opt/a/bin:/bin B=\n",
    )


@every_case(
    "run",
    [
        "cd /srv && make",
        "cd $HOME",
        "cd ~",
        "cd",
        "cd /srv; ls",
        "cd `pwd`",
        "cd /a*",
        "--mount=type=cache,target=/c cd /c",
        "mkdir /srv",
        "true",
        '["cd", "/srv"]',
        "export A=1 && make",
        "export A=$B",
        "export A",
        "export",
        'export A="1 2"',
        "A=1 make",
        "<<E\ncd /srv\nE",
        "cdx /srv",
    ],
)
def test_near_misses_are_not_reported(run: str) -> None:
    check_silent(useless_run, f"FROM alpine\nRUN {run}\n")
