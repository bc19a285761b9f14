"""Decide whether a constant architecture is intended: chosen by a condition, named, or one of several."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Command, KnownCommand, Run, Stage
from buildxray.semantics.errors import Cause
from buildxray.semantics.origins import Machine
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.triples import architecture_of


def is_chosen(command: Command) -> bool:
    """True if a condition that the text does not decide controls whether the command runs for a target."""
    return command.is_chosen_by_platform


def is_meant(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if the constant target of a compiler is intended.

    It is if the name of the stage, of the output or of its copy in the image contains the architecture, or if the image contains the outputs of
    several constants: a bundle with one program for each platform.
    """
    if named_architectures(stage.name):
        return True
    outputs = {name for it in command.use.outputs if architecture_of(name := posixpath.basename(it)) is None}
    outputs |= {posixpath.basename(it) for it in _places(ctx, command)}
    return any(named_architectures(it) for it in outputs) or len(ctx.cached(_constants)) > 1


def _places(ctx: RuleContext, command: KnownCommand) -> Iterator[str]:
    """The paths in the image of the files that a command writes."""
    for artifact in ctx.build.artifacts.all:
        if any(it.use is not None and it.use.invocation is command.invocation for it in artifact.origins):
            yield artifact.path


_EMULATORS: Final = lazy_regex(
    r"\b(?:box64|box86|fex-emu|fexinterpreter|qemu-user(?:-static)?|qemu-(?:aarch64|arm|i386|x86_64)(?:-static)?)\b",
    re.IGNORECASE,
)


_ADDS_ARCHITECTURE: Final = lazy_regex(r"dpkg\s+--add-architecture")
_FOREIGN_PACKAGE: Final = lazy_regex(
    r"(?<![\w./:+-])(?!musl)[a-z0-9][a-z0-9.+-]+(?<!-dev):(?:\$|(?:amd64|arm64|armel|armhf|i386|ppc64el|riscv64|s390x)\b)"
)
"""A package of another architecture that brings its C library: neither headers nor musl, whose loader runs few programs."""


def is_meant_for_one(stage: Stage) -> bool:
    """True if a stage is for one architecture by its name, runs programs of others, or has a platform that only a build argument tells."""
    root = stage.root
    is_unknown = root is not None and any(
        it.cause is Cause.PLATFORM_ARGUMENT and root.from_.range.contains(it.range.start) for it in stage.build.errors
    )
    return bool(named_architectures(stage.name)) or is_unknown or runs_foreign_programs(stage)


def runs_foreign_programs(stage: Stage) -> bool:
    """True if a stage, or one that it is built on, installs what runs programs of other machines, so that these are meant.

    That is an emulator, or a library as a package of another architecture (`libc6:amd64`).
    """
    is_foreign = adds_architecture(stage)
    return any(
        _EMULATORS.search(run.node.text) or (is_foreign and _FOREIGN_PACKAGE.search(run.node.text))
        for one in stage.ancestry
        for run in one.runs
    )


def adds_architecture(stage: Stage) -> bool:
    """True if a stage, or one that it is built on, lets apt install packages of other architectures; that alone runs no program."""
    return any(_ADDS_ARCHITECTURE.search(run.node.text) for one in stage.ancestry for run in one.runs)


_DOES_NOTHING: Final = frozenset({":", "echo", "printf", "true"})


def may_fail(run: Run, command: Command) -> bool:
    """True if the script goes on, as if nothing had happened, where a command fails: `… || true`."""
    return any(
        other.name in _DOES_NOTHING
        and any(it.kind == "or" and command.syntax in it.commands for it in other.conditions)
        for other in run.script.commands
    )


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
