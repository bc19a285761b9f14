"""Move the declarations of per-target values in a native stage to their place: directly before their first use.

The steps between a declaration and its first use could be shared by all targets, but BuildKit runs
them once per target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property, dataclass
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.native_image import targets_of_native_image
from buildxray.rules.fixing.edits import (
    comments_of_pair,
    indentation,
    insert_lines,
    merged,
    remove_pairs,
    with_own_comments,
)
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Reading, Run, SplitCause, Stage
from buildxray.syntax.instructions import Arg, Env, Onbuild
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command as ShellCommand
from buildxray.syntax.text import Edit, apply_edits, edits_between
from buildxray.toolchains.go import GO


class Declaration(NamedTuple):
    """A pair of an ARG or ENV that gives a variable a value per target."""

    instruction: Instruction
    position: int
    """The index of the pair in the instruction."""
    name: str
    splits: bool
    """True if the value differs between the targets of this build."""
    is_derived: bool
    """True if the value is equal for these targets, but depends on a platform argument: `ENV GOOS=$TARGETOS`."""


_RunKey = tuple[int, int]
"""A RUN by its stage and its number among the RUNs of the stage: moving declarations changes neither."""


class _Tidied:
    """The file with the declarations of all stages in their places."""

    def __init__(self, ctx: RuleContext) -> None:
        self._ctx = ctx
        self.placements: list[Placement] = []

    @property
    def targets_of_native_image(self) -> tuple[Platform, ...]:
        """The targets for which the image is wrong, because it is built for one platform only."""
        return self._ctx.cached(targets_of_native_image)

    @cached_property
    def now(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN as the file is."""
        return self._counted(())

    @cached_property
    def without_unused(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN without the unused declarations."""
        return self._counted(edit for it in self.placements for edit in it.removing_edits())

    @cached_property
    def with_moved(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN with the early declarations in their places."""
        return self._counted(edit for it in self.placements for edit in it.moving_edits())

    @cached_property
    def with_both(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN with both changes."""
        return self._counted(edit for it in self.placements for edit in it.tidying_edits())

    @cached_property
    def without_harmlessly_unused(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN without the unused declarations that no command can read."""
        if all(it.removing_is_harmless for it in self.placements):
            return self.without_unused
        return self._counted(edit for it in self.placements if it.removing_is_harmless for edit in it.removing_edits())

    @cached_property
    def with_harmlessly_moved(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN with the early declarations moved that no command in between can read."""
        if all(it.moving_is_harmless for it in self.placements):
            return self.with_moved
        return self._counted(edit for it in self.placements if it.moving_is_harmless for edit in it.moving_edits())

    @cached_property
    def with_both_harmless(self) -> dict[_RunKey, int]:
        """The number of steps of each RUN with both of these changes."""
        if all(it.moving_is_harmless and it.removing_is_harmless for it in self.placements):
            return self.with_both
        return self._counted(edit for it in self.placements for edit in it.harmless_edits())

    def _counted(self, edits: Iterable[Edit]) -> dict[_RunKey, int]:
        merged_edits = merged(edits)
        build = self._ctx.after(merged_edits).build if merged_edits else self._ctx.build
        return {(stage.idx, number): len(run.steps) for stage in build.stages for number, run in enumerate(stage.runs)}


@dataclass(frozen=True)
class Placement:
    """The declarations of one stage that come too early, and those that are unused."""

    build: Build
    stage: Stage
    moves: dict[Declaration, tuple[Instruction, ...]]
    """The instructions directly before which each declaration belongs; several if only child stages use it."""
    unused: tuple[Declaration, ...]
    tidied: _Tidied
    """The file with all placements applied."""

    @property
    def is_in_native_image(self) -> bool:
        """True if a `--platform` makes the image of which the stage is a part the same for every target.

        If the image is repaired, each target has its own steps, wherever the declaration is.
        """
        root = self.stage.root
        flag = None if root is None else root.from_.platform
        is_constant = flag is not None and flag.value is not None and "$" not in flag.value.text
        if is_constant and self.stage.is_image:
            return True
        image = self.build.target_stage
        return image is not None and image.root is root and bool(self.tidied.targets_of_native_image)

    @property
    def moving_pays(self) -> bool:
        """True if moving saves RUN steps, the unused declarations left aside."""
        return bool(self._runs_that_gain(self._between(), self.tidied.without_unused)) if self.moves else False

    @property
    def removing_pays(self) -> bool:
        """True if deleting the unused declarations saves RUN steps, the early ones left aside."""
        after = self._after_unused()
        return bool(after) and bool(self._runs_that_gain(after, self.tidied.with_moved))

    @property
    def moving_needs_removing(self) -> bool:
        """True if moving saves RUN steps only if the unused declarations are deleted too, because these repeat the same steps."""
        between = self._between()
        return self.moving_pays and not any(self.tidied.with_moved[it] < self.tidied.now[it] for it in between)

    @property
    def removing_needs_moving(self) -> bool:
        """True if deleting saves RUN steps only if the early declarations are moved too."""
        after = self._after_unused()
        return self.removing_pays and not any(self.tidied.without_unused[it] < self.tidied.now[it] for it in after)

    @property
    def moving_is_safe(self) -> bool:
        """True if moving changes nothing but the number of steps, which it lowers without a change that needs a review."""
        after, before = self.tidied.with_both_harmless, self.tidied.without_harmlessly_unused
        return self.moving_is_harmless and any(after[it] < before[it] for it in self._between())

    @property
    def removing_is_safe(self) -> bool:
        """True if deleting changes nothing but the number of steps, which it lowers without a change that needs a review."""
        after, before = self.tidied.with_both_harmless, self.tidied.with_harmlessly_moved
        return self.removing_is_harmless and any(after[it] < before[it] for it in self._after_unused())

    @cached_property
    def moving_is_harmless(self) -> bool:
        """True if no command between a declaration and its new place can read the value.

        Otherwise at most installation scripts of packages, which by convention do not read it.
        """
        return not any(
            run.idx < place.idx and run.reading(declaration.name) is Reading.UNLIKELY
            for declaration, places in self.moves.items()
            for place in places
            for _, run in self._runs_after(declaration.instruction)
        )

    @cached_property
    def removing_is_harmless(self) -> bool:
        """True if no command after an unused declaration can read the value; compare `moving_is_harmless`."""
        return not any(
            run.reading(declaration.name) is Reading.UNLIKELY
            for declaration in self.unused
            for _, run in self._runs_after(declaration.instruction)
        )

    @property
    def saves_time(self) -> bool:
        """True if a RUN that would execute fewer times does more than a moment's work: `mkdir -p /out` alone is not worth a change."""
        keys = self._runs_that_gain(self._between() | self._after_unused(), self.tidied.now)
        return any(takes_time(self.build.stages[stage].runs[number]) for stage, number in keys)

    @property
    def passes_wrong_compiler(self) -> bool:
        """True if a move would pass a compiler whose output is wrong for a target, so that it needs the argument once it is repaired."""
        return any(
            command.wrong_images
            for stage, number in self._between()
            for command in self.build.stages[stage].runs[number].known_commands
            if command.use.effect is Effect.COMPILE
        )

    def n_shared_by_moving(self) -> int:
        """The number of RUN instructions that execute several times now, and once after moving."""
        without = self.tidied.without_unused
        gaining = self._runs_that_gain(self._between(), without)
        return sum(without[it] > 1 and self.tidied.with_both[it] == 1 for it in gaining)

    def _after_unused(self) -> set[_RunKey]:
        """The RUN instructions that differ because they are after an unused declaration."""
        return {key for it in self.unused if it.splits for key, _ in self._runs_after(it.instruction)}

    def _runs_that_gain(self, runs: set[_RunKey], before: dict[_RunKey, int]) -> set[_RunKey]:
        if not any(before[it] > 1 for it in runs):
            return set()
        return {it for it in runs if self.tidied.with_both[it] < before[it]}

    def _between(self) -> set[_RunKey]:
        """The RUN instructions that differ because they are between a declaration and its place."""
        between: set[_RunKey] = set()
        for declaration, places in self.moves.items():
            if declaration.splits:
                for place in places:
                    between |= {
                        key
                        for key, run in self._runs_after(declaration.instruction)
                        if run.idx < place.idx
                        and (run.stage is self.stage or (run.stage is not None and place.stage in run.stage.family))
                    }
        return between

    def _runs_after(self, declaration: Instruction) -> Iterator[tuple[_RunKey, Run]]:
        """The RUN instructions that have a declaration in their environment."""
        for member in self.stage.family:
            for number, run in enumerate(member.runs):
                if run.idx > declaration.idx:
                    yield (member.idx, number), run

    def moving_edits(self) -> list[Edit]:
        """Move each early declaration to its place, with its comment lines if the whole line moves."""
        return _edits(self.build, self.moves, ())

    def removing_edits(self) -> list[Edit]:
        """Delete the unused declarations."""
        return _edits(self.build, {}, self.unused)

    def tidying_edits(self) -> list[Edit]:
        """Move early declarations and remove unused ones."""
        return _edits(self.build, self.moves, self.unused)

    def harmless_edits(self) -> list[Edit]:
        """The moves and removals that no command can see, whether they save steps or not."""
        moves = self.moves if self.moving_is_harmless else {}
        return _edits(self.build, moves, self.unused if self.removing_is_harmless else ())

    def safe_edits(self) -> list[Edit]:
        """The moves and removals that save steps and are safe."""
        moves = self.moves if self.moving_pays and self.moving_is_safe else {}
        return _edits(self.build, moves, self.unused if self.removing_pays and self.removing_is_safe else ())

    def safe_moving_edits(self) -> list[Edit]:
        """The moves that save steps and are safe."""
        return self.moving_edits() if self.moving_pays and self.moving_is_safe else []


def moving_edits(build: Build, moves: Mapping[Declaration, tuple[Instruction, ...]]) -> list[Edit]:
    """Move each declaration to directly before other instructions, with its comment lines if the whole line moves."""
    return _edits(build, moves, ())


def _edits(
    build: Build, moves: Mapping[Declaration, tuple[Instruction, ...]], unused: Iterable[Declaration]
) -> list[Edit]:
    edits: list[Edit] = []
    lines: dict[Instruction, list[str]] = {}
    removed: dict[Instruction, list[Declaration]] = {}
    for it in (*moves, *unused):
        removed.setdefault(it.instruction, []).append(it)
    gone = {it for it, declarations in removed.items() if len(declarations) == len(it.pairs)}
    for instruction, declarations in sorted(removed.items(), key=lambda it: it[0].idx):
        moved = {it: moves[it] for it in declarations if it in moves}
        for place, line in _moved_lines(build, instruction, moved, gone):
            lines.setdefault(place, []).append(line)
        edits += remove_pairs(instruction, [it.position for it in declarations], gone)
    return merged([*edits, *(insert_lines(place, texts) for place, texts in lines.items())])


def _moved_lines(
    build: Build,
    instruction: Instruction,
    moves: Mapping[Declaration, tuple[Instruction, ...]],
    gone: set[Instruction],
) -> Iterator[tuple[Instruction, str]]:
    """The lines that replace a declaring instruction, each with the instruction before which it is inserted."""
    text = build.text
    places = {*moves.values()}
    if len(moves) == len(instruction.pairs) and len(places) == 1:
        lines = with_own_comments(instruction, gone)
        yield from ((it, lines) for it in places.pop())
        return
    for target in dict.fromkeys(place for them in moves.values() for place in them):
        positions = [it.position for it, them in moves.items() if target in them]
        texts = [text[slice(*instruction.range_of(instruction.pairs[it]))] for it in positions]
        head = text[instruction.syntax.start : instruction.keyword_range.end]
        for position in positions:
            yield from ((target, f"{indentation(instruction)}{it}") for it in comments_of_pair(instruction, position))
        yield target, f"{head} {' '.join(texts)}"


def takes_time(run: Run) -> bool:
    """True unless a RUN surely ends at once, or only downloads what the step for another platform has put into a cache mount."""
    commands = run.script.commands
    if not commands or run.script.has_errors:
        return True
    return not all(map(_is_quick, commands)) and not _finds_downloads(run)


def _is_quick(command: ShellCommand) -> bool:
    """True if a command ends at once; one that prints into a file may be what the stage is for."""
    return command.name in _QUICK or (command.name in _PRINTING and (command.is_substitution or not command.is_piped))


_QUICK: Final = frozenset(
    {
        ":", "[", "addgroup", "adduser", "cd", "chgrp", "chmod", "chown", "export", "groupadd", "ln", "mkdir", "rmdir", "set", "test", "touch", "true", "umask",
        "useradd",
    }
)  # fmt: skip
"""Programs that end at once, whatever the machine is."""
_PRINTING: Final = frozenset(
    {
        "arch", "basename", "cat", "date", "dirname", "echo", "env", "head", "hostname", "id", "ls", "nproc", "printenv", "printf", "pwd", "readlink",
        "realpath", "stat", "tail", "uname", "wc", "which", "whoami",
    }
)  # fmt: skip
"""Programs that only print what they find, and write nothing."""
_OF_MODULES: Final = lazy_regex(r"(?:/go|(?:/go|^)/pkg/mod|/root/go/pkg/mod|/gomodcache|/go-mod(?:-cache)?)/?")
"""Directories in which go stores modules: the default ones of the official image and of root, and usual values of GOMODCACHE."""


def _finds_downloads(run: Run) -> bool:
    """True if a RUN only downloads modules of Go into a cache that the steps for all platforms share, so that the first one does it.

    Source: go.dev/ref/mod, "Module cache"; docs.docker.com, "RUN --mount=type=cache": a cache is private to a step only if `sharing` says so.
    """
    fetching = [it for it in run.known_commands if it.use.effect is not Effect.NEUTRAL]
    if not fetching or any(it.use.effect is not Effect.FETCH or it.use.toolchain is not GO for it in fetching):
        return False
    if not all(isinstance(it, KnownCommand) or _is_quick(it.syntax) for it in run.commands):
        return False
    caches = [it for it in run.build.cache_mounts if it.instruction == run.idx and _OF_MODULES.fullmatch(it.target)]
    is_shared = len({(it.id, it.machine) for it in caches}) == 1
    return is_shared and all(it.sharing != "private" for it in caches)


def placements(ctx: RuleContext) -> tuple[Placement, ...]:
    """The native stages with a declaration that comes too early or is unused."""
    return ctx.cached(_placements)


def with_paying_moves(ctx: RuleContext, edits: list[Edit]) -> list[Edit]:
    """Extend edits by moves and removals of declarations that save steps after the edits."""
    return _extended(ctx, edits, Placement.safe_edits)


def with_moves(ctx: RuleContext, edits: list[Edit]) -> list[Edit]:
    """Extend edits by moves of declarations that come too early after the edits, if that saves steps."""
    return _extended(ctx, edits, Placement.safe_moving_edits)


def _extended(ctx: RuleContext, edits: list[Edit], tidy: Callable[[Placement], list[Edit]]) -> list[Edit]:
    after = ctx.after(edits)
    more = merged(edit for it in placements(after) for edit in tidy(it))
    return [*edits_between(ctx.text, apply_edits(after.text, more))] if more else edits


def split_by(build: Build, declarations: Iterable[Instruction]) -> list[Instruction]:
    """The RUN instructions that execute several times because of the declarations in these instructions."""
    wanted = {it.idx for it in declarations}
    split_runs: list[Instruction] = []
    for instruction in build.instructions:
        if not isinstance(instruction, Run):
            continue
        split = instruction.split
        if split is not None and split.cause is SplitCause.FILES:
            split = build.instructions[split.origin].split
        if split is not None and split.declared_at in wanted:
            split_runs.append(instruction)
    return split_runs


def needlessly_repeated(ctx: RuleContext) -> frozenset[Run]:
    """The RUN instructions that would execute fewer times with each declaration in its place."""
    needed = placements(ctx)
    if not needed:
        return frozenset()
    tidied = needed[0].tidied.with_both
    return frozenset(
        run
        for stage in ctx.build.needed_stages
        for number, run in enumerate(stage.runs)
        if len(run.steps) > tidied[stage.idx, number]
    )


def _placements(ctx: RuleContext) -> tuple[Placement, ...]:
    if len(ctx.build.targets) < 2:
        return ()
    tidied = _Tidied(ctx)
    for stage in ctx.build.native_stages:
        placement = _placement(ctx.build, stage, tidied)
        if placement.moves or placement.unused:
            tidied.placements.append(placement)
    return tuple(tidied.placements)


def _placement(build: Build, stage: Stage, tidied: _Tidied) -> Placement:
    declared = [*_declarations(stage)]
    declaring = {it.instruction for it in declared}
    places: dict[Declaration, tuple[Instruction, ...]] = {}
    unused: list[Declaration] = []
    # From the last to the first, because a declaration may use an earlier one and move itself.
    for declaration in reversed(declared):
        users = _users(stage, declaration.instruction, declaration.name)
        if not users:
            unused += [] if declaration.is_derived else [declaration]
            continue
        inside = [it for it in users if it.stage is stage]
        if inside:
            moved = [_moved_place(it, declaration.name, places) if it in declaring else it for it in inside]
            place: tuple[Instruction, ...] = (min(moved, key=lambda it: it.idx),)
        elif isinstance(declaration.instruction.node, Arg):
            place = _first_of_each_stage(users)
        else:
            continue
        # A declaration without a RUN before its first user stays, and the declarations that it uses must precede it.
        is_early = any(_has_run_between(declaration.instruction, it) for it in place)
        places[declaration] = place if is_early else (declaration.instruction,)
    moves = {it: places[it] for it in declared if places.get(it, (it.instruction,)) != (it.instruction,)}
    return Placement(build, stage, moves, tuple(reversed(unused)), tidied)


def _moved_place(user: Instruction, name: str, places: dict[Declaration, tuple[Instruction, ...]]) -> Instruction:
    """The place of the pairs of a declaration that use a variable, after they have moved."""
    moved = {it.position: place[0] for it, place in places.items() if it.instruction is user}
    using = [position for position in range(len(user.pairs)) if name in names_in(user, position)]
    return min((moved.get(it, user) for it in using or moved), key=lambda it: it.idx)


def names_in(instruction: Instruction, position: int) -> set[str]:
    """The variables in the value of a pair."""
    pair = instruction.pairs[position]
    if "$" not in pair.name.text and (pair.value is None or "$" not in pair.value.text):
        return set()
    range_ = instruction.range_of(pair)
    return {it.name for it in instruction.variable_references() if range_.contains(it.range.start)}


def _declarations(stage: Stage) -> Iterator[Declaration]:
    names = {*PER_TARGET_ARGUMENTS}
    for instruction in stage.instructions:
        node = instruction.node
        if not isinstance(node, Arg | Env):
            continue
        scopes = instruction.scopes_after
        for position, pair in enumerate(node.pairs):
            name = pair.name.text
            values = {it.environment.get(name) for it in scopes}
            is_automatic = isinstance(node, Arg) and name in PER_TARGET_ARGUMENTS and pair.value is None
            is_derived = len(values) == 1 and not is_automatic and bool(names & names_in(instruction, position))
            if len(values) > 1 or is_automatic or is_derived:
                names.add(name)
                yield Declaration(instruction, position, name, len(values) > 1, is_derived)


def _users(stage: Stage, after: Instruction | None, name: str) -> list[Instruction]:
    """The instructions that use a variable, or may, in a stage and its descendants.

    `after` is the declaration in this stage; the search ends at the next declaration of the name.
    """
    users: list[Instruction] = []
    for instruction in stage.instructions:
        if after is not None and instruction.idx <= after.idx:
            continue
        if uses(instruction, name):
            users.append(instruction)
        if instruction.declares(name):
            return users
    for child in stage.children:
        users += _users(child, None, name)
    return users


def uses(instruction: Instruction, name: str) -> bool:
    """True if an instruction uses a variable, or may, because a program in it may read its environment."""
    node = instruction.node
    if isinstance(node, Onbuild):
        return name in node.text or isinstance(node.trigger, RunNode)
    if instruction.uses_variable(name):
        return True
    if not isinstance(instruction, Run):
        return False
    script = instruction.script
    if not instruction.scopes or script.has_errors or not script.commands:
        return True
    return instruction.may_read(name)


def _first_of_each_stage(users: list[Instruction]) -> tuple[Instruction, ...]:
    first: dict[Stage, Instruction] = {}
    for user in users:
        if user.stage is not None and (user.stage not in first or user.idx < first[user.stage].idx):
            first[user.stage] = user
    # A stage that is built on another one of these inherits the declaration from it.
    return tuple(user for stage, user in first.items() if not any(it in first for it in stage.ancestry[1:]))


def _has_run_between(declaration: Instruction, place: Instruction) -> bool:
    stage, child = declaration.stage, place.stage
    assert stage is not None, "a declaration that is moved belongs to a stage"
    runs = [it for it in stage.runs if declaration.idx < it.idx < place.idx]
    if child is not None and child is not stage:
        runs += [it for it in child.runs if it.idx < place.idx]
    return bool(runs)
