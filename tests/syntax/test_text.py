from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.syntax.text import ColumnUnit, Edit, LineIndex, TextRange, apply_edits
from tests.support.cases import every_case

TEXT = st.text(alphabet=st.sampled_from("aF #\\\n\r\x0c\u2028éこ🐳$"))
UNITS: tuple[ColumnUnit, ...] = ("utf-8", "utf-16", "utf-32")


@given(TEXT, st.sampled_from(UNITS))
def test_every_offset_has_a_position_of_its_own(text: str, unit: ColumnUnit) -> None:
    index = LineIndex.of(text)
    for offset in range(len(text) + 1):
        inside_line_end = text[offset - 1 : offset + 1] == "\r\n"
        if not inside_line_end:
            assert index.offset(*index.position(offset, unit), unit) == offset


@given(TEXT, st.integers(-1, 9), st.integers(-1, 9), st.sampled_from(UNITS))
def test_positions_outside_the_text_are_clamped(text: str, line: int, column: int, unit: ColumnUnit) -> None:
    assert 0 <= LineIndex.of(text).offset(line, column, unit) <= len(text)


@every_case(
    "unit, column",
    [("utf-8", len("aéこ🐳".encode())), ("utf-16", 5), ("utf-32", 4)],
)
def test_columns_count_units(unit: ColumnUnit, column: int) -> None:
    index = LineIndex.of("FROM x\naéこ🐳b\n")
    assert index.position(len("FROM x\naéこ🐳"), unit) == (1, column)
    assert index.offset(1, column, unit) == len("FROM x\naéこ🐳")


def test_a_column_inside_a_surrogate_pair_means_the_character() -> None:
    assert LineIndex.of("a🐳b").offset(0, 2, "utf-16") == 1


def test_only_lsp_line_ends_end_a_line() -> None:
    assert LineIndex.of("a\x0cb\u2028c\x85d\ne\r\nf\rg").starts == (0, 8, 11, 13)


def test_edits_refer_to_the_original_text() -> None:
    edits = [Edit(TextRange(4, 5), "X"), Edit(TextRange(0, 0), ">"), Edit(TextRange(0, 0), "=")]
    assert apply_edits("abcde", edits) == ">=abcdX"


def test_overlapping_edits_are_a_bug() -> None:
    with pytest.raises(ValueError, match="overlapping"):
        apply_edits("abcde", [Edit(TextRange(0, 3), ""), Edit(TextRange(2, 4), "")])
