"""Bun as a compiler: `bun build --compile`. As a package manager it is one of those of Node.js.

Source: bun.sh/docs/bundler/executables.
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.toolchains.base import CrossCompilation, Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.mapping import mapped_architecture

_NAMES: Final = {"amd64": "x64", "arm64": "arm64"}


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name != "bun" or invocation.subcommand != "build" or not invocation.has_option("--compile"):
        return None
    n_words = 1 + (command.words[1].value == "build")
    target = invocation.argument("--target")
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    targets = () if target is None else invocation.evaluate(target)
    # `--target=bun` and other runtimes name no machine; a value that is unknown may name one.
    is_targeted = any(it is None or it.startswith("bun-") for it in targets)
    crossing = None
    if invocation.has_option("--compile-executable-path"):
        # The program becomes a part of that Bun, which may be for any machine.
        is_targeted, machines = True, (None,) * len(invocation.targets)
    elif target is not None and is_targeted:
        machines = invocation.architectures(target, _architecture)
    elif target is None and n_words > 1 and (name := mapped_architecture(_NAMES, invocation.targets)) is not None:
        crossing = CrossCompilation((), ("TARGETARCH",), is_safe=False, options=f"--target=bun-linux-{name}")
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        "bun build",
        n_words,
        machines,
        is_targeted=is_targeted,
        outputs=invocation.option_paths("--outfile"),
        cross_compilation=crossing,
    )


def _architecture(target: str) -> str | None:
    """The architecture in a target such as `bun-linux-arm64-musl`; x64, Bun's default, if it names none."""
    named = named_architectures(target)
    return named[0][2] if named else "amd64"


def _reads(invocation: Invocation, _name: str) -> Reading:
    """Tell whether a command reads a variable: `--env` writes variables into the bundle (bun.sh/docs/bundler, "env")."""
    return Reading.MAYBE if invocation.has_option("--env") else Reading.UNLIKELY


BUN: Final = Toolchain("Bun", _recognize, _reads)
