"""Separate the targets of a Bake or Compose build, whose steps share one log."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from buildxray.logs.model import LoggedBuild, LoggedVertex
from buildxray.logs.names import VertexName, read_name
from buildxray.syntax.lazy_regex import lazy_regex

_OWN: Final = lazy_regex(r"\[([^\[\] ]{1,200})\] ")


def separated(build: LoggedBuild) -> tuple[LoggedBuild, ...]:
    """One build for each target; without targets, the build itself.

    A step that several targets share has the name of the one that reported last. So each target receives all steps
    that do not certainly belong to others only, and the plan decides.
    """
    names = [read_name(it.name) for it in build.vertices]
    targets = _targets(names)
    if len(targets) < 2:
        return (build,)
    return tuple(
        replace(
            build,
            name=target,
            vertices=tuple(
                _without_target(vertex, name, targets)
                for vertex, name in zip(build.vertices, names, strict=True)
                if _owner(name, targets) in ("", target)
            ),
            others=tuple(
                _without_target(vertex, name, targets)
                for vertex, name in zip(build.vertices, names, strict=True)
                if _owner(name, targets) not in ("", target)
            ),
        )
        for target in targets
    )


def _targets(names: list[VertexName]) -> dict[str, None]:
    """The targets that names begin with: the word before a platform, before `internal`, or the first of two."""
    targets: dict[str, None] = {}
    for it in names:
        if not it.words:
            continue
        if it.platform or it.kind or (it.is_step and len(it.words) > 1):
            targets[it.words[0]] = None
    return targets


def _owner(name: VertexName, targets: dict[str, None]) -> str:
    own = _OWN.match(name.text) if not name.words else None
    if own is not None and own[1] in targets:
        # Names without their own bracket: `[app] FROM docker.io/library/alpine`, `[app] exporting to image`.
        return own[1]
    if not name.words or name.words[0] not in targets:
        return ""
    return name.words[0]


def _without_target(vertex: LoggedVertex, name: VertexName, targets: dict[str, None]) -> LoggedVertex:
    owner = _owner(name, targets)
    if not owner:
        return vertex
    return replace(vertex, name=vertex.name.removeprefix(f"[{owner}] ").replace(f"[{owner} ", "[", 1))
