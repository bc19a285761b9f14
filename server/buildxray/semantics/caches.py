"""The cache mounts of a build, and the steps that share their content.

A cache is identified by its id alone: BuildKit gives the same directory to all steps that name it,
on any platform (solver/llbsolver/mounts/mount.go, getRefCacheDir).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from buildxray.plan.mounts import MountError, parse_mount
from buildxray.plan.paths import clean
from buildxray.plan.scope import Scope
from buildxray.platforms.platform import Platform, normalize
from buildxray.semantics.stage_graph import StageGraph
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Flag, Run
from buildxray.syntax.lexer import ExpansionError
from buildxray.syntax.mounts import MountSyntaxError


class CacheMount(NamedTuple):
    """A cache as one target platform mounts it."""

    instruction: int
    flag: Flag
    id: str
    target: str
    """The absolute, clean path."""
    sharing: str
    platform: Platform
    """The platform that the step runs on."""
    machine: object
    """The machine that holds the cache; each machine has its own cache for an id."""


def cache_mounts(graph: StageGraph) -> Iterator[CacheMount]:
    """The cache mounts of all steps of a build, without those that BuildKit refuses."""
    for idx, instruction in enumerate(graph.plan.dockerfile.instructions):
        node = instruction.node
        for flag in node.mounts if isinstance(node, Run) else ():
            for machine, scope in graph.scopes_by_machine(idx):
                mount = _cache_mount(graph, idx, flag, scope, machine)
                if mount is not None:
                    yield mount


def _cache_mount(graph: StageGraph, idx: int, flag: Flag, scope: Scope, machine: object) -> CacheMount | None:
    def expander(text: str) -> str:
        return expand_text(text, graph.plan.dockerfile.escape, scope.environment.get)

    try:
        mount = parse_mount(flag, expander)
    except (MountError, MountSyntaxError, ExpansionError):
        return None
    if mount.type != "cache":
        return None
    target = clean(posixpath.join("/", scope.directory, mount.target))
    name = mount.id or clean(mount.target)
    return CacheMount(idx, flag, name, target, mount.sharing or "shared", normalize(scope.platform), machine)
