"""Cache the results of earlier plans of a document, so that the next plan computes only what depends on the edit."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_RESULTS_PER_INSTRUCTION: Final = 20
"""Results for each instruction and target platform from which the cache is trimmed; one plan needs about three."""
_PLANS: Final = 8
"""Plans after which the cache is trimmed. The results of an instruction that an edit has replaced keep its parsed script alive, which may take 100 kB."""


class Memo:
    """A cache with two generations: results that the last plans have not used are dropped.

    A memo serves one document, one build request and one workspace, one plan at a time.
    """

    def __init__(self) -> None:
        self._young: dict[Hashable, Any] = {}
        self._old: dict[Hashable, Any] = {}
        self._n_plans = 0

    def start(self, n_instructions: int) -> None:
        """Begin another plan of `n_instructions`, counted over all target platforms."""
        self._n_plans += 1
        if self._n_plans > _PLANS or len(self._young) > _RESULTS_PER_INSTRUCTION * (n_instructions + 10):
            self._young, self._old, self._n_plans = {}, self._young, 0

    def recall(self, key: Hashable, compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the cached result of `compute` for `key`, or compute it; a result is never None.

        `key` must contain all inputs of `compute`. The function is part of the cache key, so that the keys of two
        functions cannot collide. A method is passed as a function of its class, with the object as its first argument:
        a bound method would find no result of another object.
        """
        key = (compute, key)
        known: T | None = self._young.get(key)
        if known is not None:
            return known
        known = self._old.get(key) if self._old else None
        result = compute(*args, **kwargs) if known is None else known
        self._young[key] = result
        return result
