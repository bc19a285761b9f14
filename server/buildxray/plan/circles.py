"""Circles of things that need each other: stages that take files, targets that are contexts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)


def find_circle(root: Member, needs: Callable[[Member], Iterable[Member]], finished: set[Member]) -> tuple[Member, ...]:
    """Return the first circle that a search in depth from `root` meets: each member needs the next, the last needs the first.

    Empty if there is none. `finished` has the members that are known to lead to no circle. Effect: add those that this search has shown to
    lead to none.
    """
    path = {} if root in finished else {root: iter(needs(root))}
    while path:
        current = next(reversed(path))
        needed = next(path[current], None)
        if needed is None:
            finished.add(current)
            del path[current]
        elif needed in path:
            members = [*path]
            return tuple(members[members.index(needed) :])
        elif needed not in finished:
            path[needed] = iter(needs(needed))
    return ()
