"""Which files are Dockerfiles, by name."""

from __future__ import annotations

import re
from typing import Final

_DOCKERFILE: Final = re.compile(
    r"(?:.+[._-])?(?:Dockerfile|Containerfile)(?:[._-].+)?|Containerfile.*", re.IGNORECASE | re.DOTALL
)
_OTHER: Final = re.compile(
    r".*\.dockerignore|.*[_-].*\.(?:c|cc|cpp|cs|go|h|html|java|js|json|jsx|kt|md|mjs|php|png|py|rb|rs|sh|svg|toml|ts|tsx|ya?ml)",
    re.IGNORECASE | re.DOTALL,
)

DOCKERFILES: Final = ("**/*[Dd]ockerfile*", "**/*[Cc]ontainerfile*")
"""Glob patterns of the names that are common."""


def is_dockerfile(name: str) -> bool:
    """Whether a file of that name, directories left out, is a Dockerfile; in any case.

    `Dockerfile.dockerignore` says what a build leaves out, and `dockerfile_parser.py` is about Dockerfiles: these are none.
    """
    return _DOCKERFILE.fullmatch(name) is not None and _OTHER.fullmatch(name) is None
