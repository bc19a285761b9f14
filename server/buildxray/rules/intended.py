"""Decide whether a constant architecture is intended: chosen by a condition, named, or one of several."""

from __future__ import annotations

import posixpath

from buildxray.platforms.aliases import named_architectures
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Command, KnownCommand, Stage
from buildxray.semantics.origins import Machine
from buildxray.toolchains.triples import architecture_of


def is_chosen(command: Command) -> bool:
    """True if a condition that the text does not decide controls whether the command runs for a target."""
    return command.is_chosen_by_platform


def is_meant(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if the constant target of a compiler is intended.

    It is if the name of the stage or of the output contains the architecture, or if the image contains the outputs of
    several constants: a bundle with one program for each platform.
    """
    if named_architectures(stage.name):
        return True
    outputs = {name for it in command.use.outputs if architecture_of(name := posixpath.basename(it)) is None}
    return any(named_architectures(it) for it in outputs) or len(ctx.cached(_constants)) > 1


def names_one_architecture(stage: Stage) -> bool:
    """True if the image of a stage's ancestry has an architecture in its name, so that the stage is for that one only."""
    names = {*stage.base_names}
    return len(names) == 1 and bool(named_architectures(names.pop()))


def _constants(ctx: RuleContext) -> frozenset[str | None]:
    """The architectures of constant targets whose outputs are in the image."""
    return frozenset(
        origin.architecture
        for artifact in ctx.build.artifacts.all
        for origin in artifact.origins
        if origin.machine is Machine.CONSTANT and origin.use is not None and origin.is_certain
    )
