"""Names: where they are declared and used, and renaming them."""

from __future__ import annotations

import pytest

from buildxray.ide.navigation import RenameError, definitions, highlights, references, renamable, rename
from buildxray.syntax.text import apply_edits
from tests.support.ide import analyze
from tests.support.markup import annotate, fixture


def check_places(markup: str) -> None:
    """All places of the name at the cursor, `w` where it is declared."""
    __tracebackhide__ = True
    given = fixture(markup)
    found = highlights(analyze(given.text), given.cursor)
    actual = [(it.range, "w" if it.is_write else "") for it in found]
    assert annotate(given.text, actual) == annotate(given.text, given.annotations)


def test_a_stage() -> None:
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


def test_a_name_that_is_given_twice() -> None:
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


def test_an_argument_in_all_its_scopes() -> None:
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


def test_an_environment_variable() -> None:
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


@pytest.mark.parametrize(
    ("before", "after"),
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


@pytest.mark.parametrize(
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
def test_what_has_no_other_name(markup: str) -> None:
    given = fixture(markup)
    assert renamable(analyze(given.text), given.cursor) is None
    with pytest.raises(RenameError, match="nothing that can be renamed"):
        rename(analyze(given.text), given.cursor, "new")


@pytest.mark.parametrize(
    ("markup", "name", "problem"),
    [
        ("FROM a AS <|>x\nFROM b AS y\n", "y", "there is a stage `y` already"),
        ("FROM a AS <|>x\n", "X y", "is no name for a stage"),
        ("FROM a AS <|>x\n", "scratch", "means something else"),
        ("FROM a\nARG <|>X\n", "1X", "is no name for a variable"),
        ("FROM a\nARG <|>X\n", "TARGETARCH", "is an argument that BuildKit sets"),
    ],
)
def test_wrong_names(markup: str, name: str, problem: str) -> None:
    given = fixture(markup)
    with pytest.raises(RenameError, match=problem):
        rename(analyze(given.text), given.cursor, name)
