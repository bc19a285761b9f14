"""What somebody probably meant by a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_FAR: Final = 3
"""The edit distance at which BuildKit no longer takes one name for a misspelling of another."""
_LONGEST: Final = 200
"""Code points; a longer name is compared with nothing, so that hostile ones cost nothing."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles `name` most, or None where none does."""
    if len(name) > _LONGEST:
        return None
    matches = get_close_matches(name, known, n=1)
    return matches[0] if matches else None


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name at the smallest edit distance below three, the first of several; empty for none.

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
    """How many characters have to be inserted, removed or replaced; `limit` means all numbers from there on."""
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
