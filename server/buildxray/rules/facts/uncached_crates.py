"""The crates that Cargo downloads again after each change of the source, because no cache and no earlier instruction keeps them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import (
    context_paths,
    copies_before,
    path_in_context,
    sources_of,
    takes_directory_with,
)
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.rust import RUST

_COMPILING: Final = frozenset({"b", "bench", "build", "c", "check", "clippy", "install", "r", "run", "t", "test"})
"""Subcommands that compile the crates of a project."""
_WITHOUT_CRATES: Final = frozenset({"--version", "-V", "generate-lockfile", "init", "new", "version"})
"""First arguments with which Cargo downloads no crate: at most the index of the registry. Source: the Cargo book, "cargo generate-lockfile"."""
_OFFLINE: Final = frozenset({"--frozen", "--manifest-path", "--offline", "-C"})
"""Options with which nothing is downloaded, or another directory tells what."""
_IMAGE: Final = lazy_regex(r"docker\.io/library/rust(?:[:@].*)?")
"""The official image, in which CARGO_HOME is /usr/local/cargo."""
_VENDORED: Final = "vendor"
"""The directory to which `cargo vendor` writes crates, which are not sources of the project."""
PLACE_OF_CRATES: Final = "/usr/local/cargo/registry"
CACHE: Final = f"--mount=type=cache,target={PLACE_OF_CRATES},sharing=locked"
"""Locked, because the lock of Cargo is outside of it (`needs_locked_cache`)."""


class UncachedCrates(NamedTuple):
    """A command that downloads and compiles the crates of its project again after each change of the sources."""

    command: KnownCommand
    copy: Instruction
    """The first COPY of sources before it."""
    runs: tuple[Run, ...]
    """Its RUN, and later ones of the stage and of those on it that use the same crates."""


def uncached_crates(ctx: RuleContext, stage: Stage) -> UncachedCrates | None:
    """The first command of a stage that downloads and compiles the crates of its project after a COPY of sources; None without one.

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
    crates = [*filter(_uses_crates, uses)]
    if not crates or crates[0].run.stage is not stage:
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
    if _compiles_sources_later(command, crates[1:]):
        return None
    directories = {*command.invocation.directories}
    if len(directories) != 1:
        return None
    lists = [*dict.fromkeys(path for path, _base in context_paths(command, "Cargo.toml", directories.pop()))]
    copies = (it for it in copies_before(command.run) if len(it.destinations) == 1)
    copy = next((it for it in copies if _takes_sources(it, lists)), None)
    if copy is None or not _require_crates(ctx, lists):
        return None
    return UncachedCrates(command, copy, _runs_with_crates(stage, command))


def _uses_crates(command: KnownCommand) -> bool:
    is_cargo = command.use.toolchain is RUST and command.name in ("cargo", "cross")
    return is_cargo and _WITHOUT_CRATES.isdisjoint(command.syntax.arguments[:1])


def _runs_with_crates(stage: Stage, command: KnownCommand) -> tuple[Run, ...]:
    """The RUN of a command, and later ones that would lack the crates which a cache mount keeps out of the layers."""
    runs = (run for one in stage.family if stage in one.ancestry for run in one.runs if run.idx > command.run.idx)
    later = (it for it in runs if not it.mounts and any(map(_uses_crates, it.known_commands)))
    return (command.run, *later)


def _compiles_sources_later(command: KnownCommand, others: Iterable[KnownCommand]) -> bool:
    """True if a COPY comes between a command and another one that compiles: the first one then compiles the crates only, with an empty program."""
    stage = command.run.stage
    later = [it for it in others if it.run.stage is stage and it.syntax.arguments[:1] == command.syntax.arguments[:1]]
    return any(
        command.run.idx < copy.idx < it.run.idx for it in later for copy in copies_before(it.run) if copy.stage is stage
    )


def _takes_sources(copy: Instruction, lists: Iterable[str]) -> bool:
    """True if a COPY takes sources of Rust: everything, the directory of a list of dependencies, one with lists of its own, or `src`."""
    paths = [path_in_context(it) for it in sources_of(copy)]
    return any(
        it == "."
        or posixpath.basename(it) == "src"
        or it.endswith(".rs")
        or any(one.startswith(f"{it}/") for one in lists)
        for it in paths
    ) or takes_directory_with(
        copy, "Cargo.toml", *(() if _VENDORED in map(posixpath.basename, paths) else ("*/Cargo.toml",))
    )


def _require_crates(ctx: RuleContext, lists: Sequence[str]) -> bool:
    """True if the Cargo.toml that a command reads, given its path in the build context, needs crates that are not in the repository."""
    find = ctx.build.workspace.needed
    if find is None or len(lists) != 1:
        return False
    needed = find(lists[0], ".", "cargo")
    return needed is not None and needed.requires_crates
