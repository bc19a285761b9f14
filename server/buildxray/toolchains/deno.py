"""Deno: `deno compile` makes binaries for any of its targets; all else suits every machine.

Source: docs.deno.com, "deno compile".
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import CrossCompilation, Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.mapping import mapped_architecture
from buildxray.toolchains.triples import architecture_of

_FETCHING: Final = frozenset({"add", "cache", "install", "vendor"})
_BUNDLING: Final = frozenset({"bundle", "doc"})
_NEUTRAL: Final = frozenset({"", "check", "fmt", "info", "lint", "upgrade"})
NAMES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""The names of machines in targets, by those in TARGETARCH. Source: `deno compile --help`."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name != "deno":
        return None
    subcommand = invocation.subcommand
    n_words = 1 + (len(command.words) > 1 and command.words[1].value == subcommand)
    title = f"deno {subcommand}".strip()
    if subcommand == "compile":
        return _compile(invocation, toolchain, title, n_words)
    effect = Effect.EXECUTE
    if subcommand in _FETCHING:
        effect = Effect.FETCH
    elif subcommand in _BUNDLING or (subcommand == "task" and "build" in command.arguments):
        effect = Effect.BUNDLE
    elif subcommand in _NEUTRAL:
        effect = Effect.NEUTRAL
    # A task of deno.json may run `deno compile`.
    return Use(
        toolchain, invocation, effect, title, n_words, may_differ=effect is Effect.BUNDLE and subcommand == "task"
    )


def _compile(invocation: Invocation, toolchain: Toolchain, title: str, n_words: int) -> Use:
    target = invocation.argument("--target")
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    crossing = None
    if target is not None:
        machines = invocation.architectures(target, architecture_of)
    elif n_words > 1 and (name := mapped_architecture(NAMES, invocation.targets)) is not None:
        options = f"--target {name}-unknown-linux-gnu"
        crossing = CrossCompilation((), ("TARGETARCH",), is_safe=False, options=options)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        machines,
        is_targeted=target is not None,
        outputs=invocation.option_paths("-o", "--output"),
        cross_compilation=crossing,
    )


def _reads(invocation: Invocation, _name: str) -> Reading:
    use = _recognize(invocation, DENO)
    is_script = use is not None and use.effect in (Effect.EXECUTE, Effect.BUNDLE)
    return Reading.MAYBE if is_script else Reading.NO


DENO: Final = Toolchain("Deno", _recognize, _reads)
