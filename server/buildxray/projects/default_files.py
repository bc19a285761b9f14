"""The files that Bake and Compose read in a directory if none is named: found without importing their readers, which few directories need."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from buildxray.files.reading import is_file

COMPOSE_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""`docker compose` reads the first of these, Bake all that exist, in this order (compose-go: cli/options.go, DefaultFileNames)."""
OVERRIDE_NAMES: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
BAKE_FILES: Final = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""Bake files that `buildx bake` reads without `--file`, in this order (buildx: defaultFilenames)."""


def bake_files(directory: Path) -> tuple[str, ...]:
    """The names of the files that `buildx bake` reads in a directory without `--file`; empty if none is a Bake file."""
    names = (*(it for it in BAKE_FILES if is_file(directory / it)),)
    return (*(it for it in COMPOSE_FILES if is_file(directory / it)), *names) if names else ()


def compose_files(directory: Path) -> tuple[str, ...]:
    """The names of the files that `docker compose build` reads in a directory without `--file`."""
    first = next((it for it in COMPOSE_FILES if is_file(directory / it)), None)
    if first is None:
        return ()
    override = next((it for it in OVERRIDE_NAMES if is_file(directory / it)), None)
    return (first,) if override is None else (first, override)
