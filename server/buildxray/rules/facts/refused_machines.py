"""Commands that stop a build because they are told to compile for a machine by a name that their program does not know."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.rules.facts.intended import stops_build
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.machine_names import RefusedName, refused_names


def machines_refused_in(stage: Stage) -> Iterator[tuple[KnownCommand, RefusedName]]:
    """Yield the commands of a stage that surely stop the build for a target, with the names that they refuse."""
    for run in stage.runs:
        for command in run.known_commands:
            for name in machines_refused_by(command):
                yield command, name


def machines_refused_by(command: KnownCommand) -> Iterator[RefusedName]:
    """Yield the names of machines with which a command surely stops the build for a target."""
    stage = command.run.stage if command.use.toolchain is DOTNET else None
    for name in refused_names(command.use, "" if stage is None else stage.image_name):
        targets = tuple(filter(command.is_certain, name.targets))
        if targets and stops_build(command):
            yield name._replace(targets=targets)
