"""The crates that Cargo downloads again after each change of the source, because no cache and no earlier instruction keeps them."""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Stage
from buildxray.semantics.file_flow import holds
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.rust import RUST

_COMPILING: Final = frozenset({"b", "bench", "build", "c", "check", "clippy", "install", "r", "run", "t", "test"})
"""Subcommands that compile the crates of a project."""
_OFFLINE: Final = frozenset({"--frozen", "--manifest-path", "--offline", "-C"})
"""Options with which nothing is downloaded, or another directory tells what."""
_IMAGE: Final = lazy_regex(r"docker\.io/library/rust(?:[:@].*)?")
"""The official image, in which CARGO_HOME is /usr/local/cargo."""
CACHE: Final = "--mount=type=cache,target=/usr/local/cargo/registry"


def compiling_with_downloads(ctx: RuleContext, stage: Stage, whole: Instruction) -> KnownCommand | None:
    """The first command of a stage after a COPY of the whole source that downloads and compiles the crates of its project; None without one.

    None too if the stage may keep them in another way: an earlier command of Cargo, a mount, a directory with the crates.
    """
    if not _IMAGE.fullmatch(stage.image_name):
        return None
    uses = [
        it
        for one in reversed(stage.ancestry)
        for run in one.runs
        for it in run.known_commands
        if it.use.toolchain is RUST
    ]
    crates = [it for it in uses if it.name in ("cargo", "cross")]
    if not crates or crates[0].run.idx < whole.idx or crates[0].run.stage is not stage:
        return None
    command = crates[0]
    arguments = command.syntax.arguments
    if (
        command.use.effect not in (Effect.COMPILE, Effect.EXECUTE)
        or command.name != "cargo"
        or arguments[0] not in _COMPILING
    ):
        return None
    if (
        command.use.fetches_sources
        or command.run.mounts
        or not _OFFLINE.isdisjoint(it.partition("=")[0] for it in arguments)
    ):
        return None
    if any(command.invocation.setting(it).is_set for it in ("CARGO_HOME", "CARGO_NET_OFFLINE")):
        return None
    destinations = whole.destinations
    directories = {*command.invocation.directories}
    if len(destinations) != 1 or len(directories) != 1:
        return None
    (destination,), (directory,) = destinations, directories
    return (
        command
        if holds(destination, directory) and _requires_crates(ctx, posixpath.relpath(directory, destination))
        else None
    )


def _requires_crates(ctx: RuleContext, directory: str) -> bool:
    """True if the Cargo.toml in a directory of the build context needs crates that are not in the repository."""
    known, find = ctx.build.workspace.holds, ctx.build.workspace.needed
    if known is None or find is None:
        return False
    above = ("", directory) if directory != "." else ("",)
    if any(known(posixpath.join(it, ".cargo", name)) for it in above for name in ("config", "config.toml")):
        # It may name a directory with the crates.
        return False
    needed = find(posixpath.normpath(posixpath.join(directory, "Cargo.toml")), ".", "cargo")
    return needed is not None and needed.requires_crates
