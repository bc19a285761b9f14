"""Fixes that make a stage compile for the target platforms on the build machine.

The root of the stage gets `--platform=$BUILDPLATFORM`. All stages built on this root then move to the build machine
too, so the same edit must give each compiler in these stages its target.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.portability import (
    can_change_platform,
    carries_packages,
    compilers,
    installs_c_compiler,
    is_own_tool,
    needs_c,
    safety_of_moving,
)
from buildxray.rules.fixing.edits import (
    bring_arguments,
    declare_arguments,
    is_named_above,
    line_end,
    set_platform,
    set_target,
)
from buildxray.rules.fixing.placement import with_paying_moves
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Stage
from buildxray.syntax.instructions import Arg, Cmd, Entrypoint, Env, Onbuild
from buildxray.syntax.text import Edit
from buildxray.toolchains.common import COMMON
from buildxray.toolchains.go import GO


def cross_compile(ctx: RuleContext, stage: Stage) -> Fix | None:
    """Make a stage compile for its targets on the build machine; None if no edit can, or if the image would be wrong."""
    root = stage.root
    if root is None or not can_change_platform(root):
        return None
    family = root.family
    crossed = _crossable(family)
    if crossed is None:
        return None
    edits = with_paying_moves(ctx, [set_platform(root.from_, "$BUILDPLATFORM"), *crossing_edits(crossed)])
    after = ctx.after(edits)
    safety = safety_of_moving(ctx, after, family)
    if safety is None:
        return None
    if any(it.use.cross_compilation is not None and not it.use.cross_compilation.is_safe for it in crossed):
        safety = Safety.SUGGESTION
    if any(_may_want_cgo(it) or _may_be_given_cgo(ctx, it) for it in crossed) or is_named_above(
        root.from_, _ON_PURPOSE
    ):
        safety = Safety.SUGGESTION
    if not after.build.is_better_than(ctx.build):
        if not _is_worth_its_steps(ctx.build, after.build):
            return None
        safety = Safety.SUGGESTION
    if not _is_right(after.build, family, safety):
        return None
    if carries_packages(ctx, after):
        # Unknown packages may contain files for one machine.
        title = _("Run this stage on the build platform, if its packages have no native code")
    else:
        title = _("Cross-compile this stage") if crossed else _("Run this stage on the build platform")
    return Fix(title, tuple(edits), safety)


def _is_worth_its_steps(before: Build, after: Build) -> bool:
    """True if an edit adds no more RUN steps than it takes from the emulator.

    In a build for another machine alone, a stage shares its image, and perhaps its first RUN, with the final stage, and no longer does on the build machine.
    """
    n_added = len(after.run_steps) - len(before.run_steps)
    n_native = len(before.emulated_steps) - len(after.emulated_steps)
    return len(after.errors) <= len(before.errors) and 0 < n_native >= n_added


def may_cross_compile(stage: Stage) -> bool:
    """False if surely no edit makes a stage compile for its targets on the build machine, which is known without planning one."""
    root = stage.root
    return root is not None and can_change_platform(root) and _crossable(root.family) is not None


_ON_PURPOSE: Final = ("emulated", "emulation", "native", "natively", "qemu")
"""Words with which a comment above a FROM may say why the stage runs on its target."""


def _may_want_cgo(command: KnownCommand) -> bool:
    """True if cgo, which is on by default, is off after cross-compiling, though the stage installs a C compiler, or its image may ask for cgo.

    The environment of official images does not mention cgo; other ones may set `CGO_ENABLED=1`, or wrap the go command.
    """
    stage = command.run.stage
    if command.use.toolchain is not GO or command.invocation.setting("CGO_ENABLED").is_set or stage is None:
        return False
    return installs_c_compiler(stage) or not stage.is_on_official_image


def _may_be_given_cgo(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a build may switch cgo on, by the argument of `ARG CGO_ENABLED=0`: no build of the file is known, or one gives it."""
    if command.use.toolchain is not GO or command.invocation.setting("CGO_ENABLED").assignment is not None:
        return False
    names = {"CGO_ENABLED"}
    declaration = command.run.declaration("CGO_ENABLED")
    if declaration is not None and isinstance(declaration.node, Env):
        # `ENV CGO_ENABLED=$CGO` passes an argument on.
        names = {it.name for it in declaration.variable_references()}
        declarations = [declaration.declaration(it) for it in names]
    else:
        declarations = [declaration]
    is_argument = any(it is not None and isinstance(it.node, Arg) for it in declarations)
    is_given = not (names | {"*"}).isdisjoint(ctx.given_arguments)
    return is_argument and (is_given or not ctx.build.workspace.has_build)


def _crossable(stages: Iterable[Stage]) -> list[KnownCommand] | None:
    """The commands of stages that an edit makes cross-compile; None if a compiler would not follow its target or cannot be edited."""
    commands = [it for it in compilers(stages) if not is_own_tool(it)]
    crossed = [it for it in commands if it.use.cross_compilation is not None]
    kept = [it.use for it in commands if it.use.cross_compilation is None]
    if any(it.must_run_on_target or not it.follows_target for it in kept) or any(map(needs_c, commands)):
        return None
    if any(map(_asks_for_machine, commands)):
        return None
    return crossed if all(it.syntax.is_writable and it.syntax.sees_environment for it in crossed) else None


def _asks_for_machine(command: KnownCommand) -> bool:
    """True if an option of a compiler contains the name of the machine that runs it, which would be the build machine: `-tags "$(dpkg --print-architecture)"`.

    Of the path of its output, `build-arch-probe` tells what to write.
    """
    probes = [
        it.range
        for it in command.run.known_commands
        if it.use.effect is Effect.PROBE and it.syntax.is_substitution and command.range.contains(it.range.start)
    ]
    if not probes:
        return False
    options = (
        command.run.shell_range(word.range)
        for before, word in pairwise(command.syntax.words)
        if before.text not in ("-o", "--output")
    )
    return any(it.contains(one.start) for it in options for one in probes)


_MOST_COPIED: Final = 5
"""Instructions that a new root may repeat; with more, using another base image is less work than keeping two copies equal."""


class OwnRoot(NamedTuple):
    """A new FROM for a stage, with its root image on the build machine, and the instructions that it must repeat."""

    line: str
    """The text of the FROM."""
    copied: tuple[str, ...]
    """The repeated instructions of the stages between, as written."""
    is_small: bool
    """True if few instructions are repeated, and none that installs packages."""


def root_of_its_own(stage: Stage) -> OwnRoot | None:
    """A separate root for a stage whose root is shared with the image, or with an image for another `--target`, so that the stage can move to the build machine.

    None if it shares no root, if the image depends on the target, or if a copy would have another meaning. `scratch` has no platform: what
    is copied onto it would have to come from another machine.
    """
    root = stage.root
    if (
        root is None
        or root is stage
        or not (root.is_image or _starts_elsewhere(root, stage))
        or root.from_.platform is not None
        or stage.from_.platform is not None
    ):
        return None
    between = stage.ancestry[1:]
    image, keyword = root.from_.image, stage.from_.syntax.node.keyword.text
    if (
        image is None
        or image.text == "scratch"
        or any(isinstance(it.node, Onbuild) for one in between for it in one.instructions)
    ):
        return None
    text = stage.build.text
    rest = text[stage.from_.range_of(stage.from_.image).end : stage.from_.range.end] if stage.from_.image else ""
    written = tuple(
        text[it.range.start : it.range.end]
        for one in reversed(between)
        for it in one.instructions
        if not isinstance(it.node, Cmd | Entrypoint)
    )
    installs = any(it.use.toolchain is COMMON for one in between for it in one.commands(Effect.INSTALL))
    is_small = not installs and len(written) <= _MOST_COPIED
    return OwnRoot(f"{keyword} --platform=$BUILDPLATFORM {image.text}{rest}", written, is_small)


def _starts_elsewhere(root: Stage, stage: Stage) -> bool:
    """True if a stage on a root starts a program, and is not on the other stage: it is an image of its own, and must stay for the target."""
    others = {*root.family} - {*stage.family}
    return any(isinstance(it.node, Cmd | Entrypoint) for one in others for it in one.instructions)


def with_own_root(ctx: RuleContext, stage: Stage, own_root: OwnRoot) -> Fix | None:
    """Give a stage its own root on the build machine; None if it would then compile for the wrong machine, or if much is repeated."""
    if not own_root.is_small:
        return None
    crossed = _crossable(stage.family)
    if crossed is None:
        return None
    lines = line_end(stage.from_).join((own_root.line, *own_root.copied))
    edits = [Edit(stage.from_.range, lines), *crossing_edits(crossed)]
    after = ctx.after(edits)
    if safety_of_moving(ctx, after, stage.family) is None or len(after.build.errors) > len(ctx.build.errors):
        return None
    if len(after.build.emulated_steps) >= len(ctx.build.emulated_steps):
        return None
    return Fix(_("Give this stage its own base image on the build platform"), tuple(edits), Safety.SUGGESTION)


def crossing_edits(commands: Iterable[KnownCommand]) -> list[Edit]:
    """Give each command its target, and declare the required arguments directly before the first RUN that needs them."""
    edits: list[Edit] = []
    needed: dict[Instruction, list[str]] = {}
    for command in commands:
        crossing = command.use.cross_compilation
        if crossing is not None:
            edits += set_target(command, crossing)
            needed.setdefault(command.run, []).extend(crossing.arguments)
    declared: dict[Stage, set[str]] = {}
    for run in sorted(needed, key=lambda it: it.idx):
        assert run.stage is not None, "a RUN belongs to a stage"
        known = {name for it in run.stage.ancestry for name in declared.get(it, ())}
        names = [it for it in needed[run] if it not in known]
        # One call for each stage moves declarations, because two could edit one line.
        edits += (declare_arguments if run.stage in declared else bring_arguments)(run, names)
        declared.setdefault(run.stage, set()).update(names)
    return edits


def _is_right(after: Build, family: Iterable[Stage], safety: Safety) -> bool:
    """True if the stages compile for their targets after a fix.

    For a suggestion it is enough that nothing is certainly wrong, because the text may not tell the targets.
    """
    uses = [it.use for it in compilers(after.stages[stage.idx] for stage in family) if not is_own_tool(it)]
    if safety is Safety.SAFE:
        return all(it.follows_target for it in uses)
    return not any(it.wrong_targets for it in uses)
