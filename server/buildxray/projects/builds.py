"""The builds that the files of a project declare."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from buildxray.platforms.platform import Platform, PlatformError, parse_normalized


@dataclass(frozen=True, slots=True)
class DeclaredBuild:
    """One build of a Dockerfile, as a Bake file, a Compose file or a workflow declares it."""

    dockerfile: Path
    """Absolute."""
    platforms: tuple[Platform, ...]
    """Empty where it names none, or where the text cannot tell."""
    target: str = ""
    """The stage; empty for the last one."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Build arguments whose values the text tells."""
    origin: str = ""
    """Where it is declared, for people: ``docker-bake.hcl, target `app` ``."""
    is_default: bool = False
    """Whether it is built where nobody says what to build."""


def choose(builds: Iterable[DeclaredBuild]) -> DeclaredBuild | None:
    """The build of a Dockerfile that is shown: one that is built by default, then one for the most platforms."""
    return max(builds, key=lambda it: (bool(it.platforms), it.is_default, len(it.platforms)), default=None)


def read_platform_list(values: Iterable[object]) -> tuple[Platform, ...]:
    """Platforms by their names, normalised, without duplicates; names that are none are left out."""
    found: dict[Platform, None] = {}
    for name in _names(values):
        try:
            found[parse_normalized(name)] = None
        except PlatformError:
            continue
    return tuple(found)


def dockerfile_path(base: Path, context: str, dockerfile: str) -> Path | None:
    """The absolute path of a Dockerfile whose name is relative to its build context; None for a context elsewhere."""
    if "://" in context or context.startswith(("git@", "-")) or "\0" in context + dockerfile:
        return None
    return absolute(base / context / dockerfile)


def absolute(path: Path | str) -> Path:
    """A path as projects know it: links stay what the user calls them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` follows links


def _names(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield from (it.strip() for it in value.replace("\n", ",").split(",") if it.strip())
