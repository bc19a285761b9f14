"""The expansion of each operator. BuildKit: frontend/dockerfile/shell/lex.go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.syntax.expansion import (
    RUN_LABEL,
    Expansion,
    HeredocMarker,
    expand,
    heredoc_marker,
    heredoc_markers,
    split,
)
from buildxray.syntax.lexer import ExpansionError, lex
from tests.support.cases import every_case

VARIABLES = {"ARCH": "arm64", "EMPTY": "", "PATHS": "/a/b/c.tar.gz", "SPACED": "one two"}


@every_case(
    "text, want",
    [
        ("plain", "plain"),
        ("$ARCH-${ARCH}", "arm64-arm64"),
        ("$ARCHX", ""),
        ("$NOPE|${NOPE}", "|"),
        ("'$ARCH' \"$ARCH\"", "$ARCH arm64"),
        (r"\$ARCH \a", "$ARCH a"),
        (r'"\$ARCH \a"', r"$ARCH \a"),
        ("${EMPTY-d}${EMPTY:-d}${NOPE-e}", "de"),
        ("${ARCH:+yes}${EMPTY:+no}${EMPTY+set}", "yesset"),
        ("${ARCH:?needed}", "arm64"),
        ("${NOPE:-${ARCH}}", "arm64"),
        ("${PATHS#*/}|${PATHS##*/}", "a/b/c.tar.gz|c.tar.gz"),
        ("${PATHS%.*}|${PATHS%%.*}", "/a/b/c.tar|/a/b/c"),
        ("${ARCH/arm/ARM}|${ARCH//[46]/x}|${ARCH//?/-}", "ARM64|arm64|-----"),
        ("${ARCH#a?m}", "64"),
        # The brace belongs to the pattern.
        ("${ARCH//m}/x}", "arm64"),
        ("$1a$", "a$"),
    ],
)
def test_expands(text: str, want: str) -> None:
    assert expand(lex(text), VARIABLES.get) == want


@every_case(
    "text, why",
    [
        ('"open', 'closing `"`'),
        ("'open", "closing `'`"),
        ("${ARCH", "`}` is missing"),
        ("${ARCH/a/b", "`}` is missing"),
        ("${ARCH//.}", "`${ARCH//.}` needs a `/` after the pattern"),
        ('"${ARCH/a}"', "`${ARCH/a}` needs a `/` after the pattern"),
        ('${ARCH//"a}', 'closing `"`'),
        ("${}", "bad substitution"),
        ("${:x}", "bad substitution"),
        ("${ARCH:@x}", "`:@` is not supported"),
        ("${ARCH:#x}", "`:#` is not supported"),
        ("${ARCH^}", "`^` is not supported"),
        ("${NOPE:?give it}", "NOPE: give it"),
        (r"${ARCH#\a}", r"escape `\a` is not supported"),
        ("${A:-" * 2000 + "}" * 2000, "nested too deeply"),
    ],
)
def test_refuses(text: str, why: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        expand(lex(text), VARIABLES.get)
    assert why in str(caught.value)


def test_the_escape_token_can_be_a_backtick() -> None:
    assert expand(lex(r"`$ARCH \$ARCH", "`"), VARIABLES.get) == r"$ARCH \arm64"


def test_a_run_label_keeps_quotes_and_unset_variables() -> None:
    assert expand(lex("echo \"$ARCH\" $NOPE ${NOPE:-$ARCH} '$X'"), VARIABLES.get, RUN_LABEL) == (
        "echo \"arm64\" $NOPE ${NOPE:-arm64} '$X'"
    )


def test_quotes_are_ordinary_characters_in_heredocs() -> None:
    assert expand(lex("it's $ARCH \\$ARCH", quotes=False), VARIABLES.get) == "it's arm64 $ARCH"


def test_splits_at_blanks_that_are_not_quoted() -> None:
    assert split(lex('80 "a b" $SPACED <<\tX'), VARIABLES.get) == ["80", "a b", "one", "two", "<<\tX"]


def test_variables_are_found_in_a_word_that_cannot_be_expanded() -> None:
    text = 'a$ARCH "${NOPE:-$EMPTY} ${OPEN'
    assert [(it.name, text[slice(*it.range)]) for it in lex(text).uses] == [
        ("ARCH", "$ARCH"),
        ("NOPE", "${NOPE"),
        ("EMPTY", "$EMPTY"),
        ("OPEN", "${OPEN"),
    ]


@every_case(
    "word, want",
    [
        ("<<EOF", HeredocMarker("EOF", expand=True, chomp=False)),
        ("3<<-EOF", HeredocMarker("EOF", expand=True, chomp=True)),
        ("<<'E F'", HeredocMarker("E F", expand=False, chomp=False)),
        ('<< "X"', HeredocMarker("X", expand=False, chomp=False)),
        ("<<", None),
        ("<EOF", None),
        ("<<<EOF", None),
        ("$((1<<2))", None),
    ],
)
def test_heredoc_marker(word: str, want: HeredocMarker | None) -> None:
    assert heredoc_marker(word) == want


def test_heredoc_markers_of_an_instruction() -> None:
    assert [it.name for it in heredoc_markers("RUN cat <<A 4<<'B' && echo '<<C' > x <<-D")] == ["A", "B", "D"]


@given(st.text(alphabet="$A{}:-+?#%/\\\"'` <aé"), st.booleans(), st.booleans(), st.booleans())
def test_any_text_expands_or_is_refused(text: str, raw_quotes: bool, raw_escapes: bool, keep_unset: bool) -> None:
    try:
        expand(lex(text), VARIABLES.get, Expansion(raw_quotes, raw_escapes, keep_unset))
    except ExpansionError:
        assert any(it in text for it in "${'\"")
