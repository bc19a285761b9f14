"""Lists of dependencies that a command reads in a RUN, that COPY would bring with their directory, and that the build context lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import context_paths, instructions_before
from buildxray.rules.facts.dependency_lists import required_lists
from buildxray.semantics.build import Build, Command, Effect, Instruction, KnownCommand, Run
from buildxray.semantics.file_flow import holds
from buildxray.syntax.instructions import Add, Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Absence


class LackedList(NamedTuple):
    """A command that stops, because the list that it reads is not there."""

    command: KnownCommand
    path: str
    """The path in the build context."""
    absence: Absence


def lacked_lists(build: Build) -> Iterator[LackedList]:
    """Yield the commands that surely stop, because no build context has the list that they read, and nothing in the file may write it."""
    for command in (it for stage in build.needed_stages for run in stage.runs for it in run.known_commands):
        if command.use.title.startswith(_PIP):
            yield from _of_pip(command)
        elif _READING.fullmatch(command.use.title) is not None and command.use.manifests:
            yield from _of_project(command)


_PIP: Final = ("pip install", "pip3 install")
_STOPPING: Final = {Absence.BELOW, Absence.IGNORED, Absence.IN_ROOT, Absence.MISSING, Absence.UNMADE}


def _of_pip(command: KnownCommand) -> Iterator[LackedList]:
    """The list that pip reads by its name, if it is not there."""
    find, known = command.run.build.workspace.absence, command.run.build.workspace.holds
    lists = required_lists(command)
    if find is None or known is None or len(lists) != 1 or len(command.invocation.directories) != 1:
        return
    (name,), (directory,) = lists, command.invocation.directories
    paths = [path for path, _base in context_paths(command, name, directory)]
    if set(name) & set("$*?[") or len(paths) != 1 or known(paths[0]):
        return
    absence = find(paths[0])
    if absence in _STOPPING and not _may_be_written(command, posixpath.basename(name)):
        yield LackedList(command, paths[0], absence)


def _may_be_written(command: KnownCommand, name: str) -> bool:
    """True if another instruction, or another part of the same RUN, has a name in its text, if a command before it may write any file, or if it may fail."""
    return command.run.node.whole_text.count(name) != 1 or _may_be_brought(command, name, _BRINGING.search)


def _may_be_brought(command: KnownCommand, name: str, find: Callable[[str], object]) -> bool:
    """True if an instruction before a command, or its RUN, has a name in its text or a program that `find` finds, or if the command may fail."""
    stage, text = command.run.stage, command.run.node.whole_text
    if stage is None or "||" in text or not all(map(command.is_certain, command.targets)):
        return True
    others = [it for one in stage.ancestry for it in one.instructions if it.idx < command.run.idx]
    brings = any(isinstance(it.node, Add) or (isinstance(it, Run) and find(it.written)) for it in others)
    return brings or find(text) is not None or any(name in it.written for it in others)


_BRINGING: Final = lazy_regex(r"(?<![\w-])(?:checkout|clone|cp|curl|git|ln|mv|poetry|rsync|tar|unzip|uv|wget)(?![\w-])")
"""Programs that may bring files of unknown names."""


# The list of the project


_READING: Final = lazy_regex(
    r"bundle install|cargo fetch|composer install|go mod download|mix deps\.get|npm (?:ci|clean-install)|pnpm (?:i|install)|poetry install|uv sync"
    r"|mvnw? (?:(?:clean|compile|deploy|install|package|test|verify)|dependency:(?:go-offline|resolve))"
)
"""Commands that stop without the list of the project. Source: the manuals of these programs; npm, pnpm and Bundler look in the directories above too."""
_LOCKS_OF_NPM: Final = ("package-lock.json", "npm-shrinkwrap.json")


def _of_project(command: KnownCommand) -> Iterator[LackedList]:
    """The list of the project that a command reads, or the lock file that `npm ci` reads, if it is not there.

    That is certain only where one build context is known, and if no command before it may write files of unknown names.
    """
    workspace, directories = command.run.build.workspace, command.invocation.directories
    find, known = workspace.absence, workspace.holds
    if find is None or known is None or not workspace.has_build or workspace.has_several_contexts:
        return
    manifest, directory = command.use.manifests[0], directories[0] if directories else ""
    path = _path_in_context(command, manifest, directory)
    if path is None or set(manifest) & set("$*?[") or _has_operands(command):
        return
    names = [posixpath.basename(manifest)]
    if known(path) and command.use.title.startswith("npm "):
        names = [*_LOCKS_OF_NPM]
        path = posixpath.join(posixpath.dirname(path), names[0])
    others = [posixpath.join(it, name) for it in _directories_above(posixpath.dirname(path)) for name in names]
    if any(map(known, others)) or any(_may_be_there(command, directory, it) for it in names):
        return
    absence = find(path)
    if absence in _STOPPING:
        yield LackedList(command, path, absence)


def _has_operands(command: KnownCommand) -> bool:
    """True for a command that names what it downloads: `go mod download example.com/a@v1`."""
    n_words = len(command.use.title.split()) - 1
    return not command.use.title.startswith("mvn") and len(command.invocation.operand_texts) > n_words


def _path_in_context(command: KnownCommand, manifest: str, directory: str) -> str | None:
    """The only path in the build context that a COPY of a directory brings to where a command looks for a list; None for several or none."""
    paths = dict.fromkeys(path for path, _base in context_paths(command, manifest, directory))
    return next(iter(paths)) if len(paths) == 1 else None


def _directories_above(directory: str) -> Iterator[str]:
    """Yield a directory of the build context and those above it."""
    while directory:
        yield directory
        directory = posixpath.dirname(directory)
    yield ""


def _may_be_there(command: KnownCommand, directory: str, name: str) -> bool:
    """True if the image may have a file without the build context: from its base, another stage, a mount, or a command before."""
    stage, text = command.run.stage, command.run.node.whole_text
    named = sum(name in it for it in command.syntax.arguments)
    if stage is None or not stage.is_on_official_image or "onbuild" in stage.image_name:
        return True
    before = instructions_before(command.run)
    return (
        text.count(name) != named
        or "type=bind" in text
        or _may_be_brought(command, name, _BRINGING_LISTS.search)
        or any(_brings_from_stage(it, directory) for it in before)
        or any(_may_write(it, command) for it in _commands_before(command, before))
    )


_BRINGING_LISTS: Final = lazy_regex(
    r"(?<![\w-])(?:checkout|clone|cp|curl|git|ln|mv|rsync|tar|unzip|wget|init|new|create\S*|generate|scaffold|startproject)(?![\w-])"
)


def _brings_from_stage(instruction: Instruction, directory: str) -> bool:
    """True if a COPY from a stage or an image may write into a directory, or into one above or below it."""
    node = instruction.node
    if not isinstance(node, Copy) or node.flag("from") is None:
        return False
    places = instruction.destinations
    return not places or any("$" in it or holds(it, directory) or holds(directory, it) for it in places)


def _commands_before(command: KnownCommand, before: Iterable[Instruction]) -> Iterator[Command]:
    """Yield the commands that have run before another one."""
    own = (it for it in command.run.commands if it.range.start < command.range.start)
    return chain((one for it in before if isinstance(it, Run) for one in it.commands), own)


def _may_write(before: Command, command: KnownCommand) -> bool:
    """True if a command may write the list of another one: it runs code, or is the same program with another purpose than its own settings."""
    if not isinstance(before, KnownCommand):
        return before.name not in _HARMLESS
    if before.use.effect not in _INSTALLING:
        return True
    is_own = before.name == command.name
    return is_own and _SETTING.isdisjoint(before.syntax.arguments) and before.use.title != command.use.title


_HARMLESS: Final = frozenset(
    {"corepack", "gem", "install-php-extensions", "locale-gen", "useradd", "adduser", "addgroup", "groupadd"}
)
_INSTALLING: Final = frozenset({Effect.FETCH, Effect.INSTALL, Effect.NEUTRAL})
_SETTING: Final = frozenset(
    {"--global", "--version", "-g", "-v", "cache", "config", "local.hex", "local.rebar", "self", "set", "version"}
)
"""Words of commands that write no list of a project."""
