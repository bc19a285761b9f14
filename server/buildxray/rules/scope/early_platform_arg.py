"""An ARG causes steps to differ that do not use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import insert_line_after, insert_lines, merged, remove_moved, with_own_comments
from buildxray.rules.fixing.placement import (
    Placement,
    needlessly_repeated,
    placements,
    split_by,
    takes_time,
    uses,
    with_moves,
)
from buildxray.rules.wording import listed
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Reading, Run, SplitCause
from buildxray.semantics.mentions import Mention
from buildxray.syntax.shell import Command

_WITHOUT_EFFECT: Final = frozenset({":", "echo", "printf", "set", "true", "uname"})
"""Commands that write no file; a command with its output redirected to a file or a pipe is not one of them."""


@rule(
    Severity.WARNING, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT, Mention.SOURCE]
)
def early_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument is declared before steps that do not use it, so that they run once per platform.

    ## What it does
    Looks in stages that run on the build machine for an `ARG` with a value per target platform, or an `ENV` computed from one, that
    comes before RUN steps that do not use it.

    ## Why it matters
    From its declaration on, an argument is in the environment of every RUN, and BuildKit shares a step between platforms only if its
    environment is the same. So every step after `ARG TARGETARCH` is executed once per platform, in particular downloads of
    dependencies.

    The same happens to all RUN steps after one that only prints a platform: `RUN echo "building for $TARGETPLATFORM"`. It also happens to a
    download after a RUN that needs the target, such as `xx-apk add`, because its input files differ. That is information, because only the
    author knows if the download needs the files of that RUN. All of it is information if no known build asks for several platforms, and not
    reported if each known build is for one. Nothing is reported in an image that its `--platform` makes the same for every target
    (`build-platform-image`): once repaired, each platform has its own steps. Nor is anything reported if only RUN steps would be saved that end
    at once, such as `mkdir -p /out`, or that download modules of Go into a cache mount, which the step for another platform has filled; or if a
    compiler comes before the new place whose output is for the wrong machine (`wrong-arch-build`), because it needs the argument.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    ARG TARGETARCH
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: the declaration is moved to directly before its first user, and the plan proves that fewer steps run.
    An unknown program counts as a user, because it may read its environment; so do scripts and build files of the project. If packages
    are installed in between, whose scripts see the environment, the fix is a suggestion. If unused declarations repeat the same steps, the fix
    deletes them too. Moving a RUN that prints a platform is a
    suggestion too, because the log shows its line later.
    """
    if ctx.repeats_nothing or ctx.build.request.is_separate:
        # Separate jobs do not share steps, so that moving a declaration saves nothing.
        return
    for placement in placements(ctx):
        is_wanted = not placement.is_in_native_image and placement.moving_pays and placement.saves_time
        if is_wanted and not placement.passes_wrong_compiler:
            yield _finding(ctx, placement)
    for run in _printing(ctx):
        yield from _held_up_by_printing(ctx, run)
    for first, commands in _held_up(ctx).items():
        command, *others = commands
        yield Finding(
            command.title_range,
            _(
                "`{command}` runs once per platform only because it comes after `{first}`, which needs the target platform;"
                " above line {line} it would run once",
                command=command.title,
                first=first.title,
                line=_first_difference(first.run).line,
            ),
            related=(
                Related(first.title_range, _("this needs the target platform")),
                *(Related(it.title_range, _("this runs once per platform for the same reason")) for it in others),
            ),
            severity=Severity.INFORMATION,
        )


def _printing(ctx: RuleContext) -> Iterator[Run]:
    """Find the RUNs of native stages that differ between the targets, but only print."""
    for stage in ctx.build.native_stages:
        for run in stage.runs:
            commands = run.script.commands
            is_cause = run.split is not None and run.split.cause is not SplitCause.FILES
            if is_cause and commands and not run.script.has_errors and not run.mounts:
                names = {it.name for it in commands}
                is_printing = names <= _WITHOUT_EFFECT and not any(
                    it.is_piped for it in commands if not it.is_substitution
                )
                # A RUN that names no value of the platform differs because of a declaration, which is in the wrong place.
                if is_printing and any(map(run.uses_variable, run.names_per_target)):
                    yield run


def _held_up_by_printing(ctx: RuleContext, printing: Run) -> Iterator[Finding]:
    """Report that RUNs are repeated because of one that only prints, with the move that lets them run once."""
    stage = printing.stage
    assert stage is not None, "a RUN that is executed belongs to a stage"
    later = [it for it in stage.runs if it.idx > printing.idx]
    user = next((it for it in later if any(uses(it, name) for name in it.names_per_target)), None)
    if not later or user is later[0]:
        return
    line = with_own_comments(printing)
    place = insert_lines(user, [line]) if user is not None else insert_line_after(later[-1], line)
    edits = with_moves(ctx, merged([remove_moved(printing), place]))
    n_before, n_after = (_steps_by_text(it) for it in (ctx.build, ctx.after(edits).build))
    freed = {text for text, n_steps in n_before.items() if n_after.get(text, n_steps) < n_steps}
    runs = (run for stage in ctx.build.stages for run in stage.runs if (stage.idx, run.node.whole_text) in freed)
    n_freed = len(freed)
    if any(map(takes_time, runs)):
        command = _printing_platform(printing)
        yield Finding(
            printing.shell_range(command.words[0].range),
            ngettext(
                "{n} RUN step after this one runs once per platform only because `{command}` prints the platform",
                "{n} RUN steps after this one run once per platform only because `{command}` prints the platform",
                n_freed,
                command=command.name,
            ),
            (Fix(_("Print it after these steps"), tuple(edits), Safety.SUGGESTION),),
            severity=Severity.INFORMATION if ctx.is_only_prepared else None,
        )


def _printing_platform(run: Run) -> Command:
    """The first command of a RUN that prints a value of the platform; the last one if none names any."""
    names = {*run.names_per_target}
    commands = run.script.commands
    return next(
        (it for it in commands if any(v.name in names for word in it.words for v in word.variables)), commands[-1]
    )


def _steps_by_text(build: Build) -> dict[tuple[int, str], int]:
    """The number of steps of each RUN, by its stage and its text."""
    return {(stage.idx, run.node.whole_text): len(run.steps) for stage in build.stages for run in stage.runs}


def _held_up(ctx: RuleContext) -> dict[KnownCommand, list[KnownCommand]]:
    """The downloads that need no platform, by the installation for the target that they come after."""
    held_up: dict[KnownCommand, list[KnownCommand]] = {}
    for stage in ctx.build.native_stages:
        for command in stage.commands(Effect.FETCH):
            run, split = command.run, command.run.split
            if split is None or split.cause is not SplitCause.FILES or run in needlessly_repeated(ctx):
                continue
            first = ctx.build.instructions[split.origin]
            if not isinstance(first, Run) or first.stage is not stage or not _only(first, Effect.INSTALL):
                continue
            if _first_difference(first).stage is not stage:
                # In this stage no place is early enough.
                continue
            between = [it for it in stage.instructions if first.idx < it.idx <= run.idx]
            names = run.names_per_target
            if _only(run, Effect.FETCH) and not any(uses(it, name) for it in between for name in names):
                installing = next(it for it in first.known_commands if it.use.effect is Effect.INSTALL)
                held_up.setdefault(installing, []).append(command)
    return held_up


def _first_difference(run: Run) -> Instruction:
    """The RUN, or the declaration before it in its stage from which on the steps differ between the targets."""
    declarations = (run.declaration(it) for it in run.names_per_target)
    return min((run, *(it for it in declarations if it is not None)), key=lambda it: it.idx)


def _only(run: Run, effect: Effect) -> bool:
    """True if all commands of a RUN have the given effect or an irrelevant one, and at least one has the given effect."""
    effects = {it.use.effect if isinstance(it, KnownCommand) else Effect.UNKNOWN for it in run.commands}
    return effect in effects and effects <= {effect, Effect.NEUTRAL}


def _finding(ctx: RuleContext, placement: Placement) -> Finding:
    first = next((it for it in placement.moves if it.splits), next(iter(placement.moves)))
    instruction = first.instruction
    others = dict.fromkeys(it.instruction for it in placement.moves if it.instruction is not instruction)
    n_split = len(split_by(ctx.build, [it.instruction for it in placement.moves]))
    n_needless = placement.n_shared_by_moving()
    # Unused declarations may repeat the same steps: then moving alone saves nothing.
    is_joint = placement.moving_needs_removing
    is_safe = placement.moving_is_safe and (placement.removing_is_harmless or not is_joint)
    edits = placement.tidying_edits() if is_joint else placement.moving_edits()
    is_read = any(_is_read(it, move.name) for move, places in placement.moves.items() for it in places)
    return Finding(
        instruction.range_of(instruction.pairs[first.position].name),
        _message(n_split, n_needless, instruction.keyword, is_read=is_read),
        (Fix(_title(placement, is_joint=is_joint), tuple(edits), Safety.SAFE if is_safe else Safety.SUGGESTION),),
        (
            *(Related(it.keyword_range, _use(first.name, it)) for it in placement.moves[first]),
            *(Related(it.keyword_range, _("must move with it")) for it in others),
        ),
        severity=Severity.INFORMATION if ctx.is_only_prepared else None,
    )


def _is_read(place: Instruction, name: str) -> bool:
    """True if an instruction certainly uses an argument, and False if only a program that may read any variable starts there."""
    return place.uses_variable(name) or (isinstance(place, Run) and place.reading(name) is Reading.YES)


def _use(name: str, place: Instruction) -> str:
    if _is_read(place, name):
        return _("`{name}` is first used here", name=name)
    return _("a program that may read `{name}` runs here", name=name)


def _message(n_split: int, n_needless: int, keyword: str, *, is_read: bool) -> str:
    if n_split <= n_needless:
        # If several arguments repeat a step, moving one of them saves nothing, so none is reported for it.
        return ngettext(
            "{n} RUN step runs once per platform because of this {keyword} without using it",
            "{n} RUN steps run once per platform because of this {keyword} without using it",
            n_needless,
            keyword=keyword,
        )
    if not is_read:
        return ngettext(
            "{n_split} RUN steps run once per platform because of this {keyword}; {n} of them comes before the first program that may read it",
            "{n_split} RUN steps run once per platform because of this {keyword}; {n} of them come before the first program that may read it",
            n_needless,
            n_split=n_split,
            keyword=keyword,
        )
    return ngettext(
        "{n_split} RUN steps run once per platform because of this {keyword}; {n} of them comes before its first use",
        "{n_split} RUN steps run once per platform because of this {keyword}; {n} of them come before its first use",
        n_needless,
        n_split=n_split,
        keyword=keyword,
    )


def _title(placement: Placement, *, is_joint: bool) -> str:
    place, *others = sorted({place for them in placement.moves.values() for place in them}, key=lambda it: it.idx)
    commands = place.known_commands if isinstance(place, Run) else ()
    compiled = [it.title for it in commands if it.use.effect is Effect.COMPILE]
    keywords = {it.instruction.keyword for it, them in placement.moves.items() if place in them}
    names = list(dict.fromkeys(it.name for it, them in placement.moves.items() if place in them))
    what = f"`{keywords.pop()} {' '.join(names)}`" if len(keywords) == 1 else listed(names)
    if compiled:
        title = _("Move {what} next to `{command}`", what=what, command=compiled[0])
    elif any(_is_read(place, it) for it in names):
        title = _("Move {what} next to its first use in line {line}", what=what, line=place.line)
    else:
        title = _("Move {what} next to line {line}, whose program may read it", what=what, line=place.line)
    for other in others:
        moved = dict.fromkeys(it.name for it, them in placement.moves.items() if other in them)
        title = _("{title}, and {names} to before line {line}", title=title, names=listed(moved), line=other.line)
    if not is_joint:
        return title
    unused = listed(f"{it.instruction.keyword} {it.name}" for it in placement.unused)
    return _("{title}, and delete {unused}, which nothing uses", title=title, unused=unused)
