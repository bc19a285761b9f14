"""The variables that are set at one point of a stage.

An `Environment` is a value. Growing and comparing one costs the same however many variables it has, because
all points of a stage share one history of assignments: a file of fifty thousand ENV lines must not take
time or memory by the square.

BuildKit: client/llb/meta.go, EnvList.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Assignment(NamedTuple):
    """One variable with its value."""

    name: str
    value: str
    is_known: bool
    """Whether the text of the Dockerfile tells the value; else only the base image or a build argument does."""


class _History:
    """Assignments in their order; only the newest `Environment` of a history may append to it."""

    __slots__ = ("after", "assignments", "before", "fingerprint", "hashes", "positions", "size")

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self.assignments: list[Assignment] = []
        self.hashes: list[int] = []
        """Of name and value."""
        self.positions: dict[str, list[int]] = {}
        # A linked list, by index, of the assignments that are not overwritten; -1 is both its ends.
        self.before: dict[int, int] = {-1: -1}
        self.after: dict[int, int] = {-1: -1}
        self.fingerprint = 0
        self.size = 0
        for it in assignments:
            self.append(it)

    def append(self, assignment: Assignment) -> None:
        idx = len(self.assignments)
        positions = self.positions.setdefault(assignment.name, [])
        if positions:
            overwritten = positions[-1]
            before, after = self.before.pop(overwritten), self.after.pop(overwritten)
            self.fingerprint ^= self._edge(before, overwritten) ^ self._edge(overwritten, after)
            self.size -= 1
            self._link(before, after)
        positions.append(idx)
        self.assignments.append(assignment)
        self.hashes.append(hash(assignment[:2]))
        self._link(self.before[-1], idx)
        self._link(idx, -1)
        self.size += 1

    def _link(self, first: int, second: int) -> None:
        self.after[first] = second
        self.before[second] = first
        self.fingerprint ^= self._edge(first, second)

    def _edge(self, first: int, second: int) -> int:
        if second == -1:
            return 0
        return hash((self.hashes[first] if first >= 0 else None, self.hashes[second]))


class Environment:
    """Immutable; equal to another one with the same variables, values and order.

    Equality goes by a 64-bit fingerprint, as BuildKit's goes by digest.
    """

    __slots__ = ("_history", "_length", "fingerprint")

    def __init__(self, history: _History) -> None:
        self._history = history
        self._length = len(history.assignments)
        self.fingerprint = (history.fingerprint, history.size)

    @classmethod
    def empty(cls) -> Environment:
        """No variables at all."""
        return cls(_History(()))

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Environment:
        """These variables, in this order."""
        return cls(_History([Assignment(name, value, is_known=True) for name, value in values.items()]))

    def with_variable(self, name: str, value: str, *, is_known: bool = True) -> Environment:
        """The environment after an assignment."""
        history = self._history
        assignment = Assignment(name, value, is_known)
        if self._length and history.assignments[self._length - 1] == assignment:
            # Each stage of a chain of FROMs sets PATH again.
            return self
        if self._length != len(history.assignments):
            history = _History(history.assignments[: self._length])
        history.append(assignment)
        return Environment(history)

    def get(self, name: str) -> str | None:
        """The value of a variable, or None where it is not set."""
        assignment = self.assignment(name)
        return None if assignment is None else assignment.value

    def assignment(self, name: str) -> Assignment | None:
        """The assignment that set a variable last, or None where it is not set."""
        positions = self._history.positions.get(name)
        if positions is None:
            return None
        if positions[-1] < self._length:
            return self._history.assignments[positions[-1]]
        idx = bisect_left(positions, self._length) - 1
        return self._history.assignments[positions[idx]] if idx >= 0 else None

    def in_order(self) -> list[Assignment]:
        """The variables in the order of their last assignments, as BuildKit hands them to a container."""
        latest: dict[str, Assignment] = {}
        for it in self._history.assignments[: self._length]:
            latest.pop(it.name, None)
            latest[it.name] = it
        return list(latest.values())

    def in_image_order(self) -> Iterator[Assignment]:
        """The variables in the order of their first assignments, as the configuration of an image has them."""
        latest = {it.name: it for it in self._history.assignments[: self._length]}
        yield from latest.values()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Environment) and self.fingerprint == other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Environment({ {it.name: it.value for it in self.in_order()} })"
