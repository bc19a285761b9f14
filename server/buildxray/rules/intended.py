"""Decide whether a constant architecture is intended: chosen by a condition, named, or one of several."""

from __future__ import annotations

import posixpath
import re
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
    outputs |= {posixpath.basename(it.path) for it in ctx.build.artifacts.made_by(command.invocation)}
    return any(named_architectures(it) for it in outputs) or len(ctx.cached(_constants)) > 1


_EMULATORS: Final = lazy_regex(
    r"\b(?:box64|box86|fex-emu|fexinterpreter|qemu-user(?:-static)?|qemu-(?:aarch64|arm|i386|x86_64)(?:-static)?)\b",
    re.IGNORECASE,
)


_ADDS_ARCHITECTURE: Final = lazy_regex(r"dpkg\s+--add-architecture")
_FOREIGN_PACKAGE: Final = lazy_regex(
    r"(?<![\w./:+-])(?!musl)[a-z0-9][a-z0-9.+-]+(?<!-dev):(?:\$|(?:amd64|arm64|armel|armhf|i386|ppc64el|riscv64|s390x)\b)"
)
"""A package of another architecture that brings its C library: neither headers nor musl, whose loader runs few programs."""


def is_meant_for_one(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage is for one architecture by its name, runs programs of others, or has a platform that only a build argument tells."""
    return (
        bool(named_architectures(stage.name)) or runs_foreign_programs(ctx, stage) or _has_unknown_platform(ctx, stage)
    )


def _has_unknown_platform(ctx: RuleContext, stage: Stage) -> bool:
    errors = [it for it in ctx.build.errors if it.cause is Cause.PLATFORM_ARGUMENT]
    root = stage.root if errors else None
    return root is not None and any(root.from_.range.contains(it.range.start) for it in errors)


def runs_foreign_programs(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage, or one that it is built on, installs what runs programs of other machines, so that these are meant.

    That is an emulator, or a library as a package of another architecture (`libc6:amd64`).
    """
    has_package = adds_architecture(ctx, stage) and stage in ctx.cached(_with_foreign_packages)
    return has_package or stage in ctx.cached(_with_emulators)


def adds_architecture(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage, or one that it is built on, lets apt install packages of other architectures; that alone runs no program."""
    return stage in ctx.cached(_adding_architectures)


def _with_emulators(ctx: RuleContext) -> frozenset[Stage]:
    return _running(ctx, _EMULATORS)


def _with_foreign_packages(ctx: RuleContext) -> frozenset[Stage]:
    return _running(ctx, _FOREIGN_PACKAGE)


def _adding_architectures(ctx: RuleContext) -> frozenset[Stage]:
    return _running(ctx, _ADDS_ARCHITECTURE)


def _running(ctx: RuleContext, pattern: re.Pattern[str]) -> frozenset[Stage]:
    """The stages with a RUN in which a pattern is found, and those that are built on them, which come later in the file."""
    stages: set[Stage] = set()
    for stage in ctx.build.stages:
        if any(pattern.search(run.node.text) for run in stage.runs) or not stages.isdisjoint(stage.bases):
            stages.add(stage)
    return frozenset(stages)


_DOES_NOTHING: Final = frozenset({":", "echo", "printf", "true"})


def with_ignored_failure(run: Run) -> frozenset[int]:
    """The identities of the commands after whose failure the script goes on as if nothing had happened: `… || true`."""
    ignoring = (it for it in run.script.commands if it.name in _DOES_NOTHING)
    return frozenset(
        id(command) for other in ignoring for it in other.conditions if it.kind == "or" for command in it.commands
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
