"""The order of columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def dependency_order(stages: Sequence[int], edges: Iterable[tuple[int, int]]) -> list[int]:
    """Sort stages topologically, otherwise in the order of the file. Stages of a circular dependency keep their order."""
    needs: dict[int, set[int]] = {it: set() for it in stages}
    for source, target in edges:
        if source in needs and target in needs:
            needs[target].add(source)
    ordered: list[int] = []
    placed: set[int] = set()
    waiting = [*stages]
    while waiting:
        ready = next((it for it in waiting if needs[it] <= placed), waiting[0])
        waiting.remove(ready)
        ordered.append(ready)
        placed.add(ready)
    return ordered
