"""The targets of Bake files that somebody asks for, and not those that are only there.

A Bake file often has more targets than its project builds: those of the template that it was copied from, or those for people who know
what they want. If jobs build some of them, the others are builds that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.projects.builds import DeclaredBuild

BAKE_SUFFIXES: Final = frozenset((".hcl", ".json"))
"""The suffixes of Bake files that are not Compose files."""


class AskedTargets:
    """The targets of the Bake files of one repository that its jobs, scripts and Makefiles build."""

    def __init__(self, builds: Iterable[DeclaredBuild]) -> None:
        """Create the answer from all builds of a repository."""
        self._called: dict[Path, set[str]] = {}
        """By Bake file: the targets that calls name, with those that these need."""
        self._built_by_jobs: set[Path] = set()
        """The Bake files of which jobs build targets."""
        self._open: set[Path] = set()
        """The Bake files of which a call may build any target."""
        self._own_platforms: dict[tuple[Path, str], set[Path]] = {}
        """By Bake file and architecture: the Dockerfiles with its name from which a target for it alone is built."""
        for it in builds:
            if it.source.suffix not in BAKE_SUFFIXES:
                continue
            if it.caller is not None:
                self._called.setdefault(it.source, set()).add(it.name)
                if it.is_automated or _is_workflow(it.caller.source):
                    self._built_by_jobs.add(it.source)
                if not it.caller.is_complete:
                    self._open.add(it.source)
            architectures = {one.architecture for one in it.platforms}
            named = {architecture for *_, architecture in named_architectures(it.dockerfile.name)}
            if len(named) == 1 and architectures == named:
                self._own_platforms.setdefault((it.source, next(iter(named))), set()).add(it.dockerfile)

    def marked(self, build: DeclaredBuild) -> DeclaredBuild:
        """A build, with `is_unasked` where it is a target that nobody is seen to ask for.

        That is so if jobs build other targets of its file, and no call and not the group `default` has it; or if no call of the file is
        seen, and another target builds the same for one of its platforms from a Dockerfile with the name of that platform.
        """
        source = build.source
        if source.suffix not in BAKE_SUFFIXES or build.caller is not None or build.is_default or source in self._open:
            return build
        if build.name in self._called.get(source, ()):
            return build
        is_left = source in self._built_by_jobs or (source not in self._called and self._has_own_file(build))
        return replace(build, is_unasked=True) if is_left else build

    def _has_own_file(self, build: DeclaredBuild) -> bool:
        """True if another Dockerfile beside that of a build, named after one of its platforms, is built for that platform: `Dockerfile.aarch64`."""
        name = build.dockerfile.name
        return any(
            it != build.dockerfile and it.parent == build.dockerfile.parent and name in it.name
            for platform in build.platforms
            for it in self._own_platforms.get((build.source, platform.architecture), ())
        )


def _is_workflow(path: Path) -> bool:
    return path.suffix in {".yml", ".yaml"} and path.parent.name == "workflows"
