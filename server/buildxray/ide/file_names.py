"""Which files are Dockerfiles, by name."""

from __future__ import annotations

import re
from typing import Final

_DOCKERFILE: Final = re.compile(
    r"(?:Dockerfile|Dockerfile\..+|.+\.Dockerfile|Containerfile.*|.+\.Containerfile)", re.IGNORECASE
)


def is_dockerfile(name: str) -> bool:
    """Whether a file of that name, directories left out, is a Dockerfile; in any case."""
    return _DOCKERFILE.fullmatch(name) is not None
