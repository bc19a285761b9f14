"""The files that Bake and Compose read in a directory if none is named: found without importing their readers, which few directories need."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from os import DirEntry
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, is_file
from buildxray.syntax.lazy_regex import lazy_regex

COMPOSE_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""`docker compose` reads the first of these, Bake all that exist, in this order (compose-go: cli/options.go, DefaultFileNames)."""
OVERRIDE_NAMES: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_VARIANT: Final = lazy_regex(r"(?:^|[._-])compose[._-]", re.IGNORECASE)
"""A Compose file that people name with `-f`: `docker-compose.prod.yml`, `compose-dev.yaml`, `local.compose.yml`."""
_OF_VARIANTS: Final = frozenset(("compose", "docker-compose"))
"""Directories in which every YAML file is one: `compose/prod.yml`."""
_MOST_VARIANTS: Final = 8
_BAKE_VARIANT: Final = lazy_regex(r"(?:^|[._-])bake[._-]", re.IGNORECASE)
"""A Bake file that people name with `-f`: `bake.hcl`, `docker-bake.ci.hcl`."""
BAKE_FILES: Final = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""Bake files that `buildx bake` reads without `--file`, in this order (buildx: defaultFilenames)."""


def bake_files(directory: Path) -> tuple[str, ...]:
    """The names of the files that `buildx bake` reads in a directory without `--file`; empty if none is a Bake file."""
    names = (*(it for it in BAKE_FILES if is_file(directory / it)),)
    return (*(it for it in COMPOSE_FILES if is_file(directory / it)), *names) if names else ()


def bake_variants(directory: Path, entries: Iterable[DirEntry[str]] | None = None) -> tuple[str, ...]:
    """The names of the Bake files in a directory that `buildx bake` reads only if they are named, the first `_MOST_VARIANTS`.

    `entries` are those of the directory if they are known.
    """
    names = (it.name for it in (entries_of(directory) if entries is None else entries))
    named = (it for it in names if it.endswith((".hcl", ".json")) and it not in BAKE_FILES)
    listed = (it for it in named if _BAKE_VARIANT.search(it) is not None)
    return (*islice(listed, _MOST_VARIANTS),)


def compose_files(directory: Path) -> tuple[str, ...]:
    """The names of the files that `docker compose build` reads in a directory without `--file`."""
    first = next((it for it in COMPOSE_FILES if is_file(directory / it)), None)
    if first is None:
        return ()
    override = next((it for it in OVERRIDE_NAMES if is_file(directory / it)), None)
    return (first,) if override is None else (first, override)


def compose_variants(directory: Path, entries: Iterable[DirEntry[str]] | None = None) -> tuple[str, ...]:
    """The names of the Compose files in a directory that `docker compose` reads only if they are named, the first `_MOST_VARIANTS`.

    `entries` are those of the directory if they are known.
    """
    usual = (*COMPOSE_FILES, *OVERRIDE_NAMES)
    names = (it.name for it in (entries_of(directory) if entries is None else entries))
    of_variants = directory.name in _OF_VARIANTS
    listed = (
        it
        for it in names
        if it.endswith((".yml", ".yaml")) and it not in usual and (of_variants or _VARIANT.search(it) is not None)
    )
    return (*islice(listed, _MOST_VARIANTS),)
