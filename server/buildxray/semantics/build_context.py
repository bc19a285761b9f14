"""The build context where BuildKit loads it several times.

BuildKit loads only the paths that a target uses. If these differ by target, its log has each load, and all steps after it, several times. Of
copies with equal files it executes one. BuildKit: dockerfile2llb/convert.go, filterPaths.
"""

from __future__ import annotations

from typing import NamedTuple

from buildxray.plan.model import Plan
from buildxray.plan.planner import plan
from buildxray.records import replace


class SplitContext(NamedTuple):
    """Separate loads of the build context for targets that use different paths of it."""

    n_loads: int
    n_more_steps: int
    """The number of steps that the log of BuildKit has more than the plan."""
    instruction: int | None
    """The index of the first instruction that uses different paths; None if the targets need different stages."""


def split_context(of_build: Plan) -> SplitContext | None:
    """Return the separate loads of the build context; None if each machine loads it once."""
    request = of_build.request
    loaded = {it.vertex for it in of_build.steps if it.kind == "source"}
    loads = {
        (request.machine(number), it.conversion.context_paths)
        for number, it in enumerate(of_build.targets)
        if it.conversion.context.vertex in loaded
    }
    if len(loads) == len({machine for machine, _paths in loads}):
        return None
    in_log = plan(of_build.dockerfile, replace(request, splits_context=True))
    n_more_steps = len(in_log.steps) - len(of_build.steps)
    return SplitContext(len(loads), n_more_steps, _first_different(of_build)) if n_more_steps > 0 else None


def _first_different(of_build: Plan) -> int | None:
    """The index of the first instruction that uses different paths of the context for different targets."""
    paths: dict[int, set[tuple[str, ...]]] = {}
    for target in of_build.targets:
        for number, run in target.conversion.runs.items():
            for position, operation in run.recipe.operations:
                idx = target.stages[number].instruction(position)
                paths.setdefault(idx, set()).add(operation.context_paths)
    return min((idx for idx, used in paths.items() if len(used) > 1), default=None)
