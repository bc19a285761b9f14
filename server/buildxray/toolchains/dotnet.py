""".NET: `dotnet publish` and related commands.

Without a runtime identifier the output is IL, which suits every machine, next to a small host program for this one.

Source: the reference of the .NET CLI; `-a` takes Docker's names from SDK 7.0.300 on (github.com/dotnet/sdk).
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.platforms.aliases import docker_name
from buildxray.toolchains.base import CrossCompilation, Effect, Invocation, Reading, Toolchain, Use

_BUILDING: Final = frozenset({"build", "msbuild", "pack", "publish"})
_FETCHING: Final = frozenset({"nuget", "restore", "tool", "workload"})
_NEUTRAL: Final = frozenset({"clean", "dev-certs", "help", "list", "new", "sln"})
PROPERTIES: Final = tuple(f"{it}:RuntimeIdentifier" for it in ("-p", "/p", "-property", "--property", "/property"))
"""Options that set the runtime identifier as a property of MSBuild."""
_MACHINES: Final = ("-a", "--arch", "-r", "--runtime", *PROPERTIES)
_FOR_ONE: Final = (*_MACHINES, "--os", "--sc", "--self-contained")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name != "dotnet":
        return None
    subcommand = invocation.subcommand
    title = f"dotnet {subcommand}".strip()
    n_words = 1 + (len(command.words) > 1 and command.words[1].value == subcommand)
    if subcommand in _BUILDING:
        is_ahead_of_time = any("PublishAot=true" in it for it in command.arguments)
        if not is_ahead_of_time and not invocation.has_option(*_FOR_ONE):
            return Use(
                toolchain,
                invocation,
                Effect.BUNDLE,
                title,
                n_words,
                manifests=(_project(invocation),) if _restores(invocation) else (),
                may_differ=True,
            )
        return _compile(invocation, toolchain, title, n_words, is_ahead_of_time=is_ahead_of_time)
    effect = Effect.FETCH if subcommand in _FETCHING else Effect.EXECUTE
    if subcommand in _NEUTRAL or not subcommand:
        # `dotnet --info`, `dotnet --list-sdks`
        effect = Effect.NEUTRAL
    manifests = (_project(invocation),) if subcommand == "restore" else ()
    return Use(toolchain, invocation, effect, title, n_words, manifests=manifests)


def _restores(invocation: Invocation) -> bool:
    """True if a command that builds restores the packages first. Source: learn.microsoft.com, "dotnet build", implicit restore."""
    return invocation.subcommand in ("build", "publish") and not invocation.has_option("--no-build", "--no-restore")


def _project(invocation: Invocation) -> str:
    """The project or solution that is restored; `*.csproj` where the command names its directory or nothing.

    Source: learn.microsoft.com, "dotnet restore", ROOT.
    """
    words = invocation.command.words
    operands = [it for it in invocation.operands if it > 0 and words[it].value != invocation.subcommand]
    # The operand after an option may be its value.
    certain = [words[it].value for it in operands if not words[it - 1].text.startswith("-")]
    named = next((it for it in certain if it), None)
    listed = (words[it].value or "" for it in operands)
    project = next((it for it in listed if it.endswith((".sln", ".slnx", "proj"))), None)
    return project or ("*.csproj" if named is None else posixpath.join(named, "*.csproj"))


def _compile(invocation: Invocation, toolchain: Toolchain, title: str, n_words: int, *, is_ahead_of_time: bool) -> Use:
    machine = invocation.argument(*_MACHINES)
    architectures: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    if machine is not None:
        architectures = invocation.architectures(machine, _architecture)
    # Packages restored for one machine do not suit another.
    can_cross = not is_ahead_of_time and not invocation.has_option("--no-restore", *_MACHINES)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        architectures,
        is_targeted=machine is not None,
        outputs=invocation.option_paths("-o", "--output"),
        must_run_on_target=is_ahead_of_time or not can_cross,
        cross_compilation=_ON_TARGET if can_cross and n_words > 1 else None,
    )


_ON_TARGET: Final = CrossCompilation((), ("TARGETARCH",), is_safe=False, options="-a $TARGETARCH")


def _architecture(machine: str) -> str | None:
    """The architecture in the value of `-a` or in a runtime identifier such as `linux-musl-x64`; None if it is unknown."""
    name = machine.rpartition("-")[2]
    return docker_name(name) or (
        name if name in ("386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x") else None
    )


def _reads(invocation: Invocation, name: str) -> Reading:
    """MSBuild turns every variable of the environment into a property, which project files may use.

    Source: learn.microsoft.com, "MSBuild properties", "Environment properties".
    """
    subcommand = invocation.subcommand
    if subcommand == "restore":
        reading = invocation.reading_by_project(name)
        return Reading.UNLIKELY if reading is Reading.MAYBE and invocation.workspace.mentioned is None else reading
    is_asking = subcommand in _NEUTRAL or (not subcommand and invocation.command.name == "dotnet")
    return Reading.NO if is_asking or subcommand in _FETCHING else invocation.reading_by_project(name)


DOTNET: Final = Toolchain(".NET", _recognize, _reads)
