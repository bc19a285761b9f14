from __future__ import annotations

from buildxray.rules.habits.ignored_directive import ignored_directive
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule

MEANT = "💭 this is a comment: there is no directive `{}`; did you mean `{}`?"
LATE = "this is a comment: directives come before every other line of the file"


@every_case(
    "markup",
    [
        f"# a program\n# syntax=docker/dockerfile:1\n  ^^^^^^ {LATE}\nFROM alpine\n",
        f"# syntax=docker/dockerfile:1\n\n# escape=`\n  ^^^^^^ {LATE}\nFROM alpine\n",
        f"#!/usr/bin/env x\n# escape=`\n  ^^^^^^ {LATE}\nFROM alpine\n",
        f"#!/usr/bin/env x\n\n# syntax=docker/dockerfile:1\n  ^^^^^^ {LATE}\nFROM alpine\n",
        f"# a\n#!/usr/bin/env x\n# syntax=docker/dockerfile:1\n  ^^^^^^ {LATE}\nFROM alpine\n",
        f"#sintax = docker/dockerfile:1.7-labs\n ^^^^^^ {MEANT.format('sintax', 'syntax')}\nFROM alpine\n",
        f"# checks=skip=all;error=true\n  ^^^^^^ {MEANT.format('checks', 'check')}\nFROM alpine\n",
    ],
)
def test_comments_that_look_like_directives_are_reported(markup: str) -> None:
    check_rule(ignored_directive, markup)


@every_case(
    "text",
    [
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM alpine\n",
        "#!/usr/bin/env x\n# syntax=docker/dockerfile:1\nFROM alpine\n",
        # For the instruction below: BuildKit #6334.
        "# a program\n# check=skip=all\nFROM alpine\n",
        "FROM alpine\n# check=skip=all\nRUN true\n",
        "# the syntax = what is written\nFROM alpine\n",
        "# a program\n# syntax = what is written here\nFROM alpine\n",
        "# version=1\nFROM alpine\n",
        "# sintax=1\nFROM alpine\n",
        "# syntax=docker/dockerfile:1\n# note\n# syntax=docker/dockerfile:1.4\nFROM alpine\n",
        "",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_nothing(ignored_directive, text)


def test_the_fix_repairs_the_text() -> None:
    check_fix(
        ignored_directive,
        "# sintax=docker/dockerfile:1\nFROM alpine\nRUN true\n",
        "# syntax=docker/dockerfile:1\nFROM alpine\nRUN true\n",
    )
