"""Which files are Dockerfiles, by name."""

from __future__ import annotations

import re
from typing import Final

_DOCKERFILE: Final = re.compile(
    r"(?:.+[._-])?(?:Dockerfile|Containerfile)(?:[._-].+)?|Containerfile.*", re.IGNORECASE | re.DOTALL
)

DOCKERFILES: Final = ("**/*[Dd]ockerfile*", "**/*[Cc]ontainerfile*")
"""Glob patterns of the names that are common."""


def is_dockerfile(name: str) -> bool:
    """Whether a file of that name, directories left out, is a Dockerfile; in any case.

    `Dockerfile.dockerignore` says what a build leaves out, and is none.
    """
    return _DOCKERFILE.fullmatch(name) is not None and not name.lower().endswith(".dockerignore")
