"""Steps of several plans, compared by their content: what BuildKit's cache would find again."""

from __future__ import annotations

from collections.abc import Hashable

from buildxray.plan.model import Plan, Step


class StepContents:
    """Numbers for the contents of steps: equal ones, also of two plans, are the same operation on the same inputs."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, plan: Plan) -> dict[int, int]:
        """The number of each step of a plan, by its index."""
        found: dict[int, int] = {}
        for step in plan.steps:
            operation = step.vertex.operation
            inputs = tuple(found[it] for it in step.inputs)
            key = (operation.kind, operation.identity, step.vertex.platform, inputs)
            found[step.idx] = self._numbers.setdefault(key, len(self._numbers))
        return found

    def new_steps(self, old: Plan, new: Plan) -> tuple[Step, ...]:
        """The steps of a plan that another one does not have: those that the cache of its build does not hold."""
        known = {*self.of(old).values()}
        contents = self.of(new)
        return tuple(it for it in new.steps if contents[it.idx] not in known)
