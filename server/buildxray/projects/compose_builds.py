"""The builds of Compose files without a Bake file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from buildxray.projects.bake.reader import BakeProject, bake_builds
from buildxray.projects.bake.targets import Definition
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.compose import add_services


def read_compose(directory: Path, names: Iterable[str]) -> tuple[BakeProject, tuple[DeclaredBuild, ...]]:
    """Read the builds of Compose files, as `docker compose build` builds them."""
    definition, names = Definition(), (*names,)
    notes, sources = add_services(definition, directory, names)
    project = BakeProject(definition, directory, (*dict.fromkeys(notes),), sources, directory)
    return project, (*bake_builds(project),)
