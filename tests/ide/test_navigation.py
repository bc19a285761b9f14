"""Declarations, references and renaming of names."""

from __future__ import annotations

import pytest

from buildxray.ide.navigation import RenameError, definitions, highlights, references, renamable, rename
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.ide import analyze
from tests.support.markup import annotate, fixture


def check_places(markup: str) -> None:
    """Compare the references of the name at the cursor with the carets; `w` marks declarations."""
    __tracebackhide__ = True
    given = fixture(markup)
    found = highlights(analyze(given.text), given.cursor)
    actual = [(it.range, "w" if it.is_write else "") for it in found]
    assert annotate(given.text, actual) == annotate(given.text, given.annotations)


def test_definition_and_references_of_a_stage() -> None:
    check_places(
        """
        FROM golang AS Bu<|>ild
                       ^^^^^ w
        FROM build AS test
             ^^^^^
        FROM scratch
        COPY --from=build /o /o
                    ^^^^^
        COPY --from=0 /o /o
                    ^
        COPY --from=builder /o /o
        RUN --mount=from=BUILD,target=/b x
                         ^^^^^
        ONBUILD COPY --from=build / /
                            ^^^^^
        """,
    )


def test_a_repeated_stage_name_means_the_last_stage_above() -> None:
    check_places(
        """
        FROM a AS x
        FROM x AS x
                  ^ w
        FROM b
        COPY --from=<|>x a b
                    ^
        """,
    )


def test_an_argument_is_one_name_in_all_its_scopes() -> None:
    check_places(
        """
        ARG V=1
            ^ w
        FROM a:$V AS x
                ^
        ARG V
            ^ w
        RUN a $V "${V:-2}" '$V'
               ^
                    ^
        ENV W=${<|>V}
                ^
        FROM x
        RUN echo $V && V=3 && echo $V
                  ^
        """,
    )


def test_references_of_an_environment_variable() -> None:
    check_places(
        """
        FROM a AS x
        ENV V=1 W=$V
            ^ w
        ENV V=2
            ^ w
        CMD echo $<|>V
                  ^
        FROM b
        ENV V=3
        """,
    )


def test_declarations_and_uses() -> None:
    given = fixture("FROM a AS x\nFROM <|>x\nFROM x\n")
    analysis = analyze(given.text)
    assert [given.text[slice(*it)] for it in definitions(analysis, given.cursor)] == ["x"]
    assert len(references(analysis, given.cursor, with_declaration=False)) == 2
    assert len(references(analysis, given.cursor, with_declaration=True)) == 3
    assert definitions(analysis, 0) == []


@every_case(
    "before, after",
    [
        ("FROM a AS <|>x\nFROM X\nCOPY --from=0 a b\n", "FROM a AS new\nFROM new\nCOPY --from=0 a b\n"),
        ("ARG <|>A=1\nFROM x:$A\nARG A\nRUN $A\n", "ARG new=1\nFROM x:$new\nARG new\nRUN $new\n"),
        ("FROM x\nARG A\nENV A=$A\nRUN $<|>A\n", "FROM x\nARG A\nENV new=$A\nRUN $new\n"),
        ("FROM x\nENV A=1\nRUN echo \\\n  ${<|>A}\n", "FROM x\nENV new=1\nRUN echo \\\n  ${new}\n"),
    ],
)
def test_renaming(before: str, after: str) -> None:
    given = fixture(before)
    analysis = analyze(given.text)
    assert renamable(analysis, given.cursor) is not None
    assert apply_edits(given.text, rename(analysis, given.cursor, "new")) == after


@every_case(
    "markup",
    [
        "FROM x\nARG <|>TARGETARCH\n",
        "FROM x\nRUN $<|>TARGETARCH\n",
        "FROM x\nARG <|>HTTP_PROXY\n",
        "FROM x\nRUN $<|>UNDECLARED\n",
        "FROM x AS a\nFROM y\nCOPY --from=<|>0 a b\n",
        "F<|>ROM x\n",
        "<|>",
    ],
)
def test_names_that_cannot_be_renamed(markup: str) -> None:
    given = fixture(markup)
    assert renamable(analyze(given.text), given.cursor) is None
    with pytest.raises(RenameError, match="there is no name to rename"):
        rename(analyze(given.text), given.cursor, "new")


@every_case(
    "markup, name, problem",
    [
        ("FROM a AS <|>x\nFROM b AS y\n", "y", "there is a stage `y` already"),
        ("FROM a AS <|>x\n", "X y", "is not a name for a stage"),
        ("FROM a AS <|>x\n", "scratch", "means something else"),
        ("FROM a\nARG <|>X\n", "1X", "is not a name for a variable"),
        ("FROM a\nARG <|>X\n", "TARGETARCH", "is an argument that BuildKit sets"),
    ],
)
def test_invalid_new_names_are_refused(markup: str, name: str, problem: str) -> None:
    given = fixture(markup)
    with pytest.raises(RenameError, match=problem):
        rename(analyze(given.text), given.cursor, name)


@every_case(
    "markup, lines",
    [
        ("FROM x\nENV A=1\nRUN echo $<|>A\nENV A=2\nRUN echo $A\n", [1]),
        ("FROM x\nENV A=1\nRUN echo $A\nENV A=2\nRUN echo $<|>A\n", [3]),
        ("FROM x AS a\nARG V=1\nRUN echo $V\nFROM x AS b\nARG V=2\nRUN echo $<|>V\n", [4]),
        ("ARG V=1\nFROM x AS a\nARG V\nRUN echo $<|>V\nFROM x AS b\nARG V=2\n", [0, 2]),
        ("ARG V\nFROM x\nENV V=1\nARG <|>V\n", [0, 2, 3]),
        ("FROM x\nENV MODE=dev\nARG MODE\nRUN make $<|>MODE\n", [1, 2]),
        ("FROM x\nENV A=1\nENV A=$<|>A\n", [1]),
        ("FROM x\nARG A=1 B=$<|>A\n", [1]),
        ("FROM x\nENV A=1 B=$<|>A\n", []),
        ("ARG A=1 B=$<|>A\nFROM x\n", [0]),
        # The ENV of a base stage overrides the ARG after it.
        ("FROM x AS base\nENV A=1\nARG A=2\nFROM base\nRUN echo $<|>A\n", [1]),
        ("FROM x AS a-amd64\nENV A=1\nFROM x AS a-arm64\nENV A=2\nFROM a-$TARGETARCH\nRUN echo $<|>A\n", [1, 3]),
        ("FROM x\nONBUILD ARG <|>A\n", [1]),
        ("FROM x\nRUN echo $<|>HOME\n", []),
        # References that BuildKit refuses: a variable without a value, the stage itself, a later stage.
        ("FROM x\nENV A\nRUN echo $<|>A\n", [1]),
        ("FROM x\nENV A=1 B\nRUN echo $<|>B\n", [1]),
        ("FROM x AS a\nCOPY --from=<|>a /o /\n", [0]),
        ("FROM x AS a\nCOPY --from=<|>b /o /\nFROM x AS b\n", [2]),
        ("FROM x AS a\nCOPY --from=<|>c /o /\nFROM x AS b\n", []),
        # A file without a FROM, such as a half-typed one.
        ("ENV A=1\nRUN echo $<|>A\n", [0]),
        ("FROM x\nRUN <<EO<|>F\necho\nEOF\n", [1]),
        ("FROM x\nRUN <<EOF\necho\nEO<|>F\n", [1]),
    ],
)
def test_declarations_that_can_reach_a_place(markup: str, lines: list[int]) -> None:
    given = fixture(markup)
    analysis = analyze(given.text)
    assert [analysis.lines.line_of(it.start) for it in definitions(analysis, given.cursor)] == lines


def test_a_bare_argument_leaves_the_value_of_the_variable() -> None:
    check_places(
        """
        FROM alpine
        ENV MODE=dev
            ^^^^ w
        ARG M<|>ODE
            ^^^^ w
        RUN make $MODE
                  ^^^^
        """,
    )


def test_undeclared_variables_belong_to_their_image() -> None:
    check_places(
        """
        FROM alpine AS a
        RUN echo $HO<|>ME
                  ^^^^
        FROM debian
        RUN echo $HOME
        FROM a
        RUN echo $HOME
                  ^^^^
        """,
    )
    check_places(
        """
        FROM $BA<|>SE
              ^^^^
        RUN echo $BASE
        """,
    )


def test_references_of_a_heredoc_marker() -> None:
    check_places(
        """
        FROM alpine
        RUN <<E<|>OF cat - '<<EOF' <<-"B.1"
              ^^^ w
        EOF
        ^^^
        \tB.1
        RUN <<EOF
        EOF
        """.replace("\\t", "\t"),
    )
    check_places(
        """
        FROM alpine
        ONBUILD COPY <<A <<-'B<|>' /x
                             ^ w
        A
        \tB
         ^
        """.replace("\\t", "\t"),
    )


def test_renaming_a_heredoc() -> None:
    given = fixture("FROM x\nRUN <<-'E<|>OF'\n\tOTHER x\n\tEOF\n")
    analysis = analyze(given.text)
    edits = rename(analysis, given.cursor, "END")
    assert apply_edits(given.text, edits) == "FROM x\nRUN <<-'END'\n\tOTHER x\n\tEND\n"
    with pytest.raises(RenameError, match="not a name"):
        rename(analysis, given.cursor, "A B")
    taken = fixture("FROM x\nRUN <<E<|>OF\nEND\nEOF\n")
    with pytest.raises(RenameError, match="would end it"):
        rename(analyze(taken.text), taken.cursor, "END")


@every_case(
    "text",
    [
        "FROM x AS dist-amd64\nFROM y AS dist-arm64\nFROM dist-$TARGETARCH\n",
        "ARG KIND=amd64\nFROM x AS dist-amd64\nFROM dist-${KIND}\n",
        # A platform outside of the request.
        "FROM x AS dist-amd64\nFROM y AS dist-riscv64\nFROM dist-$TARGETARCH$TARGETVARIANT\n",
    ],
)
def test_a_stage_named_through_a_variable_has_references(text: str) -> None:
    analysis = analyze(text)
    for stage in analysis.plan.stages:
        if stage.name:
            with pytest.raises(RenameError, match="by a variable"):
                rename(analysis, text.index(stage.name), "other")


def test_a_variable_that_names_no_stage_has_no_such_reference() -> None:
    text = "ARG BASE=alpine\nFROM x AS dist\nFROM $BASE\nFROM x:$TARGETARCH\nFROM $TARGETARCH\nCOPY --from=dist / /\n"
    assert rename(analyze(text), text.index("dist"), "out")


def test_renaming_does_not_merge_two_variables() -> None:
    text = "FROM x\nARG A\nENV B=2\nRUN echo $A $B\nFROM y\nARG C\n"
    with pytest.raises(RenameError, match="already"):
        rename(analyze(text), text.index("A\n"), "B")
    assert rename(analyze(text), text.index("A\n"), "C")
