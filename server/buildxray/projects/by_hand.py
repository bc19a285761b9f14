"""Builds whose emulation nobody waits for: those that people run by hand while workflows build the published images, and those from a cache."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.platforms.machines import AMD64
from buildxray.platforms.platform import can_run
from buildxray.projects.builds import DeclaredBuild


def nobody_waits(build: DeclaredBuild, declared: Iterable[DeclaredBuild]) -> bool:
    """True if the emulation of a build is of no concern: people run it by hand while jobs build the images, or its steps come from a cache."""
    declared = [*declared]
    return _is_by_hand(build, declared) or comes_from_cache(build, declared)


def _is_by_hand(build: DeclaredBuild, declared: Iterable[DeclaredBuild]) -> bool:
    """True if a script, a Makefile or a Bake file declares a build, while workflows build its platforms on native machines.

    That is so if one build of a workflow uses several machines; if its jobs build one platform each on unknown
    machines; or if some use machines of other architectures, none emulates, and together they build all
    platforms of the build. If a job starts the same command for other platforms, those that a machine for amd64 can run
    do not count.
    """
    builds = [it for it in declared if is_of_workflow(it) or it.is_automated]
    if build in builds:
        return False
    if any(it.is_separate and "nodes" in it.unknown and {*build.platforms} <= {*it.platforms} for it in builds):
        return True
    if any(len(it.nodes) > 1 and len(it.nodes) == len(it.platforms) and not it.is_emulated for it in builds):
        return True
    is_started = any((it.source, it.line) == (build.source, build.line) for it in builds)
    needed = {it for it in build.platforms if not (is_started and can_run(AMD64, it))}
    is_covered = needed <= {platform for it in builds for platform in it.platforms}
    return is_covered and any(map(_has_own_machine, builds)) and not any(it.is_emulated for it in builds)


def comes_from_cache(build: DeclaredBuild, declared: Iterable[DeclaredBuild]) -> bool:
    """True if other jobs of its workflow build all emulated platforms of a build on machines of their own, and export the cache that it may read."""
    emulated = {platform for platform, machine in build.nodes if not can_run(machine, platform)}
    if not emulated or "from" not in build.caches or build.ignores_cache:
        return False
    others = (
        it
        for it in declared
        if "to" in it.caches and (it.source, it.dockerfile, it.target) == (build.source, build.dockerfile, build.target)
    )
    native = {platform for it in others for platform, machine in it.nodes if can_run(machine, platform)}
    return emulated <= native


def is_of_workflow(build: DeclaredBuild) -> bool:
    """True if a step of a workflow declares a build itself, and calls no script for it."""
    return build.source.suffix in {".yml", ".yaml"} and build.source.parent.name == "workflows"


def _has_own_machine(build: DeclaredBuild) -> bool:
    """True if a machine of an architecture other than the common amd64 builds for its own platform."""
    return any(machine.architecture != AMD64.architecture and can_run(machine, it) for it, machine in build.nodes)
