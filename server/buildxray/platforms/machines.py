"""Assign target platforms to the machines of a builder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from buildxray.platforms.platform import Platform

AMD64: Final = Platform("linux", "amd64")
ARM64: Final = Platform("linux", "arm64")
_RUN_BY: Final = {"386": "amd64", "arm": "arm64"}
"""Architectures whose programs also run on processors of others."""


class Machines(NamedTuple):
    """The machines of a builder."""

    own: Platform | None = None
    """The platform of the first machine; None if it is unknown."""
    others: tuple[Platform, ...] = ()
    """The platforms of the other machines."""
    assigned: tuple[tuple[Platform, Platform], ...] = ()
    """Target platforms with the platform of the machine to which the user or the project assigns them."""
    is_unknown: bool = False
    """True if a job names a machine whose platform is unknown. Without a job, `own` is None and this is False."""
    may_be_several: bool = False
    """True if the builder may have a machine for each platform, because no file of the project tells which machines it has."""
    cannot_emulate: bool = False
    """True if the machine has no emulators, so that a build for another platform stops, or does not run there."""
    is_fresh: bool = False
    """True if each run of the job gets a new machine, whose builder begins with empty cache mounts."""

    @property
    def names_several(self) -> bool:
        """True if the user or the project names several machines, or assigns platforms to machines."""
        return bool(self.others or self.assigned)

    def nodes(self, targets: Iterable[Platform]) -> tuple[tuple[Platform, Platform], ...]:
        """Each target platform with the platform of the machine that builds it; empty if the first machine is unknown."""
        if self.own is None:
            return ()
        assigned = dict(self.assigned)
        return (*((it, assigned[it] if it in assigned else self._node(it, self.own)) for it in targets),)

    def _node(self, target: Platform, own: Platform) -> Platform:
        """The machine for a target: one of its platform, else one of its architecture, else one that can run it, else the first one."""
        known = [it for it in (own, *self.others) if it.os == target.os]
        exact = (it for it in known if it == target)
        alike = (it for it in known if it.architecture == target.architecture)
        able = (it for it in known if it.architecture == _RUN_BY.get(target.architecture))
        return next((it for candidates in (exact, alike, able) for it in candidates), own)


def is_chosen(machine: Platform) -> bool:
    """True if a machine of CI has another architecture than the usual one: people choose it to build for its own platform."""
    return machine.architecture != AMD64.architecture


def native_machine(target: Platform) -> Platform:
    """The platform of a machine that builds for a target without emulation; for 32-bit targets a 64-bit machine."""
    architecture = _RUN_BY.get(target.architecture)
    return target if architecture is None else Platform(target.os, architecture)


NATIVE: Final = Machines(AMD64, (ARM64,))
"""A service that has a machine for each of the common platforms: Depot, Docker Build Cloud, WarpBuild, Docker's own workflows."""
