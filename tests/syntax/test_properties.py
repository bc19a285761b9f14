"""Properties of the parser that hold for any text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildxray.syntax.parser import parse
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import Edit, LineIndex, TextRange, apply_edits, edits_between
from buildxray.syntax.variables import variable_references
from buildxray.syntax.whitespace import SPACE
from tests.support.strategies import mutated, versions

pytestmark = pytest.mark.slow


TEXTS = st.text(alphabet="ab \n\r\t\x0c\x85\u2028é😋こ", max_size=40)
UNITS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(mutated())
@example("RUN <<E\n[N<<M\n$H\n")
def test_each_token_is_the_text_of_its_range(text: str) -> None:
    dockerfile = parse(text)
    end = 0
    for it in dockerfile.instructions:
        assert end <= it.start <= it.range.start <= it.end <= len(text)
        end = it.end
        node = it.node
        # A keyword may be continued too.
        written = text[slice(*it.range_of(node.keyword))]
        assert written == node.keyword.text or _joined(written, dockerfile.escape) == node.keyword.text
        for span in [flag.span for flag in node.flags] + [token.span for token in node.arguments]:
            range_ = it.range_of(span)
            assert it.start <= range_.start <= range_.end <= it.end
        for reference in variable_references(it, dockerfile.escape):
            # A token may contain continuations.
            written = text[slice(*reference.name_range)]
            assert (written[0], written[-1]) == (reference.name[0], reference.name[-1])
            assert reference.range.start <= reference.name_range.start <= reference.name_range.end
        for command in read_script(node).commands:
            placed = it.place(command.range)
            assert it.start <= placed.start <= placed.end <= it.end


def _joined(text: str, escape: str) -> str:
    """A text whose lines an escape token joins, without comments and blank lines between them."""
    first, *others = (it.rstrip(f"\r{SPACE}").removesuffix(escape) for it in text.split("\n"))
    return first + "".join(it for it in others if it.strip() and not it.lstrip().startswith("#"))


@given(mutated())
def test_instructions_comments_and_blank_lines_cover_the_text(text: str) -> None:
    dockerfile = parse(text)
    covered = [TextRange(it.start, it.end) for it in dockerfile.instructions]
    covered += [it.range for it in dockerfile.comments]
    covered += [it.range for it in dockerfile.directives]
    rest = [char for idx, char in enumerate(text) if not any(it.start <= idx < it.end for it in covered)]
    # BuildKit trims what Go calls white space before a comment.
    assert "".join(rest).strip(f"\ufeff{SPACE}") == ""


@pytest.mark.slow
@given(st.lists(versions(), min_size=1, max_size=3))
def test_reading_with_reused_nodes_equals_reading_from_scratch(histories: list[list[str]]) -> None:
    earlier = None
    for text in itertools.chain(*histories):
        again = parse(text, earlier=earlier)
        assert again == parse(text)
        earlier = again


@given(TEXTS, st.data(), UNITS)
def test_offsets_to_positions_and_back(text: str, data: st.DataObject, unit: str) -> None:
    lines = LineIndex.of(text)
    offset = data.draw(st.integers(0, len(text)))
    if text[offset - 1 : offset + 1] == "\r\n":
        offset -= 1
    assert lines.offset(*lines.position(offset, unit), unit) == offset  # type: ignore[arg-type]


@given(TEXTS, TEXTS)
def test_edits_between_two_texts_turn_one_into_the_other(old: str, new: str) -> None:
    assert apply_edits(old, edits_between(old, new)) == new


@given(TEXTS, st.data())
def test_an_edit_changes_its_range_only(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert apply_edits(text, [Edit(TextRange(start, end), "new")]) == text[:start] + "new" + text[end:]
