"""Lists of dependencies that pip reads in a RUN, that COPY would bring with their directory, and that the build context lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.dependency_lists import required_lists
from buildxray.semantics.build import Build, KnownCommand, Run
from buildxray.syntax.instructions import Add
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Absence


class LackedList(NamedTuple):
    """A command that stops, because the list that it reads is not there."""

    command: KnownCommand
    path: str
    """The path in the build context."""
    absence: Absence


def lacked_lists(build: Build) -> Iterator[LackedList]:
    """Yield the commands of pip that surely stop, because no build context has the list that they read, and nothing in the file may write it."""
    find, known = build.workspace.absence, build.workspace.holds
    if find is None or known is None:
        return
    for command in (it for stage in build.needed_stages for run in stage.runs for it in run.known_commands):
        lists = required_lists(command)
        if not command.use.title.startswith(_PIP) or len(lists) != 1 or len(command.invocation.directories) != 1:
            continue
        (name,), (directory,) = lists, command.invocation.directories
        paths = [path for path, _base in context_paths(command, name, directory)]
        if set(name) & set("$*?[") or not paths or _may_be_written(command, posixpath.basename(name)):
            continue
        if len(paths) > 1 or known(paths[0]):
            continue
        absence = find(paths[0])
        if absence in {Absence.IGNORED, Absence.MISSING}:
            yield LackedList(command, paths[0], absence)


_PIP: Final = ("pip install", "pip3 install")


def _may_be_written(command: KnownCommand, name: str) -> bool:
    """True if another instruction, or another part of the same RUN, has a name in its text, if a command before it may write any file, or if it may fail."""
    stage, text = command.run.stage, command.run.node.whole_text
    if stage is None or "||" in text or text.count(name) != 1 or not all(map(command.is_certain, command.targets)):
        return True
    others = [it for one in stage.ancestry for it in one.instructions if it.idx < command.run.idx]
    brings = any(isinstance(it.node, Add) or (isinstance(it, Run) and _BRINGING.search(it.written)) for it in others)
    return brings or _BRINGING.search(text) is not None or any(name in it.written for it in others)


_BRINGING: Final = lazy_regex(r"(?<![\w-])(?:checkout|clone|cp|curl|git|ln|mv|poetry|rsync|tar|unzip|uv|wget)(?![\w-])")
"""Programs that may bring files of unknown names."""
