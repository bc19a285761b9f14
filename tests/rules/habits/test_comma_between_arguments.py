from __future__ import annotations

from buildxray.rules.habits.comma_between_arguments import comma_between_arguments
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule


def test_the_message_is_at_the_token() -> None:
    check_rule(
        comma_between_arguments,
        "FROM alpine\nCOPY a, b, /srv/\n      ^ 💭 blanks separate arguments: this `,` belongs to `a,`\n",
    )


@every_case(
    "before, after",
    [
        ("COPY a, b, /srv/", "COPY a b /srv/"),
        ("COPY a, b /srv/", "COPY a b /srv/"),
        ("VOLUME /a, /b", "VOLUME /a /b"),
        ("ENV A=1, B=2", "ENV A=1 B=2"),
        ('ENV A="1", \\\n    B="2"', 'ENV A="1" \\\n    B="2"'),
        ("LABEL a=b; c=d; e=f", "LABEL a=b c=d e=f"),
        ("ARG A=1, B", "ARG A=1 B"),
    ],
)
def test_the_fix_repairs_the_text(before: str, after: str) -> None:
    check_fix(comma_between_arguments, f"FROM alpine\n{before}\n", f"FROM alpine\n{after}\n")


@every_case(
    "line",
    [
        "COPY a,b /srv/",
        "COPY a, b c /srv/",
        "COPY a b, c /srv/",
        'COPY ["a", "b", "/srv/"]',
        "COPY ['a', 'b', '/srv/']",
        "ENV A=1,2 B=3",
        "ENV A=1, B=2 C=3",
        "ENV A=1,",
        "ENV LIST a, b",
        "VOLUME /a /b",
        "RUN echo a, b",
        "CMD a, b",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(comma_between_arguments, f"FROM alpine\n{line}\n")
