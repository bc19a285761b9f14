"""Where a stage that compiles could run without emulation: the edits, and the advice where no edit is sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from buildxray.localization import _, ngettext
from buildxray.rules.base import Fix
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.portability import (
    is_own_tool,
    needs_c,
    takes_along_packages,
    takes_target_packages,
    uses_cgo,
)
from buildxray.rules.facts.started_programs import starts_app_host
from buildxray.rules.fixing.cross_compile import OwnRoot, cross_compile, root_of_its_own, with_own_root
from buildxray.rules.fixing.xx_advice import advice, may_fail, needs_target_machine
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.instructions import Cmd, Entrypoint
from buildxray.toolchains.c import C
from buildxray.toolchains.go import GO
from buildxray.toolchains.rust import RUST


class Place(NamedTuple):
    """Where a stage could run instead."""

    own_root: OwnRoot | None
    """A new FROM on the build machine, if the stage shares its root with the image."""
    is_carrying: bool
    """True if on the build machine the stage would install packages for the wrong machine that the image takes along."""
    is_guess: bool
    """True if it is not known whether the stage compiles."""


def place_of(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> Place:
    """The place where a stage with these commands could run instead."""
    is_guess = all(it.use.effect is Effect.UNKNOWN for it in commands)
    is_tied = is_guess or takes_target_packages(stage)
    is_carrying = not is_tied and takes_along_packages(ctx, stage)
    # What is compiled for the image would have to cross-compile on another root.
    is_tied = is_tied or is_carrying or (any(map(goes_into_image, commands)) and needs_machine(ctx, stage, commands))
    own_root = None if is_tied else root_of_its_own(stage)
    return Place(own_root, is_carrying, is_guess)


def has_way(ctx: RuleContext, stage: Stage, commands: list[KnownCommand]) -> bool:
    """True if an edit or steps by hand surely move what a stage compiles to the build machine."""
    place = place_of(ctx, stage, commands)
    if place.is_guess or place.is_carrying or ctx.build.workspace.recipe_sets_platform:
        return False
    if native_fixes(ctx, stage, place.own_root):
        return True
    compiling = for_other_machines(commands)
    if takes_target_packages(stage) or (place.own_root is None and shares_image(stage)):
        return False
    if compiling:
        return not may_fail(compiling) and bool(advice(ctx, stage, compiling))
    return place.own_root is not None or starts_app_host(stage, commands)


def advice_by_hand(ctx: RuleContext, stage: Stage, commands: Iterable[KnownCommand]) -> list[str]:
    """The ways to avoid emulation by hand, where no edit can."""
    compiling = for_other_machines(commands)
    if needs_target_machine(stage, compiling):
        return [
            _(
                "a machine of the target platform avoids the emulation; cross-compiling is not practical, because such a build runs what it has compiled, or needs settings of its own for each target"
            )
        ]
    # A tool of the project that its stage alone runs is for the build machine.
    steps = advice(ctx, stage, compiling) if any(map(_may_reach_image, compiling)) else []
    # Where no recipe surely works, people still have machines.
    return [advice_on_machine(), *steps] if compiling and (not steps or may_fail(compiling)) else steps


def _may_reach_image(command: KnownCommand) -> bool:
    """False if nothing copies what a command of Go writes out of its stage, which is not the image."""
    stage = command.run.stage
    is_known = command.use.toolchain is GO and bool(command.use.outputs) and stage is not None
    return not is_known or stage is None or stage.is_image or command.way_into_image is not None


def must_stay(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if no change of the file makes a stage run on the build machine.

    It copies packages for the target, a stage on it is an image of its own, a compiler writes for its own machine only (`mix release` copies
    the virtual machine of Erlang), or `go install` writes where another machine's programs are refused (`go help install`, GOBIN).
    """
    return (
        takes_target_packages(stage)
        or any(isinstance(it.node, Cmd | Entrypoint) for one in stage.family for it in one.instructions)
        or any(it.use.is_native_only for one in stage.family for it in one.commands(Effect.COMPILE))
        or any(_is_install(it) and _has_gobin(it) for it in commands)
    )


def advice_on_machine() -> str:
    """The advice that holds for everything that is emulated."""
    return _("a machine of the target platform avoids the emulation")


def needs_machine(ctx: RuleContext, stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if no recipe makes all of these commands cross-compile surely."""
    compiling = for_other_machines(commands)
    return bool(compiling) and not advice(ctx, stage, compiling)


def for_other_machines(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    """The commands that need a cross compiler to compile for another machine, without those of tools for their own stage."""
    needing = (
        it
        for it in commands
        if needs_c(it) or uses_cgo(it) or (it.use.must_run_on_target and it.use.toolchain in (C, RUST))
    )
    return [it for it in needing if not is_own_tool(it)]


def shares_image(stage: Stage) -> bool:
    """True if the image is built on the same root as a stage: `--platform` there would make the image native too."""
    return stage.root is not None and stage.root is not stage and stage.root.is_image


def goes_into_image(command: KnownCommand) -> bool:
    """True if the output of a command is copied into the image, and not only run in its stage."""
    is_known = command.use.effect is Effect.COMPILE and bool(command.use.outputs)
    return is_known and command.way_into_image is not None


def installs_into_image(command: KnownCommand) -> bool:
    """True for a `go install` that could cross-compile, and whose binary is copied into the image."""
    return _is_install(command) and not _has_gobin(command) and not needs_c(command) and goes_into_image(command)


def _has_gobin(command: KnownCommand) -> bool:
    return any(it != "" for it in command.invocation.setting("GOBIN").values)


def _is_install(command: KnownCommand) -> bool:
    return command.use.toolchain is GO and command.invocation.subcommand == "install"


def own_root_advice(own_root: OwnRoot) -> str:
    """The advice to give a stage its own base image, because the image is built on the one that they share."""
    if not own_root.is_small:
        return _("give this stage a base image of its own that has what it runs, with `--platform=$BUILDPLATFORM`")
    if not own_root.copied:
        return _("give this stage its own base image: `{line}`", line=own_root.line)
    return ngettext(
        "give this stage its own base image: `{line}`, followed by the {n} instruction of the stages that it continues",
        "give this stage its own base image: `{line}`, followed by the {n} instructions of the stages that it continues",
        len(own_root.copied),
        line=own_root.line,
    )


def native_fixes(ctx: RuleContext, stage: Stage, own_root: OwnRoot | None) -> tuple[Fix, ...]:
    """The fix that makes a stage cross-compile on the build machine; none where no edit surely does."""
    fix = cross_compile(ctx, stage)
    if fix is None and own_root is not None:
        fix = with_own_root(ctx, stage, own_root)
    return () if fix is None else (fix,)
