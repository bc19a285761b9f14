"""The version of Docker's frontend that a file asks for by `# syntax=`, because older ones know less."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import Dockerfile

_VERSION: Final = lazy_regex(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(?:(?P<major>\d+)\.(?P<minor>\d+)(?:\.\d+)?(?:-[\w.-]+)?|(?:1-)?experimental)(?:@.*)?"
)
_OF_EXPERIMENTAL: Final = (1, 1)
"""The version of the channel that ended with 1.2. Source: docs.docker.com, "Custom Dockerfile syntax"."""
FIRST_WITH_SEVERAL_ARGUMENTS: Final = (1, 2)
"""The first version that accepts several names in one ARG. Source: release notes of the Dockerfile frontend, 1.2.0."""
FIRST_WITH_VARIABLES_IN_MOUNTS: Final = (1, 3)
"""The first version that expands variables in `RUN --mount`. Source: release notes of the Dockerfile frontend, 1.3.0."""


def is_older(dockerfile: Dockerfile, version: tuple[int, int]) -> bool:
    """True if a file asks for a frontend that is surely older than a version; not for `docker/dockerfile:1`, the newest, nor for one of another maker."""
    match = _VERSION.fullmatch(dockerfile.frontend)
    if match is None:
        return False
    asked_for = _OF_EXPERIMENTAL if match["major"] is None else (int(match["major"][:4]), int(match["minor"][:4]))
    return asked_for < version
