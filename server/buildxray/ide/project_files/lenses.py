"""Lenses with the cost of a build, above its declaration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.localization import _, ngettext
from buildxray.semantics.cost import build_totals
from buildxray.syntax.text import TextRange


class BuildLens(NamedTuple):
    """A lens with the cost of a build, above its declaration."""

    range: TextRange
    title: str
    dockerfile: Path
    line: int
    """The 0-based line of the Dockerfile at which the built stage begins."""
    build: str
    """The name by which the setting `build` chooses it."""


def lenses_of(entries: Iterable[BuildEntry]) -> Iterator[BuildLens]:
    """A lens for each place that declares builds, with the total of several builds at one place."""
    by_place: dict[TextRange, list[BuildEntry]] = {}
    for it in entries:
        if it.build is not None and it.stage is not None and not it.build.errors:
            by_place.setdefault(it.own.name, []).append(it)
    for place, listed in by_place.items():
        first = listed[0]
        different = {(it.declared.dockerfile, it.request): it for it in listed}
        totals = [build_totals(it.build) for it in different.values() if it.build is not None]
        n_steps, n_emulated = sum(it.n_steps for it in totals), sum(it.n_emulated for it in totals)
        parts = [ngettext("{n} step", "{n} steps", n_steps)]
        if n_emulated:
            parts.append(_("{n} emulated", n=n_emulated))
        if len(different) > 1:
            parts.insert(0, ngettext("{n} build", "{n} builds", len(different)))
        elif first.declared.platform_names:
            parts.insert(0, _(", ").join(map(str, first.request.target_platforms)))
        stage = first.stage
        line = 0 if stage is None else stage.from_.line - 1
        name = f"{first.declared.source.name}:{first.declared.name}"
        yield BuildLens(place, " · ".join(parts), first.declared.dockerfile, line, name)
