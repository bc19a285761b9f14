"""The compilers of xx for which no target platform is declared."""

from __future__ import annotations

from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.undeclared_uses import may_be_of_image, undeclared_uses
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Stage
from buildxray.toolchains.xx import XX

TARGETS_OF_XX: Final = frozenset({"TARGETPLATFORM", "TARGETARCH"})
"""The automatic arguments of which each tells xx its target. Source: github.com/tonistiigi/xx, src/xx-info."""


def untargeted_commands(stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that compile for the build machine something for the image, because no target platform is declared."""
    return [] if not stage.is_native else [it for it in stage.commands(Effect.COMPILE) if _is_untargeted(stage, it)]


def _is_untargeted(stage: Stage, command: KnownCommand) -> bool:
    use = command.use
    if use.toolchain is not XX or not use.wrong_targets:
        return False
    if any(use.invocation.setting(it).is_set for it in (*TARGETS_OF_XX, "TARGETPAIR")):
        return False
    outputs = use.outputs or use.invocation.option_paths("-o")
    # A tool of the build runs on the build machine.
    return not outputs or any(map(stage.way_into_image, outputs))


def first_place(stage: Stage) -> Instruction | None:
    """The first RUN, of its bases first, that installs packages for the target: without the variable, for the build machine."""
    for it in reversed(stage.ancestry):
        for command in it.commands(Effect.INSTALL):
            if command.use.toolchain is XX:
                return command.run
    return None


def is_covered(ctx: RuleContext, stage: Stage) -> bool:
    """True if an undeclared argument is used before the commands of xx in a stage: declared there, it tells xx its target."""
    commands = untargeted_commands(stage)
    if not commands:
        return False
    place = first_place(stage) or commands[0].run
    first = min(place.idx, commands[0].run.idx)
    return any(
        use.reference.name in TARGETS_OF_XX and use.instruction.idx <= first
        for above in stage.ancestry
        if not may_be_of_image(ctx, above)
        for use in undeclared_uses(above)
    )
