from __future__ import annotations

from buildxray.rules.habits.misspelled_suppression import misspelled_suppression
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule


@every_case(
    "comment, place, message",
    [
        (
            "# buildxray: ignore=emulated-biuld native runners",
            "                    ^^^^^^^^^^^^^^",
            "💭 this comment silences nothing: there is no rule `emulated-biuld`; did you mean `emulated-build`?",
        ),
        (
            "# buildxray: ignore=*",
            "                    ^",
            "this comment silences nothing: there is no rule `*`",
        ),
        (
            "#buildxray: ignore-file = emulated-build , zzz",
            "                                           ^^^",
            "this comment silences nothing: there is no rule `zzz`",
        ),
        (
            "# buildxray: ignore",
            "             ^^^^^^",
            "this comment silences nothing: `ignore=` and the name of a rule are missing",
        ),
        (
            "# buildxray: ignroe=emulated-build",
            "             ^^^^^^",
            "💭 this comment silences nothing: write `ignore=` or `ignore-file=`, and the name of a rule",
        ),
    ],
)
def test_comments_that_silence_no_rule_are_reported(comment: str, place: str, message: str) -> None:
    check_rule(misspelled_suppression, f"{comment}\n{place} {message}\nFROM alpine\n")


@every_case(
    "comment",
    [
        "# buildxray: ignore=emulated-build, wrong-arch-build as the machines are arm64",
        "# buildxray: ignore-file=emulated-build",
        "# buildxray is a tool",
        "# see buildxray: ignore",
        "# hadolint ignore=DL3006",
    ],
)
def test_other_comments_are_not_reported(comment: str) -> None:
    check_nothing(misspelled_suppression, f"{comment}\nFROM alpine\n")


def test_the_fix_writes_the_nearest_name() -> None:
    check_fix(
        misspelled_suppression,
        "# buildxray: ignore=emulated_build,wrong-arch-build why\nFROM alpine\n",
        "# buildxray: ignore=emulated-build,wrong-arch-build why\nFROM alpine\n",
    )


@every_case(
    "written, right",
    [
        ("stagenamecasing", "StageNameCasing"),
        ("stage-name-casing", "StageNameCasing"),
        ("STAGE_NAME_CASING", "StageNameCasing"),
        ("StageNameCassing", "StageNameCasing"),
        ("undeclared-platform-ar", "undeclared-platform-arg"),
    ],
)
def test_the_name_is_the_one_that_silences_the_check(written: str, right: str) -> None:
    text = "# check=skip={}\nFROM alpine\n"
    check_fix(misspelled_suppression, text.format(written), text.format(right), title=f"Write `{right}`")
