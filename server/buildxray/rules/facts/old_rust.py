"""The stages whose image has an older version of Rust than the project that they build asks for.

Source: the Cargo book, "Rust Version", "cargo build" (`--ignore-rust-version`) and "cargo install" (`--locked`); hub.docker.com, "rust"; the README of
cargo-chef, whose image is that of Rust of the version in its tag; tried with Cargo 1.65 and 1.95.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.dependency_lists import is_copied
from buildxray.rules.facts.intended import stops_build
from buildxray.rules.facts.old_images import may_have_another
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import RustAsking, RustNeed
from buildxray.toolchains.rust import RUST

_IMAGE: Final = lazy_regex(
    r"docker\.io/(?:library/rust:|lukemathwalker/cargo-chef:[\w.]+-rust-)1\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?:-[\w.-]+)?(?:@.*)?"
)
_ANY_PATCH: Final = 1_000
"""A tag without a patch version is that of the last one."""
_FIRST_COMPARING: Final = 56
"""The first minor version that compares `rust-version` with its own."""
_COMPILING: Final = frozenset(
    {"b", "bench", "build", "c", "check", "clippy", "d", "doc", "install", "r", "run", "rustc", "t", "test"}
)
_READING: Final = _COMPILING | {"fetch", "vendor"}
"""Subcommands that read the list of dependencies and the lock file of the project."""
_ELSEWHERE: Final = ("-C", "-Z", "--config", "--lockfile-path")
"""Options that may make Cargo read other files, or that need another version of Rust."""
_CHOOSING: Final = ("--bench", "--benches", "--bin", "--bins", "--example", "--examples", "--lib", "--test", "--tests")
"""Options with which Cargo compiles the packages of a workspace that have such a program or library."""
_OTHER_RUST: Final = lazy_regex(
    r"rustup(?![ \t]+(?:--version|show|(?:component|target)[ \t]+add)\b)|RUSTUP_|RUSTC(?:_BOOTSTRAP)?\b|rust-toolchain|nightly|static\.rust-lang\.org"
    r"|cargo[ \t]+(?:\+|generate-lockfile)|(?:\b(?:cp|mv|rm|sed|tee|truncate)\b|>)[^\n]*Cargo(?:\.|\*)|/\.?cargo/bin|/\.?rustup\b"
)
"""Words of another version of Rust, and of a change of what asks for one."""


class OldRust(NamedTuple):
    """A command that stops the build."""

    command: KnownCommand
    need: RustNeed
    """What it refuses."""
    version: tuple[int, int]
    """The oldest version that accepts the whole project, as minor and patch."""


def stopped_by_old_rust(stage: Stage) -> OldRust | None:
    """The first command of Cargo of a stage that refuses its project; None if it may accept it, or never runs."""
    image = _IMAGE.fullmatch(stage.image_name)
    if image is None or stage.build.workspace.rust_needs is None or may_have_another(stage, _OTHER_RUST):
        return None
    has = int(image["minor"]), int(image["patch"] or _ANY_PATCH)
    found = (_refusal(it, has) for run in stage.runs for it in run.known_commands if _reads_project(it))
    return next((it for it in found if it is not None), None)


def _reads_project(command: KnownCommand) -> bool:
    is_reading = (
        command.use.toolchain is RUST
        and command.name == "cargo"
        and not _READING.isdisjoint(command.syntax.arguments[:1])
    )
    return is_reading and not command.use.fetches_sources and not command.invocation.has_option(*_ELSEWHERE)


def _refusal(command: KnownCommand, has: tuple[int, int]) -> OldRust | None:
    """The refusal of a project by a version; None if one of the directories that may be the context has one that it accepts."""
    if not stops_build(command):
        return None
    refused: list[RustNeed] = []
    known: list[RustNeed] = []
    contexts = 0
    for name in _files(command):
        answers = [*_answers(command, name)]
        each = [
            [it for it in needs if it.version > has and _is_compared(it, path, command, has)] for path, needs in answers
        ]
        # A context may have the list of dependencies, which comes first, and no lock file.
        contexts = max(contexts, len(answers))
        refused += each[0] if each and all(each) and len(each) == contexts else ()
        known += answers[0][1] if answers else ()
    if not refused:
        return None
    return OldRust(command, max(refused, key=lambda it: it.version), max(it.version for it in known))


def _files(command: KnownCommand) -> Sequence[str]:
    """The paths of the Cargo.toml and the Cargo.lock that a command reads, as seen from its directory; none if they are unknown."""
    invocation = command.invocation
    is_install = command.syntax.arguments[:1] == ("install",)
    option = invocation.argument("--path" if is_install else "--manifest-path")
    directory = ""
    if option is not None:
        if option.value is None:
            return ()
        directory = option.value if is_install else posixpath.dirname(option.value)
    lists = (posixpath.join(directory, it) for it in ("Cargo.toml", "Cargo.lock"))
    # Without `--locked`, an installation does not read the lock file.
    return (*lists,)[: 1 if is_install and not invocation.has_option("--frozen", "--locked") else 2]


def _answers(command: KnownCommand, name: str) -> Iterator[tuple[str, tuple[RustNeed, ...]]]:
    """Yield the files that a command may read by a name, with what each asks for, for each directory that may be the build context."""
    workspace = command.run.build.workspace
    find, ignored = workspace.rust_needs, workspace.ignored
    if find is None:
        return
    # The directory after `cd` comes first.
    for directory in command.invocation.directories[:1]:
        for path, _base in context_paths(command, name, directory):
            if ignored is None or not ignored.excludes(path):
                yield from ((path, needs) for needs in find(path))


def _is_compared(need: RustNeed, path: str, command: KnownCommand, has: tuple[int, int]) -> bool:
    """True if a command that reads the file at a path compares a need with its version: it reads each manifest, and `rust-version` of what it compiles."""
    ignored = command.run.build.workspace.ignored
    if not is_copied(command.run, need.path) or (ignored is not None and ignored.excludes(need.path)):
        return False
    if need.asking is not RustAsking.COMPILER:
        return True
    invocation, (subcommand, *_arguments) = command.invocation, command.syntax.arguments
    if has[0] < _FIRST_COMPARING or subcommand not in _COMPILING or invocation.has_option("--ignore-rust-version"):
        return False
    chosen = [it.value for name in ("-p", "--package") for it in invocation.arguments(name)]
    if chosen or invocation.has_option("--exclude"):
        return chosen == [need.package]
    is_own = need.path == path
    return is_own or not (subcommand in ("r", "run") or invocation.has_option(*_CHOOSING))
