""".NET: `dotnet publish` and its kin.

Without a runtime identifier the output is IL, which suits every machine, next to a small host program for this one.

Source: the reference of the .NET CLI; `-a` takes Docker's names from SDK 8 on.
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_BUILDING: Final = frozenset({"build", "msbuild", "pack", "publish"})
_FETCHING: Final = frozenset({"nuget", "restore", "tool", "workload"})
_FOR_ONE: Final = ("-a", "--arch", "-r", "--runtime", "--self-contained", "--sc", "--os")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command, subcommand = invocation.command, invocation.subcommand
    if command.name != "dotnet":
        return None
    title = f"dotnet {subcommand}".strip()
    n_words = 1 + (len(command.words) > 1 and command.words[1].value == subcommand)
    if subcommand in _BUILDING:
        is_for_one = invocation.has_option(*_FOR_ONE) or any("PublishAot=true" in it for it in command.arguments)
        if not is_for_one:
            return Use(toolchain, invocation, Effect.BUNDLE, title, n_words, needs_agreement=True)
        unknown = (None,) * len(invocation.targets)
        return Use(toolchain, invocation, Effect.COMPILE, title, n_words, unknown, is_targeted=True, is_bound=True)
    effect = Effect.FETCH if subcommand in _FETCHING else Effect.EXECUTE
    return Use(toolchain, invocation, effect, title, n_words)


def _reads(_invocation: Invocation, _name: str) -> Reading:
    return Reading.NO


DOTNET: Final = Toolchain(".NET", _recognize, _reads)
