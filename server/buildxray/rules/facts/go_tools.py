"""The commands of Go that start, on the build machine, what they compile for another one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.toolchains.go import GO

_RUNNING: Final = frozenset({"generate", "run", "test", "tool"})
_GENERATE: Final = "go generate"


def foreign_tools(stage: Stage) -> Iterator[tuple[KnownCommand, list[Platform]]]:
    """Yield the commands of a native stage that run what they compile for another machine, or install a tool where nothing finds it, with these targets."""
    starts = _last_starts(stage)
    for command in stage.commands(Effect.BUNDLE, Effect.EXECUTE, Effect.COMPILE):
        use, invocation = command.use, command.invocation
        if use.toolchain is not GO or not (_runs(command) or _installs_tool(command, starts)):
            continue
        if command.is_chosen_by_platform:
            # The script chooses the architecture when it runs.
            continue
        values = invocation.setting("GOARCH").values
        triples = zip(values, invocation.targets, invocation.step_platforms, strict=True)
        foreign = [target for value, target, machine in triples if value and value != machine.architecture]
        if foreign:
            yield command, foreign


def _runs(command: KnownCommand) -> bool:
    return command.use.effect in (Effect.BUNDLE, Effect.EXECUTE) and command.invocation.subcommand in _RUNNING


def _last_starts(stage: Stage) -> dict[str, int]:
    """The index of the last RUN of a stage that starts each program, and that starts `go generate`."""
    starts: dict[str, int] = {}
    for run in stage.runs:
        for it in run.commands:
            starts[it.name] = run.idx
            if it.name == "go" and it.syntax.arguments[:1] == ("generate",):
                starts[_GENERATE] = run.idx
    return starts


def _installs_tool(command: KnownCommand, starts: dict[str, int]) -> bool:
    """True if `go install` installs a program that a later command of the stage starts, or that `go generate` may start.

    Source: `go help install`: for another platform, the program is written to a subdirectory of bin.
    """
    if command.invocation.subcommand != "install" or command.use.effect is not Effect.COMPILE:
        return False
    names = {posixpath.basename(it.partition("@")[0]) for it in command.syntax.arguments if "@" in it}
    return any(starts.get(it, -1) >= command.run.idx for it in (*names, _GENERATE))
