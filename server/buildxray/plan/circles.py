"""Find circular dependencies: among stages that take files from each other, and among targets that are contexts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)


def find_circle(root: Member, needs: Callable[[Member], Iterable[Member]], finished: set[Member]) -> tuple[Member, ...]:
    """Find the first circular dependency in a depth-first search from `root`; empty if there is none.

    Each member of the result needs the next one, and the last member needs the first. `finished` holds the members
    that are known not to lead to a circle. Effect: add to `finished` those for which this search has shown it.
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
