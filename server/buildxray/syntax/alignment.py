"""Which instruction of an edited Dockerfile is which one of the text before."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from buildxray.syntax.instructions import Node
from buildxray.syntax.parser import Dockerfile

_SIMILAR: Final = 0.5
"""The least likeness of an edited instruction to what it was."""
_COMPARED: Final = 2_000
"""Characters of an instruction that are compared."""
_MOST_PAIRS: Final = 2_500
"""Pairs of instructions in one edited block that are compared; beyond, a block counts as rewritten."""


def aligned(old: Dockerfile, new: Dockerfile) -> dict[int, int]:
    """The index of the old instruction for each index of a new one that was there before, edited or not."""
    if old is new:
        return {idx: idx for idx in range(len(new.instructions))}
    before, after = [it.node for it in old.instructions], [it.node for it in new.instructions]
    # Most edits are in one place: what is equal around them need not be compared.
    n_head = _n_equal(before, after)
    n_tail = _n_equal(before[n_head:][::-1], after[n_head:][::-1])
    found = {idx: idx for idx in range(n_head)}
    found |= _matched(before, after, range(n_head, len(before) - n_tail), range(n_head, len(after) - n_tail))
    found |= dict(zip(range(len(after) - n_tail, len(after)), range(len(before) - n_tail, len(before)), strict=True))
    # What moved: instructions without a partner whose text is in another place.
    taken = {*found.values()}
    left = {_text(node): idx for idx, node in enumerate(before) if idx not in taken}
    for idx, node in enumerate(after):
        if idx not in found and _text(node) in left:
            found[idx] = left.pop(_text(node))
    return found


def _n_equal(one: list[Node], other: list[Node]) -> int:
    """How many instructions both lists begin with; equal lines are mostly one node."""
    for idx, (a, b) in enumerate(zip(one, other, strict=False)):
        if a is not b and _text(a) != _text(b):
            return idx
    return min(len(one), len(other))


def _text(node: Node) -> str:
    """The instruction on one line, its blanks reduced."""
    return " ".join(node.text.split())


def _matched(before: list[Node], after: list[Node], old: range, new: range) -> dict[int, int]:
    """Pairs of the instructions of two blocks, equal or edited."""
    found: dict[int, int] = {}
    if not old or not new:
        return found
    old_texts = [_text(it) for it in before[old.start : old.stop]]
    new_texts = [_text(it) for it in after[new.start : new.stop]]
    matcher = SequenceMatcher(None, old_texts, new_texts, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = [(j + offset, i + offset) for offset in range(i_end - i)]
        elif tag == "replace" and (i_end - i) * (j_end - j) <= _MOST_PAIRS:
            pairs = [*_paired(old_texts, new_texts, range(i, i_end), range(j, j_end)).items()]
        else:
            continue
        found |= {new.start + new_idx: old.start + old_idx for new_idx, old_idx in pairs}
    return found


def _paired(before: list[str], after: list[str], old: range, new: range) -> dict[int, int]:
    """Pairs of edited instructions, in the order of both texts."""
    found: dict[int, int] = {}
    start = old.start
    for idx in new:
        best = max(
            ((_likeness(before[it], after[idx]), -it) for it in range(start, old.stop)),
            default=(0.0, 0),
        )
        if best[0] >= _SIMILAR:
            found[idx] = -best[1]
            start = found[idx] + 1
    return found


def _likeness(one: str, other: str) -> float:
    if one.partition(" ")[0].upper() != other.partition(" ")[0].upper():
        return 0.0
    matcher = SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR else 0.0
