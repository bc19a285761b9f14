"""Move the declarations of arguments that have another value in each build to their first use, so that the steps before it stay in the cache."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.changing_arguments import (
    changing_names,
    names_of_runs,
    names_revision_of_another,
    runs_before_sources,
    slow_command,
)
from buildxray.rules.fixing.placement import Declaration, moving_edits, names_in, uses
from buildxray.semantics.build import Build, Instruction, Run, Stage
from buildxray.semantics.mentions import CHANGING_NAME
from buildxray.semantics.reruns import steps_by_argument
from buildxray.syntax.instructions import Arg, Env, Label
from buildxray.syntax.text import Edit

_MOST_NAMES: Final = 6
"""Arguments of a stage for each of which the file is planned twice."""


class LateDeclarations(NamedTuple):
    """The declarations of a stage that come before steps that do not use them."""

    changing: tuple[str, ...]
    """The arguments that have another value in each build."""
    names: tuple[str, ...]
    """These, and the arguments beside them whose value only a run tells."""
    moves: Mapping[Declaration, tuple[Instruction, ...]]
    """The instruction directly before which each declaration belongs."""
    freed: tuple[Run, ...]
    """The RUN instructions that run again with each value now, and not after the edits."""
    edits: tuple[Edit, ...]


def late_declarations(ctx: RuleContext, stage: Stage) -> LateDeclarations | None:
    """The declarations of changing arguments that should come later in a stage; None if no slow RUN would stay in the cache then."""
    declared = _declarations(ctx, stage) if ctx.may_plan else []
    if not declared:
        return None
    candidates = runs_before_sources(ctx, stage)
    slow = [it for it in candidates if it.idx > declared[0].instruction.idx and slow_command(it) is not None]
    if not slow:
        return None
    moves = {it: (place,) for it, place in _places(stage, declared).items()}
    # The other arguments would run the same steps again.
    names = tuple(dict.fromkeys(it.name for it in moves if it.splits))
    early = [it for it in slow if any(one.instruction.idx < it.idx < moves[one][0].idx for one in moves)]
    if not early or not any(map(CHANGING_NAME.fullmatch, names)) or len(names) > _MOST_NAMES:
        return None
    edits = moving_edits(ctx.build, moves)
    before, after = _runs_again(ctx.build, names), _runs_again(ctx.after(edits).build, names)
    numbers = {run: (stage.idx, number) for number, run in enumerate(stage.runs)}
    freed = tuple(it for it in candidates if numbers[it] in before - after)
    if not any(it in early for it in freed) or not after <= before:
        return None
    changing = tuple(it for it in names if CHANGING_NAME.fullmatch(it) is not None)
    return LateDeclarations(changing, names, moves, freed, tuple(edits))


def _runs_again(build: Build, names: tuple[str, ...]) -> set[tuple[int, int]]:
    """The RUN instructions that run again with another value of some arguments, each by its stage and its number in it."""
    again = {it for steps in steps_by_argument(build, names).values() for step in steps for it in step.instructions}
    return {(stage.idx, number) for stage in build.stages for number, run in enumerate(stage.runs) if run.idx in again}


def _declarations(ctx: RuleContext, stage: Stage) -> list[Declaration]:
    """The pairs of ARG and ENV that have another value in each build, and the labels with such a value."""
    own = {
        name
        for it in stage.instructions
        for name in changing_names(ctx, it)
        if not names_revision_of_another(stage, name)
    }
    names: set[str] = set()
    declared: list[Declaration] = []
    for it in stage.instructions if own else ():
        changing = own | names_of_runs(ctx, it) if isinstance(it.node, Arg) else ()
        for position, pair in enumerate(it.pairs if isinstance(it.node, Arg | Env) else ()):
            name = pair.name.text
            is_derived = not names.isdisjoint(names_in(it, position))
            if name in changing or is_derived:
                names.add(name)
                declared.append(Declaration(it, position, name, name in changing, is_derived))
        if isinstance(it.node, Label) and not names.isdisjoint(it.variable_names):
            declared += [
                Declaration(it, n, pair.name.text, splits=False, is_derived=True) for n, pair in enumerate(it.pairs)
            ]
    return declared


def _places(stage: Stage, declared: Sequence[Declaration]) -> dict[Declaration, Instruction]:
    """The instruction directly before which each declaration belongs that comes before a RUN without need."""
    last = stage.runs[-1]
    after_all = [it for it in stage.instructions if it.idx > last.idx][:1]
    places: dict[Declaration, Instruction] = {}
    later: Declaration | None = None
    # From the last to the first, because a declaration may use an earlier one and move itself.
    for declaration in reversed(declared):
        instruction = declaration.instruction
        if later is not None and later.instruction is instruction and isinstance(instruction.node, Label):
            # A LABEL moves as one.
            places[declaration] = places[later]
            continue
        later = declaration
        users = [*_users(stage, declaration, places)]
        if not users and isinstance(instruction.node, Arg):
            # It may be there to run everything again.
            continue
        place = min((*users, *after_all), key=lambda it: it.idx, default=instruction)
        is_early = any(instruction.idx < it.idx < place.idx for it in stage.runs)
        places[declaration] = place if is_early else instruction
    return {it: places[it] for it in declared if places.get(it, it.instruction) is not it.instruction}


def _users(stage: Stage, declaration: Declaration, places: Mapping[Declaration, Instruction]) -> Iterator[Instruction]:
    """The instructions before which a declaration has to stay; of a declaration that moves too, the new place.

    They use its variable until it is declared again, or set another value of a variable in it.
    """
    later = [it for it in stage.instructions if it.idx > declaration.instruction.idx]
    read = {*_named(declaration)}
    for it in later:
        for position, pair in enumerate(it.pairs if isinstance(it.node, Arg | Env) else ()):
            if pair.name.text in read:
                place = (to for one, to in places.items() if one.instruction is it and one.position == position)
                yield next(place, it)
    if isinstance(declaration.instruction.node, Label):
        return
    name = declaration.name
    for it in later:
        moved = [to for one, to in places.items() if one.instruction is it and name in _named(one)]
        if moved:
            yield from moved
        elif uses(it, name):
            yield it
        if isinstance(it.node, Arg | Env) and any(pair.name.text == name for pair in it.pairs):
            return


def _named(declaration: Declaration) -> Collection[str]:
    """The variables in a declaration, or in the whole of a LABEL, which moves as one."""
    instruction = declaration.instruction
    if isinstance(instruction.node, Label):
        return instruction.variable_names
    return names_in(instruction, declaration.position)
