"""Zig: one compiler that cross-compiles to every target, C libraries included.

Source: the reference of Zig, `zig build --help`; the guide to its build system, standardTargetOptions.
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import CrossCompilation, Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.mapping import mapped_architecture
from buildxray.toolchains.triples import architecture_of

_COMPILING: Final = frozenset({"build", "build-exe", "build-lib", "build-obj", "c++", "cc"})
_EXECUTING: Final = frozenset({"run", "test"})
NAMES: Final = {"amd64": "x86_64", "arm64": "aarch64", "riscv64": "riscv64", "s390x": "s390x"}
"""The names of machines whose programs for Linux need no ABI of their own, by those in TARGETARCH. Source: Zig, lib/std/Target.zig."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name != "zig":
        return None
    subcommand = invocation.subcommand
    n_words = 1 + (len(command.words) > 1 and command.words[1].value == subcommand)
    title = f"zig {subcommand}".strip()
    if subcommand not in _COMPILING:
        effect = Effect.EXECUTE if subcommand in _EXECUTING else Effect.NEUTRAL
        return Use(toolchain, invocation, effect, title, n_words)
    option = "-Dtarget" if subcommand == "build" else "-target"
    target = invocation.argument(option)
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    if target is not None:
        machines = invocation.architectures(target, architecture_of)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        machines,
        is_targeted=target is not None,
        outputs=_prefix(invocation) if subcommand == "build" else invocation.option_paths("-femit-bin"),
        cross_compilation=_cross_compilation(invocation, option) if target is None and n_words > 1 else None,
    )


def _prefix(invocation: Invocation) -> tuple[str, ...]:
    """The directory into which `zig build` installs: `zig-out` in its working directory unless an option gives another prefix."""
    prefix = invocation.argument("-p", "--prefix")
    return tuple(f"{it}/zig-out" for it in invocation.directories) if prefix is None else invocation.paths(prefix)


def _cross_compilation(invocation: Invocation, option: str) -> CrossCompilation | None:
    name = mapped_architecture(NAMES, invocation.targets)
    if name is None:
        return None
    blank = "=" if option == "-Dtarget" else " "
    return CrossCompilation((), ("TARGETARCH",), is_safe=False, options=f"{option}{blank}{name}-linux-musl")


def _reads(invocation: Invocation, name: str) -> Reading:
    """The certainty of reading a variable; `build.zig` is a program of the project, so it may read any."""
    is_quiet = invocation.subcommand not in ("build", *_EXECUTING)
    return Reading.NO if is_quiet else invocation.reading_by_project(name)


ZIG: Final = Toolchain("Zig", _recognize, _reads)
