"""The changes of a build by an edit of its Dockerfile: steps, emulation and the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from buildxray.records import dataclass
from buildxray.semantics.build import Build, Step
from buildxray.semantics.step_content import StepContents
from buildxray.syntax.alignment import aligned

Machine = Literal["native", "emulated"]


@dataclass(frozen=True, slots=True)
class MovedRun:
    """A RUN step that was native and is emulated, or the reverse."""

    line: int
    """The 1-based line in the new text."""
    label: str
    """The label of the new step."""
    before: Machine
    after: Machine


@dataclass(frozen=True, slots=True)
class BuildDiff:
    """The difference of the builds of two versions of a Dockerfile."""

    old: Build
    new: Build
    added: tuple[Step, ...]
    """Steps of the new build without a counterpart in the old one."""
    gone: tuple[Step, ...]
    """Steps of the old build without a counterpart in the new one."""
    moved: tuple[MovedRun, ...]
    invalidated: tuple[Step, ...]
    """Steps of the new build that the cache of the old build does not hold."""
    broken_from: tuple[tuple[str, int], ...]
    """Stages whose cache is broken, each with the line of the first instruction that is not in the cache."""


def build_diff(old: Build, new: Build) -> BuildDiff:
    """Compare two builds, which have to be for the same request."""
    invalidated = StepContents().new_steps(old.steps, new.steps)
    added, gone, moved = _executions(old, new)
    return BuildDiff(old, new, added, gone, moved, invalidated, tuple(_broken(new, invalidated)))


def _executions(old: Build, new: Build) -> tuple[tuple[Step, ...], tuple[Step, ...], tuple[MovedRun, ...]]:
    """The added and removed steps, and the RUN steps that change between native and emulated."""
    old_of = aligned(old.dockerfile, new.dockerfile)
    before, after = _by_last_instruction(old), _by_last_instruction(new)
    added: list[Step] = []
    gone: list[Step] = []
    moved: list[MovedRun] = []
    for idx, steps in after.items():
        previous = before.pop(old_of.get(idx, -1), [])
        # First pair what has not changed, then what serves the same targets on another machine.
        unpaired = _without_pairs(steps, previous, lambda it: (it.platform, it.targets))
        unpaired = _without_pairs(unpaired, previous, lambda it: it.platform)
        for step in unpaired:
            partner = next((it for it in previous if {*it.targets} & {*step.targets}), None)
            if partner is None:
                added.append(step)
                continue
            previous.remove(partner)
            if step.kind == "exec" and partner.is_emulated != step.is_emulated:
                moved.append(MovedRun(new.instructions[idx].line, step.label, _machine(partner), _machine(step)))
        gone += previous
    for steps in before.values():
        gone += steps
    return tuple(added), tuple(gone), tuple(moved)


def _without_pairs(steps: list[Step], previous: list[Step], key: Callable[[Step], object]) -> list[Step]:
    """Effect: remove from `previous` one step with the same key for each step; returns the steps without such a partner."""
    unpaired: list[Step] = []
    for step in steps:
        partner = next((it for it in previous if key(it) == key(step)), None)
        if partner is None:
            unpaired.append(step)
        else:
            previous.remove(partner)
    return unpaired


def _machine(step: Step) -> Machine:
    return "emulated" if step.is_emulated else "native"


def _by_last_instruction(build: Build) -> dict[int, list[Step]]:
    """The steps by the index of their last instruction, which is the one that BuildKit shows."""
    steps: dict[int, list[Step]] = {}
    for step in build.steps:
        for idx in step.instructions[-1:]:
            steps.setdefault(idx, []).append(step)
    return steps


def _broken(build: Build, invalidated: tuple[Step, ...]) -> Iterator[tuple[str, int]]:
    changed = {idx for step in invalidated for idx in step.instructions}
    for stage in build.stages:
        first = next((it for it in (stage.from_, *stage.instructions) if it.idx in changed), None)
        if first is not None:
            yield stage.display_name, first.line
