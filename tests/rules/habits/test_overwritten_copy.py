from __future__ import annotations

from buildxray.rules.habits.overwritten_copy import overwritten_copy
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_rule, check_silent, reported


def test_sources_with_one_destination_file_are_reported() -> None:
    check_rule(
        overwritten_copy,
        """
        FROM alpine
        COPY a b c /srv/app
                   ^^^^^^^^ 💭 unless `/srv/app` is a directory already, only the last of the 3 sources stays
        """,
    )


@every_case(
    "before, after",
    [
        ("ADD a b /x", "ADD a b /x/"),
        ('COPY ["a", "b", "/x"]', 'COPY ["a", "b", "/x/"]'),
        ("COPY --link a b x", "COPY --link a b x/"),
    ],
)
def test_the_fix_makes_the_destination_a_directory(before: str, after: str) -> None:
    check_fix(overwritten_copy, f"FROM alpine\n{before}\n", f"FROM alpine\n{after}\n")


@every_case(
    "text",
    [
        "COPY a /x",
        "COPY a b /x/",
        "COPY a b .",
        "COPY a b ..",
        "COPY a* /x",
        "ARG D\nCOPY a b $D",
        "COPY --parents a b /x",
        "WORKDIR /srv/app\nCOPY a b /srv/app",
        "WORKDIR /srv/app\nCOPY a b /srv",
        "WORKDIR /srv/app/c\nWORKDIR /srv\nCOPY a b /srv",
        "WORKDIR /srv\nRUN true && mkdir -p app/bin\nCOPY a b app",
        "RUN mkdir -p /srv/app && cd /srv\nUSER app\nCOPY a b /srv/app",
        "RUN install -d -m 755 /srv/app\nCOPY a b /srv/app",
        "COPY c /srv/app/\nCOPY a b /srv/app",
        "COPY c /srv/app/c\nCOPY a b /srv/app",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(overwritten_copy, f"FROM alpine\n{text}\n")


@every_case(
    "earlier",
    [
        "COPY c /srv/app",
        "RUN mkdir -p /srv/ap",
        "RUN install -m 755 x /srv/app",
        "RUN mkdir -p /srv",
        "RUN echo mkdir /srv/app",
    ],
)
def test_another_directory_does_not_count(earlier: str) -> None:
    assert reported(overwritten_copy, f"FROM alpine\n{earlier}\nCOPY a b /srv/app\n") == ["/srv/app"]


def test_the_directory_of_another_stage_does_not_count() -> None:
    copy = "COPY a b /srv/app\n"
    assert reported(overwritten_copy, f"FROM alpine AS x\nRUN mkdir /srv/app\nFROM alpine\n{copy}") == ["/srv/app"]
    assert reported(overwritten_copy, f"FROM alpine AS x\nRUN mkdir /srv/app\nFROM x\n{copy}") == []
