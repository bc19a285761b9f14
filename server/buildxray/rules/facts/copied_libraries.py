"""C libraries that COPY and ADD bring into an image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.syntax.instructions import Add, Copy, Copying
from buildxray.syntax.lazy_regex import lazy_regex

_DIRECTORIES: Final = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64")
_WITHOUT_LIBRARIES: Final = lazy_regex(
    r"/(?:os-release|ssl|tzdata|python[\d.]*|node_modules|sysimage|systemd|locale|terminfo)(?:/|$)"
)
_OTHER_LIBRARY: Final = lazy_regex(r"\.so(?:\.[\d.]+)?$")
_OF_C: Final = lazy_regex(r"^(?:ld[-.]|ld\d*[-.]|libc[-.]|libc\.musl)|[*?\[]")
"""File names of the loader and of the C library, and patterns that may include them. Source: ld.so(8)."""
_ARCHIVE: Final = lazy_regex(r"\.(?:tar|tgz|tbz2?|txz|tzst)(?:\.\w+)?$|\.t?ar\.\w+$|[*?\[$]")
_DEEPEST: Final = 8
"""Directories of a path that are compared."""
_MOVING: Final = frozenset({"cp", "install", "mv"})
_FILLING: Final = frozenset({"cpio", "dpkg", "dpkg-deb", "rsync", "tar", "xargs"})
_LIBRARY: Final = lazy_regex(r"\blib|\bld-|\bldd|\$")


def may_have_libraries(image: Stage) -> bool:
    """True if a COPY or ADD of a stage or its ancestors may bring a C library that is not of their base image.

    It copies the root directory of a stage or image, directories of libraries or the loader; a directory that a package manager or an
    unknown program has filled; or ADD unpacks an archive.
    """
    filled: dict[Stage, frozenset[str]] = {}
    return any(_may_bring(it, filled) for stage in image.ancestry for it in stage.instructions)


def _may_bring(instruction: Instruction, filled: dict[Stage, frozenset[str]]) -> bool:
    node = instruction.node
    if isinstance(node, Add):
        return any(_ARCHIVE.search(it.text) for it in node.sources)
    if not isinstance(node, Copy) or node.source_stage is None:
        return False
    paths = [it.rstrip("/") or "/" for it in instruction.copied_paths]
    if any(map(_has_libraries, paths)):
        return True
    stage = next(map(instruction.stage_named, instruction.sources_named), None)
    if stage is None or not _is_to_root(instruction, node):
        return False
    if stage not in filled:
        filled[stage] = _filled_directories(stage)
    return not filled[stage].isdisjoint(paths)


def _has_libraries(path: str) -> bool:
    """True if a path of a whole image may be or contain a C library."""
    if any(holds(path, it) for it in _DIRECTORIES):
        return True
    if not any(holds(it, path) for it in _DIRECTORIES) or _WITHOUT_LIBRARIES.search(path):
        return False
    name = posixpath.basename(path)
    return _OF_C.search(name) is not None or _OTHER_LIBRARY.search(name) is None


def _is_to_root(instruction: Instruction, node: Copying) -> bool:
    """True if an instruction copies into the root directory of its image."""
    texts = () if node.destination is None else instruction.expanded(node.destination.text)
    return any(
        clean(posixpath.join(directory, text)) == "/"
        for text in texts
        for directory in instruction.directories
        if text is not None
    )


def _filled_directories(stage: Stage) -> frozenset[str]:
    """The directories in which a command of a stage may install a whole system, or to which it may copy libraries."""
    commands = (it for one in stage.ancestry for run in one.runs for it in run.commands)
    return frozenset(path for it in commands if _may_fill(it) for path in _directories(it))


def _may_fill(command: Command) -> bool:
    if not isinstance(command, KnownCommand):
        return True
    if command.name in _MOVING:
        return any(_LIBRARY.search(it) for it in command.syntax.arguments)
    return command.name in _FILLING or command.use.effect in (Effect.INSTALL, Effect.UNKNOWN, Effect.EXECUTE)


def _directories(command: Command) -> Iterator[str]:
    """The paths that a command names or works in, with those that contain them."""
    words = (value for it in command.syntax.words[1:] for value in command.invocation.evaluate(it) if value)
    named = (it[it.find("/") :] for it in words if "/" in it)
    for path in (*command.invocation.directories, *named):
        parts = clean(path).split("/")[1 : _DEEPEST + 1]
        yield from map("/".join, (("", *parts[:n]) for n in range(1, len(parts) + 1)))
