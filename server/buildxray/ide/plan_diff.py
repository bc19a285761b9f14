"""What an edit of a Dockerfile changes in its build: steps, emulation, the cache, seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from buildxray.ide.build_times import MeasuredBuild
from buildxray.logs.alignment import aligned
from buildxray.logs.prediction import Prediction
from buildxray.plan.model import Plan, Step
from buildxray.semantics.step_content import StepContents

Machine = Literal["native", "emulated"]


@dataclass(frozen=True, slots=True)
class Moved:
    """A RUN step that is executed elsewhere than before."""

    line: int
    label: str
    """As it is now."""
    before: Machine
    after: Machine


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """The difference of two plans of one Dockerfile."""

    old: Plan
    new: Plan
    added: tuple[Step, ...]
    """Executions that instructions of the old text did not have."""
    gone: tuple[Step, ...]
    """Executions of the old text that there are no longer."""
    moved: tuple[Moved, ...]
    invalidated: tuple[Step, ...]
    """Steps of the new plan that the cache of an old build does not hold."""
    broken_from: tuple[tuple[str, int], ...]
    """Stages with the first line from which on nothing is found in the cache."""
    prediction: Prediction | None
    """What a log says of the difference; None without one."""


def plan_diff(old: Plan, new: Plan, measured: MeasuredBuild | None = None) -> PlanDiff:
    """Compare two plans; with a log, `old` has to be the plan of the log."""
    contents = StepContents()
    invalidated = contents.new_steps(old, new)
    added, gone, moved = _executions(old, new)
    prediction = None
    if measured is not None and measured.can_predict:
        prediction = measured.predict(new.dockerfile.text)
    return PlanDiff(old, new, added, gone, moved, invalidated, tuple(_broken(new, invalidated)), prediction)


def _executions(old: Plan, new: Plan) -> tuple[tuple[Step, ...], tuple[Step, ...], tuple[Moved, ...]]:
    """Steps that come and go, and RUN steps that change between native and emulated, instruction by instruction."""
    old_of = aligned(old.dockerfile, new.dockerfile)
    before, after = _by_instruction(old), _by_instruction(new)
    added: list[Step] = []
    gone: list[Step] = []
    moved: list[Moved] = []
    for idx, steps in after.items():
        previous = [*before.pop(old_of.get(idx, -1), ())]
        # First what stays as it is, then what serves the same target on another machine.
        left = _without_pairs(steps, previous, lambda it: (it.platform, it.targets))
        left = _without_pairs(left, previous, lambda it: it.platform)
        for step in left:
            partner = next((it for it in previous if {*it.targets} & {*step.targets}), None)
            if partner is None:
                added.append(step)
                continue
            previous.remove(partner)
            if step.kind == "exec" and partner.is_emulated != step.is_emulated:
                line = new.instruction(idx).first_line
                moved.append(Moved(line, step.label, _machine(partner), _machine(step)))
        gone += previous
    for steps in before.values():
        gone += steps
    return tuple(added), tuple(gone), tuple(moved)


def _without_pairs(steps: list[Step], previous: list[Step], key: object) -> list[Step]:
    """The steps that have no partner with the same key; effect: remove the partners."""
    assert callable(key)
    left: list[Step] = []
    for step in steps:
        partner = next((it for it in previous if key(it) == key(step)), None)
        if partner is None:
            left.append(step)
        else:
            previous.remove(partner)
    return left


def _machine(step: Step) -> Machine:
    return "emulated" if step.is_emulated else "native"


def _by_instruction(plan: Plan) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    for step in plan.steps:
        for idx in step.instructions[-1:]:
            found.setdefault(idx, []).append(step)
    return found


def _broken(plan: Plan, invalidated: tuple[Step, ...]) -> Iterator[tuple[str, int]]:
    """The first instruction of each stage whose step is not in the cache."""
    changed = Counter(idx for it in invalidated for idx in it.instructions)
    for stage in plan.stages:
        first = next((it for it in range(stage.from_idx, stage.end_idx) if it in changed), None)
        if first is not None:
            yield stage.display_name, plan.instruction(first).first_line
