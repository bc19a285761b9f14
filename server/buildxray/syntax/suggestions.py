"""Find the known name that was probably meant by an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_FAR: Final = 3
"""The edit distance from which BuildKit no longer suggests a name."""
_LONGEST: Final = 200
"""Code points; longer names are not compared, so that hostile ones cost no time."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most similar to `name`; None if none is similar."""
    if len(name) > _LONGEST:
        return None
    matches = get_close_matches(name, known, n=1)
    return matches[0] if matches else None


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name with the smallest edit distance below three, the first one on a tie; empty if there is none or `name` is known.

    BuildKit: util/suggest/error.go, Search.
    """
    best, smallest = "", _FAR
    for it in known:
        if it == name:
            return ""
        distance = edit_distance(name, it, smallest)
        if distance < smallest:
            best, smallest = it, distance
    return best


def edit_distance(first: str, second: str, limit: int) -> int:
    """The number of insertions, deletions and replacements of characters, at most `limit`."""
    if abs(len(first) - len(second)) >= limit or max(len(first), len(second)) > _LONGEST:
        return limit
    previous = list(range(len(second) + 1))
    for row, one in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            replaced = previous[column - 1] + (one != other)
            current.append(min(previous[column] + 1, current[-1] + 1, replaced))
        if min(current) >= limit:
            return limit
        previous = current
    return min(previous[-1], limit)
