"""Dockerfiles for the own machine, beside one that builds the same image for several platforms: `Dockerfile` and `Dockerfile.cross`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.projects.builds import DeclaredBuild
from buildxray.syntax.lazy_regex import lazy_regex

_OF_PUBLISHED: Final = frozenset(
    (
        "actions",
        "arch",
        "buildx",
        "ci",
        "cross",
        "crossbuild",
        "dist",
        "github",
        "goreleaser",
        "multi",
        "multiarch",
        "multiplatform",
        "platform",
        "prebuilt",
        "prod",
        "production",
        "publish",
        "release",
        "releaser",
    )
)
"""Words in the name of a Dockerfile that say how the image is made or for whom, and not which program it has."""
_OF_SEVERAL: Final = frozenset(("buildx", "cross", "crossbuild", "multi", "multiarch", "multiplatform"))
_OF_OWN: Final = frozenset(("dev", "local", "native", "simple"))
_OF_EVERY: Final = frozenset(("containerfile", "dockerfile", ""))
_START: Final = lazy_regex(r"^[ \t]*(?:ENTRYPOINT|CMD)[ \t]+(?P<command>\S.*)$", re.IGNORECASE | re.MULTILINE)


def is_plain_variant(dockerfile: Path, builds: Iterable[DeclaredBuild]) -> bool:
    """True if no build of a Dockerfile names a platform, and another one beside it builds the same image for several.

    It is the same image if the names differ only in words such as `cross` and `release`, or if one name has all words of the other and both
    images start the same command. `builds` are those of the whole repository.
    """
    others: dict[Path, set[object]] = {}
    for it in builds:
        if it.dockerfile == dockerfile:
            if it.is_shown and not it.is_for_own_platform:
                return False
        elif it.dockerfile.parent == dockerfile.parent and it.is_shown:
            others.setdefault(it.dockerfile, set()).update(it.platforms)
    return any(_is_of_same_image(dockerfile, it) for it, platforms in others.items() if len(platforms) > 1)


def _is_of_same_image(plain: Path, other: Path) -> bool:
    own, words = _words(plain), _words(other)
    if not _OF_SEVERAL.isdisjoint(own):
        return False
    if words - own and words - own <= _OF_PUBLISHED and own - words <= _OF_OWN:
        return True
    command = _start(plain) if own <= words or words <= own else None
    return command is not None and command == _start(other)


def _words(path: Path) -> frozenset[str]:
    return frozenset(re.split(r"[._-]", path.name.lower())) - _OF_EVERY


def _start(path: Path) -> str | None:
    """The last command that a Dockerfile starts, as it is written; None without one."""
    started = [*_START.finditer(read_project_text(path) or "")]
    return started[-1]["command"].strip() if started else None
