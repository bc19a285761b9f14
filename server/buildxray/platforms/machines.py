"""Which machine builds for which platform, where a builder has several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from buildxray.platforms.platform import Platform

AMD64: Final = Platform("linux", "amd64")
ARM64: Final = Platform("linux", "arm64")
_RUN_BY: Final = {"386": "amd64", "arm": "arm64"}
"""Architectures whose programs the processors of others run."""


class Machines(NamedTuple):
    """The machines of a builder."""

    own: Platform | None = None
    """The platform of the first one; None where it is unknown."""
    others: tuple[Platform, ...] = ()
    """Those of the others."""
    assigned: tuple[tuple[Platform, Platform], ...] = ()
    """Target platforms for which somebody has said which machine builds them."""
    is_unknown: bool = False
    """True if a job names a machine whose platform nothing tells. Without a job, `own` is None and this is False."""

    @property
    def names_several(self) -> bool:
        """True if somebody has named several machines, or which machine builds which platform."""
        return bool(self.others or self.assigned)

    def nodes(self, targets: Iterable[Platform]) -> tuple[tuple[Platform, Platform], ...]:
        """For each target platform the platform of the machine that builds it; empty where that is unknown."""
        if self.own is None:
            return ()
        assigned = dict(self.assigned)
        return (*((it, assigned[it] if it in assigned else self._node(it, self.own)) for it in targets),)

    def _node(self, target: Platform, own: Platform) -> Platform:
        """The machine of a target: one of its platform, or of its architecture, or that can run it, else the first one."""
        known = [it for it in (own, *self.others) if it.os == target.os]
        exact = (it for it in known if it == target)
        alike = (it for it in known if it.architecture == target.architecture)
        able = (it for it in known if it.architecture == _RUN_BY.get(target.architecture))
        return next((it for candidates in (exact, alike, able) for it in candidates), own)


def native_machine(target: Platform) -> Platform:
    """The platform of a machine that builds for a target platform without emulation: 32-bit programs run on 64-bit machines."""
    architecture = _RUN_BY.get(target.architecture)
    return target if architecture is None else Platform(target.os, architecture)


NATIVE: Final = Machines(AMD64, (ARM64,))
"""A service that has a machine for each of the common platforms: Depot, Docker Build Cloud, WarpBuild, Docker's own workflows."""
