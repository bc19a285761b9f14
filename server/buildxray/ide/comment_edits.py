"""Edits inside one comment line, which only move the findings.

A comment affects a build or its findings only if it suppresses rules, sets options of checks, or is a
directive. Both versions of the line are examined conservatively: an edit that is not certain to be harmless is
analysed like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Final, NamedTuple

from buildxray.ide.diagnostics import Diagnostic
from buildxray.localization import language
from buildxray.records import replace
from buildxray.rules.base import Fix, Related
from buildxray.semantics.build import Dockerfile
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_OPTIONS: Final = lazy_regex(r"check\s*=|buildxray", re.IGNORECASE)
"""Parts of comments that set options of checks or silence rules."""
_EXPERIMENTAL: Final = lazy_regex(r"check\s*=.*experimental", re.IGNORECASE)
"""Experimental checks of BuildKit read all comments, wherever in the text they are enabled."""

_NODE_AND_LINE: Final = attrgetter("node", "first_line")


class Known(NamedTuple):
    """An earlier version of a document and its diagnostics."""

    dockerfile: Dockerfile
    diagnostics: tuple[Diagnostic, ...]
    language: str
    """The language of the messages."""

    @classmethod
    def of(cls, dockerfile: Dockerfile, diagnostics: tuple[Diagnostic, ...]) -> Known:
        """Remember findings in the language in force."""
        return cls(dockerfile, diagnostics, language())


def moved_diagnostics(
    known: Known, dockerfile: Dockerfile, analyze: Callable[[], tuple[Diagnostic, ...]]
) -> tuple[Diagnostic, ...] | None:
    """The diagnostics after an edit of a comment, moved from the earlier text; None if the text must be analysed.

    Fixes are computed on first access, from those that `analyze` returns for the edited text.
    """
    place = _edited_line(known.dockerfile, dockerfile)
    if place is None or known.language != language():
        return None
    end, distance = place

    def moved(range_: TextRange) -> TextRange:
        return range_.shifted(distance) if range_.start >= end else range_

    def fixes_of(idx: int) -> Callable[[], tuple[Fix, ...]]:
        def find() -> tuple[Fix, ...]:
            analyzed = analyze()
            return analyzed[idx].fixes if idx < len(analyzed) else ()

        return find

    return tuple(
        replace(
            it,
            range=moved(it.range),
            related=tuple(Related(moved(other.range), other.message) for other in it.related),
            fix=fixes_of(idx) if it.fix else (),
        )
        for idx, it in enumerate(known.diagnostics)
    )


def _edited_line(old: Dockerfile, new: Dockerfile) -> tuple[int, int] | None:
    """The end of the only differing line, in the old text, and the number of code points by which it has grown.

    None if more differs, or if the line is not an irrelevant comment between instructions.
    """
    if old.directives != new.directives or not _are_same(old, new):
        return None
    before, after = old.text, new.text
    start = before.rfind("\n", 0, _n_common(before, after)) + 1
    end, new_end = (text.find("\n", start) if text.find("\n", start) >= 0 else len(text) for text in (before, after))
    if before[end:] != after[new_end:] or _is_in_instruction(old, start, end):
        return None
    if not all(line.lstrip(" \t").startswith("#") for line in (before[start:end], after[start:new_end])):
        return None
    if _OPTIONS.search(before, start, end) or _OPTIONS.search(after, start, new_end) or _EXPERIMENTAL.search(after):
        return None
    return end, new_end - end


def _are_same(old: Dockerfile, new: Dockerfile) -> bool:
    """True if both texts have the same instructions on the same lines, and the same problems at the same places in them."""
    return (
        len(old.problems) == len(new.problems)
        and old.escape == new.escape
        # Nodes are compared by identity.
        and [*map(_NODE_AND_LINE, old.instructions)] == [*map(_NODE_AND_LINE, new.instructions)]
    )


def _is_in_instruction(dockerfile: Dockerfile, start: int, end: int) -> bool:
    return any(it.start <= end and start <= it.end for it in dockerfile.instructions)


def _n_common(first: str, second: str) -> int:
    """Count the leading characters that two texts have in common, by bisection, because comparing slices is faster than comparing characters."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first.startswith(second[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low
