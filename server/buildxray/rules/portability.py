"""Whether a stage may run on a machine of another architecture: what it does, and which of its files others take."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.rules.base import Safety
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.commands import is_nothing
from buildxray.semantics.file_flow import holds
from buildxray.syntax.instructions import Copy, Onbuild

_HARMLESS: Final = frozenset(
    {Effect.BUNDLE, Effect.COMPILE, Effect.DOWNLOAD, Effect.FETCH, Effect.INSTALL, Effect.NEUTRAL}
)
"""What a safe fix may move to the build machine."""
_FOR_ALL: Final = ("/etc", "/usr/share", "/var", "/home", "/srv")
"""Directories whose files suit every architecture."""
_FOR_ONE: Final = ("/bin", "/lib", "/lib32", "/lib64", "/libexec", "/opt", "/sbin", "/usr", "/root/.cargo")
"""Directories whose files are for the architecture of the stage."""


def compilers(stages: Iterable[Stage]) -> list[KnownCommand]:
    """The commands of these stages that compile."""
    return [command for stage in stages for command in stage.commands(Effect.COMPILE)]


def outputs_of(commands: Iterable[KnownCommand]) -> set[str]:
    """The paths that these commands may write to, absolute."""
    return {path for command in commands for path in command.use.outputs}


def can_run_elsewhere(root: Stage) -> bool:
    """Whether the files that others take from a stage would be the same, had it run on another architecture."""
    if not can_change_platform(root):
        return False
    commands = compilers(root.family)
    follow = all(it.use.follows_target for it in commands)
    return follow and safety_of_moving(root.family, outputs_of(commands)) is not None


def files_taken(stage: Stage) -> tuple[str, ...]:
    """The paths that are copied out of a stage and the stages on it, and that may be for one architecture.

    Output of a compiler that follows the target is left out: its architecture is known.
    """
    family = stage.family
    outputs = outputs_of(it for it in compilers(family) if it.use.follows_target)
    taken = (path for consumer in consumers_outside(family) for path in consumer.copied_paths)
    return tuple(
        it for it in dict.fromkeys(taken) if not _is_for_all(it) and not any(holds(path, it) for path in outputs)
    )


def consumers_outside(family: Iterable[Stage]) -> Iterator[Instruction]:
    """The instructions of other stages that take files from these stages."""
    members = {*family}
    return (
        consumer
        for stage in sorted(members, key=lambda it: it.idx)
        for consumer in stage.consumers
        if consumer.stage not in members
    )


def can_change_platform(root: Stage) -> bool:
    """Whether the platform of a root stage is free to change: it is not in the image, and its image is one for all targets."""
    names = {*root.base_names}
    return not any(it.is_image for it in root.family) and len(names) == 1 and names != {"scratch"}


def safety_of_moving(family: Iterable[Stage], outputs: set[str]) -> Safety | None:
    """How safe it is to move stages to the build machine; None where the files that others take would be wrong.

    `family` is a root with every stage on it, `outputs` are the paths that its compilers write.
    """
    members = tuple(family)
    if any(_runs(command, outputs) for stage in members for run in stage.runs for command in run.commands):
        return None
    taken = [_safety_of_taking(members, consumer, outputs) for consumer in consumers_outside(members)]
    if None in taken:
        return None
    is_safe = Safety.SUGGESTION not in taken and all(map(_is_harmless_stage, members))
    return Safety.SAFE if is_safe else Safety.SUGGESTION


def _is_harmless_stage(stage: Stage) -> bool:
    # If no target needs it, this plan does not say what another build does with it.
    return stage.is_needed and all(map(_is_harmless, stage.instructions))


def _is_harmless(instruction: Instruction) -> bool:
    node = instruction.node
    if isinstance(instruction, Run):
        return _is_harmless_run(instruction)
    if isinstance(node, Copy) and node.source_stage is not None:
        return all(_is_for_all(it.text) for it in node.sources)
    return not isinstance(node, Onbuild)


def _is_harmless_run(run: Run) -> bool:
    if any("from=" in it.value.text for it in run.node.flags if it.value is not None):
        # A mounted image is the target's: on the build machine its programs would no longer run.
        return False
    if run.script.has_errors or not run.script.commands:
        return False
    uses = [it.use for it in run.commands if not is_nothing(it.syntax)]
    return all(it is not None and it.effect in _HARMLESS and not it.needs_agreement for it in uses)


def _safety_of_taking(family: tuple[Stage, ...], consumer: Instruction, outputs: set[str]) -> Safety | None:
    """How safe it is that an instruction takes files from stages that move; None where it takes files for one architecture."""
    paths = consumer.copied_paths
    safety = Safety.SAFE if paths else Safety.SUGGESTION
    for path in paths:
        if any(holds(path, it) or holds(it, path) for it in outputs) or _is_for_all(path):
            continue
        if path == "/" or any(holds(it, path) for it in _FOR_ONE):
            return None
        if _may_hold_foreign_files(family, path):
            safety = Safety.SUGGESTION
    return safety


def _may_hold_foreign_files(family: tuple[Stage, ...], path: str) -> bool:
    """Whether a path that no compiler wrote may hold files for the architecture of the stage."""
    if any(stage.commands(Effect.DOWNLOAD) for stage in family):
        return True
    installed = outputs_of(command for stage in family for command in stage.commands(Effect.INSTALL))
    return any(holds(path, it) or holds(it, path) for it in installed)


def _runs(command: Command, outputs: set[str]) -> bool:
    """Whether a command runs, by its path, a program that the stage has compiled."""
    program = command.syntax.words[0].text if command.syntax.words else ""
    name = posixpath.basename(program)
    return "/" in program and any(it == program or posixpath.basename(it) == name for it in outputs)


def _is_for_all(path: str) -> bool:
    return any(holds(it, path) for it in _FOR_ALL)
