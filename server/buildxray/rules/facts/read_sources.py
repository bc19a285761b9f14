"""The commands of a RUN that read files which a COPY brings, and so have to come after it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from buildxray.rules.facts.context_files import path_in_context, sources_of
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand
from buildxray.semantics.file_flow import clean, holds
from buildxray.syntax.shell import ShellWord

_READING: Final = frozenset({Effect.BUNDLE, Effect.COMPILE, Effect.EXECUTE, Effect.UNKNOWN})
"""Effects of commands that read the sources of a project without naming them."""


def later_readers(command: KnownCommand, copies: Iterable[Instruction]) -> list[Command]:
    """The commands after a download in its RUN that may read the sources of a project, or that name what some COPY instructions bring."""
    return [it for it in _readers(command, copies) if it.syntax.range.start > command.syntax.range.start]


def reads_earlier(command: KnownCommand, copies: Iterable[Instruction]) -> bool:
    """True if a command before a download in its RUN may read what some COPY instructions bring: the order of the two may have a reason."""
    return any(it.syntax.range.start < command.syntax.range.start for it in _readers(command, copies))


def _readers(command: KnownCommand, copies: Iterable[Instruction]) -> list[Command]:
    copies = [*copies]
    return [
        it
        for it in command.run.commands
        if it.syntax.range != command.syntax.range
        and (it.use is None or it.use.effect in _READING or any(_reads(it, one, command) for one in copies))
    ]


def names_other_file_of(command: KnownCommand, copy: Instruction, lists: Collection[str]) -> bool:
    """True if a word after the title of a download names something in the build context that a COPY brings, other than its lists of dependencies and their directories."""
    known = copy.build.workspace.holds
    if known is None:
        return False
    own = {*map(clean, (*command.run.directories, *command.invocation.directories))}
    own |= _lists_of(command)
    title = command.use.title.split()
    for path in _paths_named(command, [it for it in command.syntax.words[1:] if it.text not in title]):
        named = (one for it in _places(copy) if path not in own for one in _brought(copy, it, path))
        if any(not any(holds(it, one) for one in lists) for it in named):
            return True
    return False


def _reads(command: Command, copy: Instruction, download: KnownCommand) -> bool:
    """True if a command installs what another list among some sources names, or if it names what a COPY brings or works on a directory above."""
    lists = _lists_of(download)
    named = [it for it in _paths_named(command, command.syntax.words[1:]) if it not in lists]
    if command.syntax.changes_directory:
        # The directory in which the other one works is there without the sources.
        own = {*map(clean, (*download.run.directories, *download.invocation.directories))}
        named = [it for it in named if it not in own]
    elif isinstance(command, KnownCommand) and command.use.manifests and lists.isdisjoint(_lists_of(command)):
        named += map(clean, command.invocation.directories[:1])
    is_recursive = command.name in _RECURSIVE
    places = [*_places(copy)]
    if any(it == place or (is_recursive and holds(it, place)) for it in named for place in places):
        return True
    known = copy.build.workspace.holds
    inside = [(it, place) for it in named for place in places if it != place and holds(place, it)]
    return bool(inside) if known is None else any(_brought(copy, place, it) for it, place in inside)


def _lists_of(command: KnownCommand) -> set[str]:
    """The absolute paths at which a command may look for its lists of dependencies."""
    return {clean(posixpath.join(it, one)) for it in command.invocation.directories for one in command.use.manifests}


def _brought(copy: Instruction, place: str, path: str) -> list[str]:
    """The files and directories of the known build context that a COPY to a directory brings to a path below it."""
    known = copy.build.workspace.holds
    if known is None or path == place or not holds(place, path):
        return []
    below = posixpath.relpath(path, place)
    paths = (posixpath.normpath(f"{path_in_context(it)}/{below}") for it in sources_of(copy))
    return [it for it in paths if known(it) or known(f"{it}/")]


_RECURSIVE: Final = frozenset(
    {
        "chgrp",
        "chmod",
        "chown",
        "cp",
        "du",
        "find",
        "grep",
        "ln",
        "mv",
        "pip",
        "pip3",
        "rm",
        "rsync",
        "tar",
        "uv",
        "zip",
    }
)
"""Programs that work on all files below a directory that they are given."""


def _paths_named(command: Command, words: Iterable[ShellWord]) -> Iterator[str]:
    """The absolute paths that words of a command may mean, the values of options included; without extras of a package."""
    for word in words:
        option, _equals, value = word.text.partition("=")
        if option.startswith("-") and not value:
            continue
        named = word.after(f"{option}=") if option.startswith("-") else word
        for path in command.invocation.paths(named):
            yield clean(path.partition("[")[0])


def _places(copy: Instruction) -> Iterator[str]:
    """The absolute paths of the files or directories that a COPY writes, as far as they are known."""
    known = copy.build.workspace.holds
    for destination in copy.known_destinations or copy.destinations:
        for path in map(path_in_context, sources_of(copy)):
            name = posixpath.basename(path)
            is_file = known is not None and known(path) and not known(f"{path}/")
            yield clean(posixpath.join(destination, name)) if is_file or "*" in name else destination
