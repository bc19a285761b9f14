"""Compilers for the machine on which they run, without an option for another machine that works in a Dockerfile.

Source: the command references of Swift, Dart, Crystal, Nim, Stack, Cabal, Dune, Mix and Leiningen.
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.aliases import docker_name
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_COMPILING: Final = {
    "cabal": frozenset({"build", "install", "v2-build", "v2-install"}),
    "crystal": frozenset({"build"}),
    "dart": frozenset({"compile"}),
    "dmd": frozenset({""}),
    "dub": frozenset({"build"}),
    "dune": frozenset({"build", "install"}),
    "ghc": frozenset({""}),
    "ldc2": frozenset({""}),
    "mix": frozenset({"release"}),
    "nim": frozenset({"c", "compile", "cpp"}),
    "nimble": frozenset({"build"}),
    "shards": frozenset({"build"}),
    "stack": frozenset({"build", "install"}),
    "swift": frozenset({"build"}),
    "swiftc": frozenset({""}),
}
"""Programs and their compiling subcommands; an empty subcommand means any arguments."""
_OPTIONS_FOR_TARGET: Final = (
    "--cpu",
    "--cross-compile",
    "--swift-sdk",
    "--target",
    "--target-arch",
    "--triple",
    "-target",
)
_OUTPUTS: Final = ("-o", "--output", "--out", "--installdir", "--local-bin-path")
_NEUTRAL_OPTIONS: Final = ("--help", "--version", "-h", "-v")
_FOR_ALL: Final = frozenset({"js", "kernel", "wasm"})
"""Kinds of output of `dart compile` that suit every machine."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    compiling = _COMPILING.get(name)
    if compiling is None:
        return None
    subcommand = invocation.subcommand
    title = name if "" in compiling else f"{name} {subcommand}".strip()
    is_asking = invocation.has_option(*_NEUTRAL_OPTIONS)
    if is_asking or ("" not in compiling and subcommand not in compiling) or {*invocation.command.arguments} & _FOR_ALL:
        return Use(toolchain, invocation, Effect.EXECUTE, title)
    is_targeted = invocation.has_option(*_OPTIONS_FOR_TARGET)
    machines = tuple(None if is_targeted else it.architecture for it in invocation.step_platforms)
    named = invocation.argument("--target-arch")
    if named is not None:
        machines = invocation.architectures(named, lambda it: docker_name(it) or it)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        len(title.split()) if invocation.command.arguments[:1] == (subcommand,) else 1,
        machines,
        is_targeted=is_targeted,
        outputs=invocation.option_paths(*_OUTPUTS),
        must_run_on_target=True,
        is_native_only=True,
    )


def _reads(invocation: Invocation, name: str) -> Reading:
    # Their build files are programs.
    return invocation.reading_by_project(name)


NATIVE_COMPILERS: Final = Toolchain("compilers for their own machine", _recognize, _reads)
