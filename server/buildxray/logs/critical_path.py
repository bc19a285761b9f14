"""The critical path of a build: the chain of steps that determines its duration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from buildxray.plan.model import Step


class Path(NamedTuple):
    """A chain of steps, each of which needs the files of the previous one."""

    steps: tuple[int, ...]
    """Indices of steps, in the order of execution."""
    seconds: float


def critical_path(steps: Sequence[Step], seconds: Callable[[Step], float]) -> Path:
    """The longest chain by seconds; `steps` are all steps of one plan, in its order."""
    longest: dict[int, tuple[float, int | None]] = {}
    for step in steps:
        before, start = None, 0.0
        for idx in step.inputs:
            if before is None or longest[idx][0] > start:
                before, start = idx, longest[idx][0]
        longest[step.idx] = (start + seconds(step), before)
    # Of equally long chains, prefer the one that ends in the image.
    last: int | None = max(longest, key=lambda it: (longest[it][0], it), default=None)
    total = 0.0 if last is None else longest[last][0]
    chain: list[int] = []
    while last is not None:
        chain.append(last)
        last = longest[last][1]
    return Path(tuple(reversed(chain)), total)
