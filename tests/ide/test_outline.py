from __future__ import annotations

from buildxray.ide.outline import Symbol, folds, symbols
from tests.support.cases import every_case
from tests.support.ide import analyze

TEXT = """\
# one
# two
ARG V=1

# three
FROM --platform=$BUILDPLATFORM golang:$V AS build
RUN <<EOF
a
EOF
ENV A=b
# four
RUN a && \\
  # five
  b
FROM scratch
COPY --from=build /o /
"""


def shown(symbol: Symbol) -> object:
    return f"{symbol.name} | {symbol.detail}", [shown(it) for it in symbol.children]


def test_stages_and_their_instructions() -> None:
    found = [*symbols(analyze(TEXT))]
    assert [shown(it) for it in found] == [
        ("ARG V | 1", []),
        (
            "build | --platform=$BUILDPLATFORM golang:$V AS build · linux/amd64",
            [("RUN a | ", []), ("ENV A | b", []), ("RUN a && b | ", [])],
        ),
        ("stage-1 | scratch · linux/amd64, linux/arm64", [("COPY /o / | --from=build", [])]),
    ]
    assert TEXT[slice(*found[1].selection)] == "build"
    assert TEXT[slice(*found[1].range)].startswith("FROM --platform")
    assert TEXT[slice(*found[1].range)].endswith("  b")


def test_stages_instructions_and_comments_can_be_folded() -> None:
    assert {(it.first_line, it.last_line, it.is_comment) for it in folds(analyze(TEXT))} == {
        (0, 1, True),
        (5, 13, False),
        (6, 8, False),
        (11, 13, False),
        (14, 15, False),
    }


def test_a_stage_of_nothing_but_its_from_is_folded_once() -> None:
    assert [*folds(analyze("FROM alpine \\\n  AS a\n"))] == [(0, 1, False)]


def test_an_empty_document_has_no_outline() -> None:
    assert [*symbols(analyze(""))] == []
    assert [*folds(analyze("FROM x"))] == []
    assert [it.name for it in symbols(analyze("ARG\nRU\nFROM\n"))] == ["ARG", "RU", "stage-0"]


def test_directives_are_in_the_outline() -> None:
    text = "# syntax=docker/dockerfile:1\n#escape = `\nFROM x\n"
    assert [(it.name, text[slice(*it.selection)]) for it in symbols(analyze(text))][:2] == [
        ("syntax", "syntax"),
        ("escape", "escape"),
    ]


@every_case(
    "text, names",
    [
        ("# escape=`\n# future = 1\n# syntax=x\n", ["escape", "future", "syntax"]),
        ("#escape=\n", ["escape"]),
        ("# escape=`\n#escape=`\n", ["escape", "escape"]),
        ("\N{BYTE ORDER MARK}# escape=`\n", ["escape"]),
        ("# a comment\n# escape=`\n", []),
        ("\n# escape=`\n", []),
        ("# a b=c\n", []),
        ("# =c\n", []),
    ],
)
def test_a_comment_like_a_directive_is_not_in_the_outline(text: str, names: list[str]) -> None:
    found = [it for it in symbols(analyze(f"{text}FROM x\n")) if it.kind == "directive"]
    assert [it.name for it in found] == names
    assert [text[slice(*it.selection)] for it in found] == names


def test_long_names_are_cut() -> None:
    (stage,) = symbols(analyze(f"FROM x\nRUN --network=none echo {'word ' * 50}\n"))
    (run,) = stage.children
    assert (len(run.name), run.name[:8], run.detail) == (80, "RUN echo", "--network=none")
