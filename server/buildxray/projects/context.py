"""The build context of a Dockerfile: what its `.dockerignore` leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from buildxray.plan.checks.ignored import IgnorePatterns

IGNORE_FILE: Final = ".dockerignore"
_LONGEST: Final = 1_000_000
"""Bytes of an ignore file that are read."""


def read_ignore_patterns(dockerfile: Path, context: Path) -> IgnorePatterns | None:
    """The patterns for a Dockerfile and its context; None where there is no file with patterns.

    `NAME.dockerignore` beside the Dockerfile replaces the `.dockerignore` of the context.
    BuildKit: frontend/dockerui/config.go, ReadEntrypoint and dockerIgnorePatterns.
    """
    for path in (dockerfile.with_name(dockerfile.name + IGNORE_FILE), context / IGNORE_FILE):
        try:
            with path.open("rb") as file:
                return IgnorePatterns(file.read(_LONGEST).decode("utf-8", "replace"))
        except OSError:
            continue
    return None
