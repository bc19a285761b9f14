"""The files of a stage that reach the image through COPY, mounts and FROM.

Paths are absolute and clean. One that ends in a slash means a file of unknown name in that directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.files.globs import match_text
from buildxray.plan.paths import clean, holds
from buildxray.plan.scope import Scope
from buildxray.semantics.path_index import PathIndex
from buildxray.semantics.stage_graph import Consumer, StageGraph
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Copy, From, Node, Run, Token
from buildxray.syntax.lexer import ExpansionError
from buildxray.syntax.mounts import MountSyntaxError, mount_values

__all__ = ["clean", "copied_files", "copied_paths", "holds", "is_covered", "moved", "way_into_image"]

_ANYTHING: Final = "/"


def way_into_image(graph: StageGraph, stage: int, path: str) -> Consumer | None:
    """The instruction that first copies a file out of a stage towards the image; None if none does.

    The use of a mounted file in a RUN is unknown. The RUN is presumed to execute it on the build machine, and to
    copy it elsewhere.
    """
    key = stage, path
    if key not in graph.ways_into_image:
        graph.ways_into_image[key] = _way_into_image(graph, stage, path)
    return graph.ways_into_image[key]


def _way_into_image(graph: StageGraph, stage: int, path: str) -> Consumer | None:
    for consumer in _takers(graph, stage, path):
        if any(_arrives(graph, (consumer.stage, it)) for it in _taken_to(graph, consumer, path)):
            return consumer
    return None


_File = tuple[int, str]
"""A stage, and a path in it."""
_LEAST_FILES: Final = 500
_FILES_PER_STAGE: Final = 10
"""With `_LEAST_FILES`, the most files that are followed: each stage may copy one to several paths, which doubles their number in the next."""


def _arrives(graph: StageGraph, file: _File) -> bool:
    """True if a file reaches the image. Effect: remember that for each file that is looked at."""
    opened: list[tuple[_File, Iterator[_File]]] = []
    result = _known(graph, file)
    if result is None:
        opened.append((file, _copies(graph, file)))
    while opened:
        last, copies = opened[-1]
        result = False
        for it in copies:
            result = _known(graph, it)
            if result is None:
                opened.append((it, _copies(graph, it)))
                break
            if result:
                graph.arrivals.update((one, True) for one, _rest in opened)
                return True
        if result is False:
            graph.arrivals[last] = False
            opened.pop()
    return bool(result)


def _known(graph: StageGraph, file: _File) -> bool | None:
    """The remembered result for a file; None for a new one. Effect: a new file does not arrive until it is found to, which ends circles."""
    if file[0] in graph.image_stages:
        return True
    known = graph.arrivals.get(file)
    if known is None and len(graph.arrivals) > _LEAST_FILES + _FILES_PER_STAGE * len(graph.plan.stages):
        return False
    if known is None:
        graph.arrivals[file] = False
    return known


def _copies(graph: StageGraph, file: _File) -> Iterator[_File]:
    """Yield the files in other stages that are copied from a file."""
    stage, path = file
    return ((it.stage, to) for it in _takers(graph, stage, path) for to in _taken_to(graph, it, path))


def copied_files(graph: StageGraph, consumer: Consumer) -> tuple[tuple[Token, str], ...]:
    """The sources of a COPY from a stage with their paths, for all targets together; empty for a mount or a FROM."""
    node = graph.plan.node(consumer.instruction)
    if not isinstance(node, Copy):
        return ()
    scopes = graph.scopes(consumer.instruction)
    files = ((token, _path(graph, token, scope, "/")) for token in node.sources for scope in scopes)
    return tuple(dict.fromkeys((token, path) for token, path in files if path is not None))


def copied_paths(graph: StageGraph, consumer: Consumer) -> tuple[str, ...]:
    """The paths without their sources."""
    return tuple(dict.fromkeys(path for _, path in copied_files(graph, consumer)))


def _takers(graph: StageGraph, stage: int, path: str) -> Iterator[Consumer]:
    """The instructions that use files of a stage and may take the file at a path."""
    consumers = graph.consumers[stage]
    if stage not in graph.takers:
        graph.takers[stage] = index = PathIndex()
        for position, consumer in enumerate(consumers):
            index.add(position, _sources(graph, consumer))
    return (consumers[it] for it in graph.takers[stage].concerning(path))


def _sources(graph: StageGraph, consumer: Consumer) -> list[str] | None:
    """The paths that a COPY takes from a stage; None for a mount and a FROM, which may take any."""
    if not isinstance(graph.plan.node(consumer.instruction), Copy):
        return None
    return [it.rstrip("/") or "/" for it in copied_paths(graph, consumer)]


def _taken_to(graph: StageGraph, consumer: Consumer, path: str) -> Iterator[str]:
    """The paths to which a consumer copies a file; empty if it does not take the file."""
    node = graph.plan.node(consumer.instruction)
    if isinstance(node, From):
        yield path
    elif isinstance(node, Copy):
        for scope in graph.scopes(consumer.instruction):
            destination = None if node.destination is None else _path(graph, node.destination, scope, scope.directory)
            for token in node.sources:
                source = _path(graph, token, scope, "/")
                if source is not None and destination is not None and is_covered(source, path):
                    yield moved(path, source, destination)
    elif consumer.stage not in graph.native_stages and _is_mounted(node, path):
        yield _ANYTHING


def _is_mounted(node: Node, path: str) -> bool:
    """True if one of the mounts of stages or images of a RUN may contain a file."""
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            options = mount_values(flag)
        except MountSyntaxError:
            return True
        source = options.get("source") or options.get("src") or "/"
        if "from" in options and ("$" in source or is_covered(clean(f"/{source}"), path)):
            return True
    return False


def _path(graph: StageGraph, token: Token, scope: Scope, directory: str) -> str | None:
    try:
        text = expand_text(token.text, graph.plan.dockerfile.escape, scope.environment.get)
    except ExpansionError:
        return None
    return clean(posixpath.join(directory, text)) + ("/" if text.endswith("/") and text.strip("/") else "")


def is_covered(source: str, path: str) -> bool:
    """True if copying `source` also copies `path`."""
    source = source.rstrip("/") or "/"
    if path == _ANYTHING:
        return True
    if path.endswith("/"):
        directory = path.rstrip("/") or "/"
        if posixpath.dirname(source) == directory:
            # A binary rarely has a suffix, and other files beside it usually have one.
            return "." not in posixpath.basename(source)
        path = directory
    elif _is_inside(source, path):
        return True
    while not match_text(path, source):
        parent = posixpath.dirname(path)
        if parent == path:
            return False
        path = parent
    return True


def _is_inside(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def moved(path: str, source: str, destination: str) -> str:
    """The new location of `path` after `source`, or a parent of it, is copied to `destination`; inside it if it ends with a slash."""
    source = source.rstrip("/")
    if path == source:
        is_directory = destination.endswith("/")
        return posixpath.join(destination, posixpath.basename(path)) if is_directory else destination
    if _is_inside(path, source):
        return posixpath.join(destination.rstrip("/") or "/", path[len(source) + 1 :])
    return destination.rstrip("/") + "/"
