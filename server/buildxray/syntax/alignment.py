"""Match the instructions of an edited Dockerfile with those of its earlier text."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from buildxray.syntax.instructions import Node
from buildxray.syntax.parser import Dockerfile

_SIMILAR: Final = 0.5
"""The smallest similarity ratio (0 to 1) at which two instructions count as the same one, edited."""
_COMPARED: Final = 2_000
"""Code points of each instruction that are compared."""
_MOST_PAIRS: Final = 2_500
"""The largest number of pairs of instructions that are compared in one edited block; a larger block counts as rewritten."""


def aligned(old: Dockerfile, new: Dockerfile) -> dict[int, int]:
    """Map the index of each instruction of `new` that was in `old`, edited or moved perhaps, to its index in `old`."""
    if old is new:
        return {idx: idx for idx in range(len(new.instructions))}
    before, after = [it.node for it in old.instructions], [it.node for it in new.instructions]
    # Most edits are in one place, so the equal instructions before and after it are matched without a diff.
    n_head = _n_equal(before, after)
    n_tail = _n_equal(before[n_head:][::-1], after[n_head:][::-1])
    pairs = {idx: idx for idx in range(n_head)}
    pairs |= _matched(before, after, range(n_head, len(before) - n_tail), range(n_head, len(after) - n_tail))
    pairs |= dict(zip(range(len(after) - n_tail, len(after)), range(len(before) - n_tail, len(before)), strict=True))
    # An instruction without a partner was moved if its text occurs elsewhere.
    taken = {*pairs.values()}
    left = {_text(node): idx for idx, node in enumerate(before) if idx not in taken}
    for idx, node in enumerate(after):
        if idx not in pairs and _text(node) in left:
            pairs[idx] = left.pop(_text(node))
    return pairs


def _n_equal(one: list[Node], other: list[Node]) -> int:
    """Count the leading instructions that two lists have in common; equal lines are mostly the same node."""
    for idx, (a, b) in enumerate(zip(one, other, strict=False)):
        if a is not b and _text(a) != _text(b):
            return idx
    return min(len(one), len(other))


def _text(node: Node) -> str:
    """The instruction on one line, each run of blanks reduced to one."""
    return " ".join(node.text.split())


def _matched(before: list[Node], after: list[Node], old: range, new: range) -> dict[int, int]:
    """Match the instructions of two blocks: the equal ones by a diff, the replaced ones by similarity."""
    matches: dict[int, int] = {}
    if not old or not new:
        return matches
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
        matches |= {new.start + new_idx: old.start + old_idx for new_idx, old_idx in pairs}
    return matches


def _paired(before: list[str], after: list[str], old: range, new: range) -> dict[int, int]:
    """Pair each edited instruction with the most similar old one after the partner of the instruction before."""
    pairs: dict[int, int] = {}
    start = old.start
    for idx in new:
        best = max(
            ((_likeness(before[it], after[idx]), -it) for it in range(start, old.stop)),
            default=(0.0, 0),
        )
        if best[0] >= _SIMILAR:
            pairs[idx] = -best[1]
            start = pairs[idx] + 1
    return pairs


def _likeness(one: str, other: str) -> float:
    if one.partition(" ")[0].upper() != other.partition(" ")[0].upper():
        return 0.0
    matcher = SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR else 0.0
