"""Comments and empty lines around declarations that move."""

import pytest

from buildxray.rules.fixing.placement import placements
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.rules.scope.early_platform_arg import early_platform_arg
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.rules import check_fix, context

HEAD = "FROM --platform=$BUILDPLATFORM golang:1.26 AS build\n"
TAIL = "FROM scratch\nCOPY --from=build /app /app\n"
INSTALL = "RUN apt-get update && apt-get install -y file\n"
COMPILE = "RUN echo $BUILDPLATFORM && CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .\n"


def test_a_comment_above_two_declarations_stays() -> None:
    check_fix(
        early_platform_arg,
        f"{HEAD}\n# Supplied\nARG TARGETARCH\nARG BUILDPLATFORM\n\n{INSTALL}\n# Compile\n{COMPILE}{TAIL}",
        f"{HEAD}\n# Supplied\nARG BUILDPLATFORM\n\n{INSTALL}\nARG TARGETARCH\n\n# Compile\n{COMPILE}{TAIL}",
    )


def test_comment_of_one_declaration() -> None:
    check_fix(
        early_platform_arg,
        f"{HEAD}ARG BUILDPLATFORM\n# Supplied\nARG TARGETARCH\n{INSTALL}{COMPILE}{TAIL}",
        f"{HEAD}ARG BUILDPLATFORM\n{INSTALL}# Supplied\nARG TARGETARCH\n{COMPILE}{TAIL}",
    )


def test_empty_lines_around_a_declaration() -> None:
    check_fix(
        early_platform_arg,
        f"{HEAD}ARG BUILDPLATFORM\n\nARG TARGETARCH\n\n{INSTALL}{COMPILE}{TAIL}",
        f"{HEAD}ARG BUILDPLATFORM\n\n{INSTALL}ARG TARGETARCH\n{COMPILE}{TAIL}",
    )


def test_architecture_is_told_next_to_the_system() -> None:
    check_fix(
        emulated_build,
        f"FROM golang AS build\nCOPY . .\nRUN CGO_ENABLED=0 GOOS=linux GOFLAGS=-v go build -o /app .\n{TAIL}",
        "FROM --platform=$BUILDPLATFORM golang AS build\nCOPY . .\nARG TARGETARCH\n"
        f"RUN CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH GOFLAGS=-v go build -o /app .\n{TAIL}",
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@every_case("more", ["", "ENV A=$TARGETARCH\n", "ENV A=$TARGETARCH\n# B\n"])
def test_a_declaration_moves_to_the_place_of_a_last_line_that_goes(end: str, more: str) -> None:
    head = "FROM --platform=$BUILDPLATFORM alpine\n"
    ctx = context(f"{head}ARG TARGETARCH\nRUN echo\n{more}ENV V=$TARGETARCH".replace("\n", end))
    (placement,) = placements(ctx)
    assert apply_edits(ctx.text, placement.tidying_edits()) == f"{head}RUN echo\nARG TARGETARCH".replace("\n", end)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@every_case(
    "comments, n_moved",
    [
        ("#ARG DEBUG=1", 0),
        ("# ARG DEBUG", 0),
        ("# Tools\n#RUN apt-get install -y make", 0),
        ("#ENV MODE=x\n# The target", 1),
        ("  ## COPY tools /tools", 0),
        # A note on the declaration itself, or prose.
        ("# Supplied\n#ARG TARGETARCH=amd64", 2),
        ("# ARG for the compiler", 1),
        ("# ENV MODE is not set", 1),
        ("# run make first", 1),
    ],
)
def test_an_instruction_that_is_commented_out_keeps_its_place(comments: str, n_moved: int, end: str) -> None:
    lines = comments.split("\n")
    kept, moved = (
        f"{it}\n" if it else ""
        for it in ("\n".join(lines[: len(lines) - n_moved]), "\n".join(lines[len(lines) - n_moved :]))
    )
    before, after = (
        f"{HEAD}{kept}{moved}ARG TARGETARCH\n{INSTALL}{COMPILE}{TAIL}",
        f"{HEAD}{kept}{INSTALL}{moved}ARG TARGETARCH\n{COMPILE}{TAIL}",
    )
    (placement,) = placements(context(before.replace("\n", end)))
    assert apply_edits(before.replace("\n", end), placement.moving_edits()) == after.replace("\n", end)


def test_a_pair_takes_its_own_comment_with_it() -> None:
    check_fix(
        early_platform_arg,
        f"{HEAD}ARG \\\n  # of the build\n  BUILDPLATFORM \\\n  # of the image,\n  # as usual\n  TARGETARCH \\\n  # free\n  REV=2\n{INSTALL}{COMPILE}{TAIL}",
        f"{HEAD}ARG \\\n  # of the build\n  BUILDPLATFORM \\\n  # free\n  REV=2\n{INSTALL}# of the image,\n# as usual\nARG TARGETARCH\n{COMPILE}{TAIL}",
    )


def test_the_last_pair_takes_its_own_comment_with_it() -> None:
    check_fix(
        early_platform_arg,
        f"{HEAD}ARG BUILDPLATFORM \\\n  # of the image\n  TARGETARCH\n{INSTALL}{COMPILE}{TAIL}",
        f"{HEAD}ARG BUILDPLATFORM\n{INSTALL}# of the image\nARG TARGETARCH\n{COMPILE}{TAIL}",
    )


def test_a_declaration_that_comes_too_late_moves_to_the_compiler() -> None:
    check_fix(
        emulated_build,
        f"FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /app .\nARG TARGETOS TARGETARCH\nRUN echo $TARGETOS\n{TAIL}",
        "FROM --platform=$BUILDPLATFORM golang AS build\nARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .\n"
        f"ARG TARGETOS\nRUN echo $TARGETOS\n{TAIL}",
    )
