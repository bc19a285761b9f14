"""Bounded caches that the whole process shares, and that a server clears in an idle moment.

What such a cache holds was allocated between the short-lived objects of many analyses, and each entry keeps a block of 1 MiB from being given back to the
system; the next analysis fills the cache again in no noticeable time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

Result = TypeVar("Result")
_CLEARING: list[Callable[[], None]] = []


def cached(maxsize: int) -> Callable[[Callable[..., Result]], _lru_cache_wrapper[Result]]:
    """Cache a function as `functools.lru_cache` does, until `clear_caches` is called."""

    def wrap(function: Callable[..., Result]) -> _lru_cache_wrapper[Result]:
        wrapped = lru_cache(maxsize=maxsize)(function)
        _CLEARING.append(wrapped.cache_clear)
        return wrapped

    return wrap


def clear_caches() -> None:
    """Effect: forget the results of all functions that `cached` has wrapped."""
    for clear in _CLEARING:
        clear()
