"""What is asked of a build, apart from the Dockerfile itself."""

from __future__ import annotations

from dataclasses import dataclass

from buildxray.platforms.platform import Platform


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One invocation of `docker buildx build`."""

    build_platform: Platform
    """The platform of the machine that runs BuildKit."""
    target_platforms: tuple[Platform, ...]
    """Normalised, without duplicates, at least one; the first one labels the steps that several share."""
    build_arguments: tuple[tuple[str, str], ...] = ()
    """`--build-arg` names and values."""
    target_stage: str = ""
    """`--target`; empty for the last stage."""
