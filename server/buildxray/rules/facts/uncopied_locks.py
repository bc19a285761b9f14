"""Lock files that a command in a RUN cannot do without, and that no COPY takes, although one takes the list of dependencies by its name."""

from __future__ import annotations

import posixpath
from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import instructions_before, path_in_context, sources_of
from buildxray.semantics.build import Build, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.manifest_changes import may_change_manifests, may_name
from buildxray.syntax.instructions import Add, Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.node import NODE
from buildxray.toolchains.scripting import SCRIPTING


class UncopiedLock(NamedTuple):
    """A command that stops, because it needs a lock file that no COPY takes."""

    command: KnownCommand
    name: str
    """The name of the lock file."""


def may_need_locks(build: Build) -> bool:
    """True if a command of a build may need a lock file; it is quick."""
    return not build.subjects.isdisjoint(_SUBJECTS)


def uncopied_lock(stage: Stage) -> UncopiedLock | None:
    """The first command of a stage that installs by a lock file alone, of a project whose list is copied by its name and whose lock file is not.

    Source: docs.npmjs.com, "npm ci"; pnpm.io, "pnpm install", `--frozen-lockfile`; docs.astral.sh/uv, "uv sync", `--frozen` and `--locked`.
    """
    if _PLAIN_IMAGE.match(stage.image_name) is None or stage.is_on_unread_image:
        return None
    for command in (it for run in stage.runs for it in run.known_commands):
        lock = _lock_of(command) if command.name in _BY_LOCK else None
        if lock is not None and _surely_lacks(command, lock):
            return UncopiedLock(command, lock.names[0])
    return None


_SUBJECTS: Final = frozenset({NODE.name, SCRIPTING.name})
_BY_LOCK: Final = frozenset({"npm", "pnpm", "uv"})


class _Lock(NamedTuple):
    list_: str
    """The list of dependencies that it is for."""
    names: tuple[str, ...]
    """The names that the program looks for."""


_PLAIN_IMAGE: Final = lazy_regex(r"(?:docker\.io|public\.ecr\.aws/docker)/library/|ghcr\.io/astral-sh/")
"""Images without files of a project."""
_LOCK_OF_NPM: Final = _Lock("package.json", ("package-lock.json", "npm-shrinkwrap.json"))
_LOCK_OF_PNPM: Final = _Lock("package.json", ("pnpm-lock.yaml",))
_LOCK_OF_UV: Final = _Lock("pyproject.toml", ("uv.lock",))


def _lock_of(command: KnownCommand) -> _Lock | None:
    """The lock file without which a command fails; None for another command."""
    invocation, words = command.invocation, command.invocation.operand_texts
    match command.name:
        case "npm" if words == ["ci"] and not invocation.has_option("-g", "--global", "--prefix"):
            return _LOCK_OF_NPM
        case "pnpm" if words[:1] in (["i"], ["install"]) and "--frozen-lockfile" in command.syntax.arguments:
            return None if invocation.has_option("-C", "--dir", "--no-lockfile") else _LOCK_OF_PNPM
        case "uv" if words[:1] == ["sync"] and invocation.has_option("--frozen", "--locked"):
            return None if invocation.has_option("--directory", "--project", "--script") else _LOCK_OF_UV
        case _:
            return None


def _surely_lacks(command: KnownCommand, lock: _Lock) -> bool:
    """True if the directory of a command has the list of dependencies, and surely no lock file, neither there nor above."""
    run, directories = command.run, command.invocation.directories
    text = run.node.whole_text
    if len(directories) != 1 or run.mounts or "||" in text or not all(map(command.is_certain, command.targets)):
        return False
    directory = clean(directories[0])
    before = instructions_before(run)
    copies = [it for it in before if isinstance(it.node, Copying)]
    if any(isinstance(it.node, Add) for it in copies) or not any(_brings(it, lock.list_, directory) for it in copies):
        return False
    if any(_may_bring_lock(it, lock, directory) for it in copies):
        return False
    runs = [it for it in (*before, run) if isinstance(it, Run)]
    earlier = (it for one in runs for it in one.commands if one is not run or it.range.start < command.range.start)
    return not any(one.script.has_errors or one.node.heredocs for one in runs) and not any(
        may_change_manifests(it.invocation, it.use, command.use.toolchain, lock.names, (directory,)) for it in earlier
    )


def _brings(copy: Instruction, name: str, directory: str) -> bool:
    """True if a COPY takes a file by its name from the build context to a directory."""
    is_named = any(posixpath.basename(it.text) == name for it in sources_of(copy))
    is_there = {*copy.destinations} <= {directory, posixpath.join(directory, name)}
    return is_named and bool(copy.destinations) and is_there and copy.node.flag("from") is None


def _may_bring_lock(copy: Instruction, lock: _Lock, directory: str) -> bool:
    """True unless a COPY surely brings no lock file to a directory or one above it."""
    known = copy.build.workspace.holds
    is_near = not copy.destinations or any("$" in it or holds(it, directory) for it in copy.destinations)
    for source in sources_of(copy):
        name = posixpath.basename(source.text)
        if "$" in source.text or any(
            may_name(name, it) or posixpath.basename(path) == it for it in lock.names for path in copy.destinations
        ):
            return True
        is_file = "." in name.strip(".") and not source.text.endswith("/")
        if not is_near or (
            is_file and copy.node.flag("from") is None and (known is None or not known(f"{path_in_context(source)}/"))
        ):
            continue
        # A directory with everything in it, to where the command works or above: another checkout may have the lock file beside the list.
        path, names = path_in_context(source), (*lock.names, lock.list_)
        below = [posixpath.relpath(directory, it) for it in copy.destinations if holds(it, directory)]
        paths = [f"{path}/{it}" for it in names] + [f"{path}/{it}/{one}" for it in below for one in names]
        if path == ".":
            return True
        if known is None or copy.node.flag("from") is not None or any(known(posixpath.normpath(it)) for it in paths):
            return True
    return False
