"""Where the declarations of per-target values in a native stage belong: directly before their first user.

Everything between a declaration and its first user could be shared by all targets, and is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import insert_lines, merged, remove_pairs, start_with_comments
from buildxray.semantics.stage_graph import SplitCause
from buildxray.syntax.instructions import Arg, Env, Onbuild, Run, WithPairs
from buildxray.syntax.text import Edit
from buildxray.syntax.variables import variable_references


class Declaration(NamedTuple):
    """A pair of an ARG or ENV that gives a variable a value per target."""

    instruction: int
    position: int
    """Of the pair."""
    name: str
    splits: bool
    """Whether the value differs between the targets of this build."""
    is_derived: bool
    """Whether it is the same for these targets, yet made of a platform argument: `ENV GOOS=$TARGETOS`."""


_Run = tuple[int, int]
"""A RUN by its stage and its number among the stage's: moving declarations changes neither."""


class _Tidied:
    """The file as it would be with the declarations of all stages in their places."""

    def __init__(self, ctx: RuleContext) -> None:
        self._ctx = ctx
        self.placements: list[Placement] = []

    @cached_property
    def without_unused(self) -> dict[_Run, int]:
        """How many steps each RUN makes without the unused declarations."""
        return self._counted(edit for it in self.placements for edit in it.removing_edits())

    @cached_property
    def with_moved(self) -> dict[_Run, int]:
        """How many it makes with the early ones in their places."""
        return self._counted(edit for it in self.placements for edit in it.moving_edits())

    @cached_property
    def with_both(self) -> dict[_Run, int]:
        """How many it makes with all of that."""
        return self._counted(edit for it in self.placements for edit in it.tidying_edits())

    def _counted(self, edits: Iterable[Edit]) -> dict[_Run, int]:
        merged_edits = merged(edits)
        ctx = self._ctx.after(merged_edits) if merged_edits else self._ctx
        return {
            (stage.idx, number): len(ctx.facts.steps(idx))
            for stage in ctx.plan.stages
            for number, idx in enumerate(ctx.runs(stage.idx))
        }


@dataclass(frozen=True)
class Placement:
    """The declarations of one stage that stand too early, and those that nothing uses."""

    ctx: RuleContext
    stage: int
    moves: dict[Declaration, tuple[int, ...]]
    """To the instructions directly before which each belongs: several where only child stages use it."""
    unused: tuple[Declaration, ...]
    tidied: _Tidied
    """What putting them right would change."""

    @property
    def moving_pays(self) -> bool:
        """Whether fewer RUN steps execute for it, the unused declarations left aside."""
        return bool(self._runs_that_gain(self._between(), self.tidied.without_unused)) if self.moves else False

    @property
    def removing_pays(self) -> bool:
        """Whether fewer RUN steps execute for it, the early declarations left aside."""
        behind = {run for it in self.unused if it.splits for run in self._behind(it.instruction)}
        return bool(behind) and bool(self._runs_that_gain(behind, self.tidied.with_moved))

    def n_shared_by_moving(self) -> int:
        """How many RUN instructions no longer execute several times."""
        without = self.tidied.without_unused
        gaining = self._runs_that_gain(self._between(), without)
        return sum(without[it] > 1 and self.tidied.with_both[it] == 1 for it in gaining)

    def _runs_that_gain(self, runs: set[_Run], before: dict[_Run, int]) -> set[_Run]:
        if not any(before[it] > 1 for it in runs):
            return set()
        return {it for it in runs if self.tidied.with_both[it] < before[it]}

    def _between(self) -> set[_Run]:
        """The RUN instructions between a declaration that makes them differ and its place."""
        found: set[_Run] = set()
        for declaration, places in self.moves.items():
            if declaration.splits:
                for place in places:
                    target = self.ctx.facts.stage_of(place)
                    inner = None if target is None else target.idx
                    found |= {
                        it
                        for it, idx in self._numbered(declaration.instruction)
                        if idx < place and (it[0] == self.stage or inner in self.ctx.facts.family(it[0]))
                    }
        return found

    def _behind(self, declaration: int) -> set[_Run]:
        """The RUN instructions that have a declaration in their environment."""
        return {it for it, _ in self._numbered(declaration)}

    def _numbered(self, declaration: int) -> Iterator[tuple[_Run, int]]:
        for member in self.ctx.facts.family(self.stage):
            for number, idx in enumerate(self.ctx.runs(member)):
                if idx > declaration:
                    yield (member, number), idx

    def moving_edits(self) -> list[Edit]:
        """Put every early declaration into its place, with its comment lines where all of the line goes."""
        return self._edits(self.moves, ())

    def removing_edits(self) -> list[Edit]:
        """Delete the unused declarations."""
        return self._edits({}, self.unused)

    def tidying_edits(self) -> list[Edit]:
        """Do both."""
        return self._edits(self.moves, self.unused)

    def paying_edits(self) -> list[Edit]:
        """Do what pays of it."""
        return self._edits(self.moves if self.moving_pays else {}, self.unused if self.removing_pays else ())

    def _edits(self, moves: Mapping[Declaration, tuple[int, ...]], unused: Iterable[Declaration]) -> list[Edit]:
        edits: list[Edit] = []
        lines: dict[int, list[str]] = {}
        gone: dict[int, list[Declaration]] = {}
        for it in (*moves, *unused):
            gone.setdefault(it.instruction, []).append(it)
        for idx, declarations in sorted(gone.items()):
            for place, line in self._moved_lines(idx, {it: moves[it] for it in declarations if it in moves}):
                lines.setdefault(place, []).append(line)
            edits += remove_pairs(self.ctx, idx, [it.position for it in declarations])
        return merged([*edits, *(insert_lines(self.ctx, place, texts) for place, texts in lines.items())])

    def _moved_lines(self, idx: int, moves: Mapping[Declaration, tuple[int, ...]]) -> Iterator[tuple[int, str]]:
        """What becomes of a declaring instruction: places, and a line in front of each."""
        ctx, instruction = self.ctx, self.ctx.instruction(idx)
        node = instruction.node
        assert isinstance(node, WithPairs), "what declares has pairs"
        places = {*moves.values()}
        if len(moves) == len(node.pairs) and len(places) == 1:
            start = start_with_comments(ctx, instruction)
            for place in places.pop():
                yield place, ctx.text[start : instruction.end].removesuffix("\r")
            return
        for target in dict.fromkeys(place for them in moves.values() for place in them):
            pairs = [node.pairs[it.position] for it, them in moves.items() if target in them]
            texts = [ctx.text[slice(*instruction.range_of(it))] for it in pairs]
            head = ctx.text[instruction.start : instruction.range_of(node.keyword).end]
            yield target, f"{head} {' '.join(texts)}"


@lru_cache(maxsize=2)
def placements(ctx: RuleContext) -> tuple[Placement, ...]:
    """For each native stage that is built, what of its declarations could stand better."""
    if len(ctx.plan.targets) < 2:
        return ()
    tidied = _Tidied(ctx)
    for stage in sorted(ctx.facts.needed_stages & ctx.facts.native_stages):
        placement = _placement(ctx, stage, tidied)
        if placement.moves or placement.unused:
            tidied.placements.append(placement)
    return tuple(tidied.placements)


def split_by(ctx: RuleContext, declarations: Iterable[int]) -> list[int]:
    """The RUN instructions that execute several times because of what these instructions declare."""
    wanted = {*declarations}
    found: list[int] = []
    for idx, instruction in enumerate(ctx.dockerfile.instructions):
        if not isinstance(instruction.node, Run):
            continue
        split = ctx.facts.split(idx)
        if split is not None and split.cause is SplitCause.FILES:
            split = ctx.facts.split(split.origin)
        if split is not None and split.declared_at in wanted:
            found.append(idx)
    return found


def needlessly_repeated(ctx: RuleContext) -> frozenset[int]:
    """The RUN instructions that execute fewer times with every declaration in its place."""
    found = placements(ctx)
    if not found:
        return frozenset()
    tidied = found[0].tidied.with_both
    return frozenset(
        idx
        for stage in ctx.facts.needed_stages
        for number, idx in enumerate(ctx.runs(stage))
        if len(ctx.facts.steps(idx)) > tidied[stage, number]
    )


def _placement(ctx: RuleContext, stage: int, tidied: _Tidied) -> Placement:
    declared = [*_declarations(ctx, stage)]
    own = {it.instruction for it in declared}
    places: dict[Declaration, tuple[int, ...]] = {}
    unused: list[Declaration] = []
    # From the last to the first, for a declaration may be the user of an earlier one and move itself.
    for declaration in reversed(declared):
        users = _users(ctx, stage, declaration.instruction + 1, declaration.name)
        if not users:
            unused += [] if declaration.is_derived else [declaration]
            continue
        inside = [it for it in users if it < ctx.plan.stages[stage].end_idx and it >= declaration.instruction]
        if inside:
            first = min(_moved_place(ctx, it, declaration.name, places) if it in own else it for it in inside)
            place: tuple[int, ...] = (first,)
        elif isinstance(ctx.node(declaration.instruction), Arg):
            place = _first_of_each_stage(ctx, users)
        else:
            continue
        places[declaration] = place
    moves = {
        declaration: places[declaration]
        for declaration in declared
        if any(_has_run_between(ctx, stage, declaration.instruction, it) for it in places.get(declaration, ()))
    }
    return Placement(ctx, stage, moves, tuple(reversed(unused)), tidied)


def _moved_place(ctx: RuleContext, user: int, name: str, places: dict[Declaration, tuple[int, ...]]) -> int:
    """Where those pairs of a declaration will stand that use a variable."""
    moved = {it.position: place[0] for it, place in places.items() if it.instruction == user}
    node = ctx.node(user)
    assert isinstance(node, WithPairs), "what declares has pairs"
    using = [position for position in range(len(node.pairs)) if name in _names_in(ctx, user, position)]
    return min(moved.get(it, user) for it in using or moved)


def _names_in(ctx: RuleContext, idx: int, position: int) -> set[str]:
    """The variables in the value of a pair."""
    instruction = ctx.instruction(idx)
    node = instruction.node
    assert isinstance(node, WithPairs), "what declares has pairs"
    place = instruction.range_of(node.pairs[position])
    references = variable_references(instruction, ctx.dockerfile.escape)
    return {it.name for it in references if place.contains(it.range.start)}


def _declarations(ctx: RuleContext, stage: int) -> Iterator[Declaration]:
    outlined = ctx.plan.stages[stage]
    names = {*PER_TARGET_ARGUMENTS}
    for idx in range(outlined.from_idx + 1, outlined.end_idx):
        node = ctx.node(idx)
        if not isinstance(node, Arg | Env):
            continue
        scopes = ctx.facts.scopes_behind(idx)
        for position, pair in enumerate(node.pairs):
            name = pair.name.text
            values = {it.environment.get(name) for it in scopes}
            is_automatic = isinstance(node, Arg) and name in PER_TARGET_ARGUMENTS and pair.value is None
            is_derived = len(values) == 1 and not is_automatic and bool(names & _names_in(ctx, idx, position))
            if len(values) > 1 or is_automatic or is_derived:
                names.add(name)
                yield Declaration(idx, position, name, len(values) > 1, is_derived)


def _users(ctx: RuleContext, stage: int, start: int, name: str) -> list[int]:
    """The instructions that use a variable, or may, from an instruction on: in its stage and those built on it."""
    users: list[int] = []
    for idx in range(start, ctx.plan.stages[stage].end_idx):
        if _uses(ctx, idx, name):
            users.append(idx)
        if ctx.declares(idx, name):
            return users
    for child in ctx.facts.children(stage):
        users += _users(ctx, child, ctx.plan.stages[child].from_idx + 1, name)
    return users


def _uses(ctx: RuleContext, idx: int, name: str) -> bool:
    instruction = ctx.instruction(idx)
    node = instruction.node
    if isinstance(node, Onbuild):
        return name in node.text or isinstance(node.trigger, Run)
    scopes = ctx.facts.scopes(idx)
    shell = scopes[0].shell_command if scopes else ("/bin/sh", "-c")
    if any(it.name == name for it in variable_references(instruction, ctx.dockerfile.escape, shell)):
        return True
    if not isinstance(node, Run):
        return False
    script = ctx.inventory.script(idx)
    if not scopes or script.has_errors or not script.commands:
        return True
    return ctx.inventory.may_read(idx, name)


def _first_of_each_stage(ctx: RuleContext, users: list[int]) -> tuple[int, ...]:
    first: dict[int, int] = {}
    for user in users:
        stage = ctx.facts.stage_of(user)
        if stage is not None:
            first[stage.idx] = min(user, first.get(stage.idx, user))
    # A stage that is built on another one of these inherits the declaration from it.
    return tuple(user for stage, user in first.items() if not any(it in first for it in ctx.facts.ancestry(stage)[1:]))


def _has_run_between(ctx: RuleContext, stage: int, declaration: int, place: int) -> bool:
    end = ctx.plan.stages[stage].end_idx
    between = [*range(declaration + 1, min(place, end))]
    child = ctx.facts.stage_of(place)
    if child is not None and child.idx != stage:
        between += range(child.from_idx + 1, place)
    return any(isinstance(ctx.node(it), Run) for it in between)
