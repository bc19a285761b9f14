"""The builds that the files of a project declare."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.localization import localized
from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import Platform, PlatformError, parse_normalized

_REMOTE: Final = re.compile(r"(?:https?|git|ssh)://|git@|github\.com/|[\w.-]+@[\w.-]+:.+\.git", re.IGNORECASE)


_OF_FILES: Final = re.compile(r"(?:^|,)\s*[\"']?type=(?:cacheonly|local|tar)\b")


class Note(NamedTuple):
    """What of a project's file cannot be read, so that something of its builds is unknown."""

    file: str
    """Relative to the directory that was read, or absolute."""
    line: int
    """From one."""
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {localized(self.message)}"


@dataclass(frozen=True, slots=True)
class DeclaredBuild:
    """One build of a Dockerfile, as a Bake file, a Compose file, a workflow or a script declares it.

    What the text cannot tell is named in `unknown`, and the field of that name holds what it does tell.
    """

    name: str
    """The target, the service or the job."""
    source: Path
    """Absolute: the file that declares it."""
    line: int
    """Of `source`, from one."""
    dockerfile: Path
    """Absolute."""
    context: Path
    """Absolute: the directory of the build context."""
    remote: str = ""
    """The address of a build context that is not on this machine: no Dockerfile of this project is built."""
    platform_names: tuple[str, ...] = ()
    """As they are written: `local` is the platform of the build machine. Empty where none is named."""
    fallback_platform: str = ""
    """What `docker compose build` builds for where no platforms are named: the `platform` of the service."""
    target: str = ""
    """The stage; empty for the last one."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Build arguments whose values the text tells."""
    contexts: tuple[tuple[str, str], ...] = ()
    """Named contexts: `target:base`, `docker-image://alpine`, a directory relative to `directory`."""
    nodes: tuple[tuple[Platform, Platform], ...] = ()
    """For each target platform the platform of the machine that builds it; empty where one machine builds all."""
    machine: Platform | None = None
    """The platform of the machine that a job builds it on; None where that is unknown, or no job does."""
    is_separate: bool = False
    """True if each platform is built by a job of its own, so that nothing is shared even on machines of one platform."""
    origin: str = ""
    """Where it is declared, for people: ``docker-bake.hcl, target `app` ``."""
    is_default: bool = False
    """True if it is built where nobody says what to build."""
    pushes: bool = False
    """True if its images are published."""
    makes_files: bool = False
    """True if it writes files to disk instead of an image: every `--output` of it is a directory or a tar archive."""
    keeps_nothing: bool = False
    """True if its result stays in the cache of the builder, where the text tells that: it is neither pushed, loaded nor exported."""
    is_check: bool = False
    """True if it only checks the Dockerfile: `call = "check"`."""
    may_be_written: bool = False
    """True if the Dockerfile does not exist, but a step of the workflow may write it before it is built."""
    unknown: frozenset[str] = frozenset()
    """Of `platforms`, `target`, `args`, `contexts` and `nodes` those that the text does not tell completely."""

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms that are named, normalised; `local` and names that are none are left out."""
        return read_platform_list(self.platform_names or (self.fallback_platform,))

    @property
    def is_for_local(self) -> bool:
        """True if it is built for the platform of the build machine too."""
        return "local" in self.platform_names

    @property
    def is_for_own_platform(self) -> bool:
        """True if it names no platform, so that BuildKit builds for the platform of its own machine and emulates nothing."""
        return not self.platforms and "platforms" not in self.unknown and not self.is_for_local

    @property
    def is_automated(self) -> bool:
        """True if a workflow builds it, and not only somebody who calls a script or `make`."""
        return self.machine is not None or bool(self.nodes) or "nodes" in self.unknown

    @property
    def is_shown(self) -> bool:
        """True if people mean to build it from here: no target that others only inherit from, no remote context."""
        return not self.remote and (self.is_default or not self.name.startswith("_"))

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two builds that do the same."""
        names = frozenset(self.platform_names or (self.fallback_platform,))
        known = (
            names,
            self.target,
            self.arguments,
            self.contexts,
            frozenset(self.nodes),
            self.is_separate,
            self.makes_files,
            self.unknown,
        )
        return (self.dockerfile, self.is_check, *known)


def on_machines(build: DeclaredBuild, machines: Machines) -> DeclaredBuild:
    """A build with the machines that build it."""
    unknown = build.unknown | {"nodes"} if machines.is_unknown else build.unknown
    own = None if machines.is_unknown or machines.others else machines.own
    return replace(build, nodes=machines.nodes(build.platforms), machine=own, unknown=unknown)


def existing_dockerfile(path: Path) -> Path:
    """Return the file that is built where a Dockerfile is asked for by this path.

    The lower-case name is taken where only that exists (BuildKit: frontend/dockerui/config.go, ReadEntrypoint).
    """
    lower = path.with_name(path.name.lower())
    return lower if path.name == "Dockerfile" and not path.exists() and lower.is_file() else path


def asked_paths(dockerfile: Path) -> tuple[Path, ...]:
    """Return the paths by which a build may ask for a Dockerfile: its own, and that of which `existing_dockerfile` gives it."""
    usual = dockerfile.with_name("Dockerfile")
    return (dockerfile, usual) if dockerfile.name == "dockerfile" and not usual.exists() else (dockerfile,)


def choose(builds: Iterable[DeclaredBuild]) -> DeclaredBuild | None:
    """The build of a Dockerfile that is shown where nobody has chosen one.

    First what is built by default for platforms that its file names, then what is pushed, then any other that names platforms, then what a
    workflow starts, then what is built by default, then the one for the most platforms.
    """
    return max(
        (it for it in builds if not it.is_check),
        key=lambda it: (
            it.is_default and bool(it.platform_names),
            it.pushes,
            bool(it.platform_names),
            it.is_automated,
            it.is_default,
            len(it.platform_names),
        ),
        default=None,
    )


def distinct(builds: Iterable[DeclaredBuild]) -> tuple[DeclaredBuild, ...]:
    """The builds that differ in what they do, each under its first name, or that under which it is built by default, or pushed."""
    different: dict[object, DeclaredBuild] = {}
    for it in builds:
        before = different.get(it.key)
        if before is None or (it.is_default, it.pushes) > (before.is_default, before.pushes):
            different[it.key] = it
        if before is not None and before.keeps_nothing != it.keeps_nothing:
            different[it.key] = replace(different[it.key], keeps_nothing=False)
    return (*different.values(),)


def joined(builds: Iterable[DeclaredBuild]) -> tuple[DeclaredBuild, ...]:
    """The builds, where those that one file declares for a single platform each, and that agree otherwise, are one build.

    A Bake file with a target for each architecture builds them together on one builder, and so does a matrix over platforms: BuildKit then
    shares the steps that are the same. The build has the name of the first one.
    """
    together: dict[object, DeclaredBuild] = {}
    for build in builds:
        is_for_one = len(build.platform_names) == 1 and not build.is_for_local
        same = replace(build, platform_names=(), nodes=()).key if is_for_one else build.key
        key = (build.source, build.is_default, is_for_one, same)
        known = together.setdefault(key, build)
        together[key] = replace(
            known,
            platform_names=(*dict.fromkeys((*known.platform_names, *build.platform_names)),),
            nodes=(*{**dict(build.nodes), **dict(known.nodes)}.items(),),
            pushes=known.pushes or build.pushes,
            keeps_nothing=known.keeps_nothing and build.keeps_nothing,
        )
    return (*together.values(),)


def read_platform_list(values: Iterable[object]) -> tuple[Platform, ...]:
    """Platforms by their names, normalised, without duplicates; names that are none are left out."""
    platforms: dict[Platform, None] = {}
    for name in platform_names(values):
        try:
            platforms[parse_normalized(name)] = None
        except PlatformError:
            continue
    return (*platforms,)


def platform_names(values: Iterable[object]) -> tuple[str, ...]:
    """The names in lists of platforms, which commas and line ends separate, without duplicates."""
    texts = (it for it in values if isinstance(it, str))
    names = (it.strip() for text in texts for it in text.replace("\n", ",").split(","))
    return (*dict.fromkeys(it for it in names if it),)


def is_remote(context: str) -> bool:
    """True if a build context is not on this machine (buildx: util/urlutil)."""
    return _REMOTE.match(context) is not None or context == "-"


def context_path(base: Path, context: str) -> Path | None:
    """The absolute directory of a build context; None for one that is elsewhere."""
    context = context.removeprefix("cwd://")
    return None if is_remote(context) or "\0" in context else absolute(base / context)


def dockerfile_path(base: Path, context: str, dockerfile: str) -> Path | None:
    """The absolute path of a Dockerfile whose name is relative to its build context; None for a context elsewhere."""
    directory = context_path(base, context)
    if dockerfile.startswith("cwd://"):
        directory, dockerfile = base, dockerfile.removeprefix("cwd://")
    return None if directory is None or "\0" in dockerfile else absolute(directory / dockerfile)


def absolute(path: Path | str) -> Path:
    """A path as projects know it: links stay what the user calls them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` follows links


def makes_files(outputs: Iterable[str]) -> bool:
    """Return whether all outputs are files and not images: `type=local,dest=out`, `type=tar`, `out`, or none at all (`type=cacheonly`).

    Source: buildx, build/opt.go; util/buildflags/export.go reads a value without `=` as the directory of `type=local`, and `-` as a tar.
    """
    given = [it.strip() for it in outputs if it.strip()]
    return bool(given) and all(_OF_FILES.search(it) is not None or "=" not in it for it in given)


def pairs(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A mapping as sorted pairs, for frozen values."""
    return (*sorted(mapping.items()),)
