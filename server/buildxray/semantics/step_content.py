"""The content of steps, comparable between plans: equal content is a hit in BuildKit's cache."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from buildxray.plan.model import Step


class StepContents:
    """Numbers for the contents of steps: equal numbers, also of two plans, are the same operation on the same inputs."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, steps: Sequence[Step]) -> dict[int, int]:
        """A number for the content of each step, by the index of the step; `steps` are all steps of one plan, in its order."""
        numbers: dict[int, int] = {}
        for step in steps:
            operation = step.vertex.operation
            inputs = tuple(numbers[it] for it in step.inputs)
            key = (operation.kind, operation.identity, step.vertex.platform, inputs)
            numbers[step.idx] = self._numbers.setdefault(key, len(self._numbers))
        return numbers

    def new_steps(self, old: Sequence[Step], new: Sequence[Step]) -> tuple[Step, ...]:
        """The steps of one plan that are not in the cache of another plan's build."""
        known = {*self.of(old).values()}
        contents = self.of(new)
        return tuple(it for it in new if contents[it.idx] not in known)
