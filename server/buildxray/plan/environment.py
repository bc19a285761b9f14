"""The variables that are set at one point of a stage.

An `Environment` is a value. Extending and comparing take constant time for any number of variables, because all points
of a stage share one history of assignments: fifty thousand ENV lines must not take quadratic time or memory.

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
    """True if the text of the Dockerfile determines the value, False if the base image or a build argument does."""


class _History:
    """Assignments in their order; only the newest `Environment` of a history may append to it."""

    __slots__ = ("after", "assignments", "before", "fingerprint", "hashes", "known", "positions", "size")

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self.assignments: list[Assignment] = []
        self.hashes: list[int] = []
        """The hash of each assignment's name and value."""
        self.positions: dict[str, list[int]] = {}
        # A linked list of the indices of assignments that are not overwritten; -1 is both ends.
        self.before: dict[int, int] = {-1: -1}
        self.after: dict[int, int] = {-1: -1}
        self.fingerprint = 0
        self.known = 0
        """The fingerprint of the names with `is_known`."""
        self.size = 0
        for it in assignments:
            self.append(it)

    def append(self, assignment: Assignment) -> None:
        idx = len(self.assignments)
        positions = self.positions.setdefault(assignment.name, [])
        if positions:
            overwritten = positions[-1]
            before, after = self.before.pop(overwritten), self.after.pop(overwritten)
            self.fingerprint ^= self._edge(before, overwritten)
            if after >= 0:
                self.fingerprint ^= self._edge(overwritten, after)
            replaced = self.assignments[overwritten]
            self.known ^= hash((replaced.name, replaced.is_known))
            self.size -= 1
            self._link(before, after)
        positions.append(idx)
        self.assignments.append(assignment)
        self.hashes.append(hash((assignment.name, assignment.value)))
        self.known ^= hash((assignment.name, assignment.is_known))
        # It is the last of the list, so it has one neighbour.
        last = self.before[-1]
        self._link(last, idx)
        self.after[idx], self.before[-1] = -1, idx
        self.size += 1

    def _link(self, first: int, second: int) -> None:
        self.after[first] = second
        self.before[second] = first
        if second >= 0:
            self.fingerprint ^= self._edge(first, second)

    def _edge(self, first: int, second: int) -> int:
        return hash((self.hashes[first] if first >= 0 else None, self.hashes[second]))


class Environment:
    """An immutable environment, equal to another one with the same variables, values and order.

    Environments are compared by a 64-bit fingerprint, as BuildKit compares digests.
    """

    __slots__ = ("_history", "_is_original", "_known", "_length", "fingerprint")

    def __init__(self, history: _History) -> None:
        self._history = history
        self._length = len(history.assignments)
        self._known = history.known
        self._is_original = history.size == self._length
        """True if no variable was assigned twice."""
        self.fingerprint = (history.fingerprint, history.size)

    @classmethod
    def empty(cls) -> Environment:
        """An environment without variables."""
        return cls(_History(()))

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Environment:
        """An environment with these variables, in this order."""
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
        """The value of a variable; None if it is unset."""
        assignment = self.assignment(name)
        return None if assignment is None else assignment.value

    def assignment(self, name: str) -> Assignment | None:
        """The last assignment of a variable; None if it is unset."""
        positions = self._history.positions.get(name)
        if positions is None:
            return None
        if positions[-1] < self._length:
            return self._history.assignments[positions[-1]]
        idx = bisect_left(positions, self._length) - 1
        return self._history.assignments[positions[idx]] if idx >= 0 else None

    def in_order(self) -> list[Assignment]:
        """The variables in the order of their last assignments, as BuildKit passes them to a container."""
        latest: dict[str, Assignment] = {}
        for it in self._history.assignments[: self._length]:
            latest.pop(it.name, None)
            latest[it.name] = it
        return list(latest.values())

    def in_image_order(self) -> Iterator[Assignment]:
        """The variables in the order of their first assignments, as in the configuration of an image."""
        latest = {it.name: it for it in self._history.assignments[: self._length]}
        yield from latest.values()

    def with_image_variables(self, image: Environment) -> Environment:
        """The environment after the variables in the configuration of an image are set again."""
        if image._is_original and image._known == self._known and image == self:
            # Setting each again in the order that they have changes nothing, and a chain of stages would repeat it for each of them.
            return self
        environment = self
        for name, value, is_known in image.in_image_order():
            environment = environment.with_variable(name, value, is_known=is_known)
        return environment

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Environment) and self.fingerprint == other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Environment({ {it.name: it.value for it in self.in_order()} })"
