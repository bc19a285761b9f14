"""What was computed for earlier plans of a document, so that the next one pays for the edited line only."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_RESULTS_PER_INSTRUCTION: Final = 20
"""How many results may pile up for each instruction and target platform; one plan needs about three."""


class Memo:
    """Results by what they depend on; those that have not been needed for long are forgotten.

    One memo serves one document and one build request, one plan at a time.
    """

    def __init__(self) -> None:
        self._young: dict[Hashable, Any] = {}
        self._old: dict[Hashable, Any] = {}

    def start(self, n_instructions: int) -> None:
        """Begin another plan, of that many instructions over all target platforms."""
        if len(self._young) > _RESULTS_PER_INSTRUCTION * (n_instructions + 10):
            self._young, self._old = {}, self._young

    def recall(self, key: Hashable, compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `compute` for `key`, which is all that it depends on; it is never None.

        The function is a part of what the result is stored under, so the keys of two functions cannot collide. Of a method only the function
        counts: all that it reads of its object has to be in the key.
        """
        key = (getattr(compute, "__func__", compute), key)
        known: T | None = self._young.get(key)
        if known is not None:
            return known
        known = self._old.get(key) if self._old else None
        result = compute(*args, **kwargs) if known is None else known
        self._young[key] = result
        return result
