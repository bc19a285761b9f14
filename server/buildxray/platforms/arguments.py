"""The automatic platform arguments, which BuildKit defines for every build.

BuildKit: frontend/dockerfile/dockerfile2llb/platform.go, defaultArgs.
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.platform import Platform

AUTOMATIC_ARGUMENTS: Final = (
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
)
"""The automatic arguments, in the order in which BuildKit defines them."""

PER_TARGET_ARGUMENTS: Final = frozenset(
    {"TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT"}
)
"""The arguments whose value can differ between the target platforms of one build."""

_LATER: Final = {"BUILDOSVERSION": "1.13", "TARGETOSVERSION": "1.13", "TARGETSTAGE": "1.11"}


def since(name: str) -> str:
    """The first version of the Dockerfile frontend that defines an automatic argument.

    BuildKit: the tags `dockerfile/…` that contain the commits 69bb8e8, 6a31a78 and 94ddeb7.
    """
    return _LATER.get(name, "1.0")


def automatic_values(builder: Platform, target: Platform, stage: str) -> dict[str, str]:
    """The value of each automatic argument; `stage` is the name of the requested stage, perhaps empty."""
    return {
        "BUILDPLATFORM": builder.without_version,
        "BUILDOS": builder.os,
        "BUILDOSVERSION": builder.os_version,
        "BUILDARCH": builder.architecture,
        "BUILDVARIANT": builder.variant,
        "TARGETPLATFORM": str(target),
        "TARGETOS": target.os,
        "TARGETOSVERSION": target.os_version,
        "TARGETARCH": target.architecture,
        "TARGETVARIANT": target.variant,
        "TARGETSTAGE": stage or "default",
    }
