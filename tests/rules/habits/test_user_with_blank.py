from __future__ import annotations

from buildxray.rules.habits.user_with_blank import user_with_blank
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule


def test_the_message_is_at_the_token() -> None:
    message = "`app staff` is one name with a blank in it: a colon comes between user and group"
    check_rule(user_with_blank, f"FROM alpine\nUSER app staff\n     ^^^^^^^^^ 💭 {message}\n")


@every_case("line", ["USER app staff", "USER app : staff", "USER app: staff"])
def test_the_fix_repairs_the_text(line: str) -> None:
    check_fix(user_with_blank, f"FROM alpine\n{line}\n", "FROM alpine\nUSER app:staff\n")


@every_case(
    "line",
    [
        "USER app",
        "USER app:staff",
        "USER $A $B",
        "USER app # the owner",
        "USER NT AUTHORITY\\SYSTEM",
        "RUN su app staff",
        "USER a b c",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(user_with_blank, f"FROM alpine\n{line}\n")


def test_names_of_windows_have_blanks() -> None:
    check_nothing(user_with_blank, "FROM alpine\nUSER Network Service\n", targets="windows/amd64")
