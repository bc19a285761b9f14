"""Words with variables between other characters: each is one word, and each of its variables has its own range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.ide.analysis import Analysis
from tests.support.cases import every_case
from tests.support.ide import analyze

LITERALS = st.sampled_from(["https://e.com/", "x-", "/", ".tgz", "_v", "a.b", "-", "é", ":", "1", "@", "%20"])
VARIABLES = st.sampled_from(["$A", "${B}", "$V_1", "$TARGETARCH", "${C:-x}", '"$D"'])


def words_of(analysis: Analysis) -> list[str]:
    (command,) = analysis.build.stages[0].runs[0].commands
    return [it.text for it in command.syntax.words]


def names_of(word: str) -> list[str]:
    return [it.strip('"${}').partition(":")[0] for it in word.split("\0") if "$" in it]


@pytest.mark.slow
@given(st.lists(st.one_of(LITERALS, VARIABLES), min_size=1, max_size=8).filter(lambda it: not it[0].startswith("é")))
def test_a_word_keeps_all_of_its_variables(pieces: list[str]) -> None:
    # Letters directly after a name belong to the name.
    joined = [f"{it}/" if it.startswith("$") and it[1] != "{" else it for it in pieces]
    text = f"FROM alpine\nRUN curl é {''.join(joined)} y$Z.end\n"
    analysis = analyze(text)
    assert words_of(analysis) == ["curl", "é", "".join(joined), "y$Z.end"]
    references = analysis.build.stages[0].runs[0].variable_references()
    assert [it.name for it in references] == [*names_of("\0".join(pieces)), "Z"]
    assert all(text[slice(*it.name_range)] == it.name for it in references)


@every_case("script", ["curl $V/x$1.c", "curl $V/x-$?.c", "curl $@/x-$#.c"])
def test_parameters_of_the_shell_are_part_of_words(script: str) -> None:
    assert words_of(analyze(f"FROM alpine\nRUN {script}\n")) == script.split()


def test_an_argument_in_the_middle_of_an_address_is_used() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM alpine AS get\nARG V=1\nARG TARGETARCH\n"
        "RUN wget -O /t https://example.com/$V/t-$TARGETARCH.tgz\nFROM alpine\nCOPY --from=get /t /t\n"
    )
    assert analyze(text).diagnostics == ()
    assert [it.rule for it in analyze(text.replace("ARG TARGETARCH\n", "")).diagnostics] == ["undeclared-platform-arg"]


def test_dollar_signs_that_are_not_variables() -> None:
    run = analyze("FROM alpine\nRUN echo '$A/x-$B.c' \\$A/x-\\$B.c \"$C:-d\"\n").build.stages[0].runs[0]
    assert [(it.name, it.has_default) for it in run.variable_references()] == [("C", False)]
