"""Which instruction of an edited Dockerfile is which one of the text before."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

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
    before, after = _texts(old), _texts(new)
    # Most edits are in one place: what is equal around them need not be compared.
    n_head = _n_equal(before, after)
    n_tail = _n_equal(before[n_head:][::-1], after[n_head:][::-1])
    found = {idx: idx for idx in range(n_head)}
    found |= _matched(before, after, range(n_head, len(before) - n_tail), range(n_head, len(after) - n_tail))
    found |= {len(after) - it: len(before) - it for it in range(n_tail, 0, -1)}
    # What moved: instructions without a partner whose text is in another place.
    taken = {*found.values()}
    left = {text: idx for idx, text in enumerate(before) if idx not in taken}
    for idx, text in enumerate(after):
        if idx not in found and text in left:
            found[idx] = left.pop(text)
    return found


def _n_equal(one: list[str], other: list[str]) -> int:
    """How many items both lists begin with."""
    return next((idx for idx, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _matched(before: list[str], after: list[str], old: range, new: range) -> dict[int, int]:
    """Pairs of the instructions of two blocks, equal or edited."""
    found: dict[int, int] = {}
    if not old or not new:
        return found
    matcher = SequenceMatcher(None, before[old.start : old.stop], after[new.start : new.stop], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        old_start, old_end, new_start, new_end = old.start + i, old.start + i_end, new.start + j, new.start + j_end
        if tag == "equal":
            found |= {new_start + offset: old_start + offset for offset in range(old_end - old_start)}
        elif tag == "replace" and (old_end - old_start) * (new_end - new_start) <= _MOST_PAIRS:
            found |= _paired(before, after, range(old_start, old_end), range(new_start, new_end))
    return found


def _texts(dockerfile: Dockerfile) -> list[str]:
    return [" ".join(it.node.text.split()) for it in dockerfile.instructions]


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
