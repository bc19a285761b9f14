"""The builds that the files of a project declare."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.globs import match_text
from buildxray.files.reading import exists, is_file, read_project_text
from buildxray.localization import localized
from buildxray.plan.references import ImageNameError, repository_of
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS, automatic_values
from buildxray.platforms.machines import Machines
from buildxray.platforms.official_images import OFFICIAL
from buildxray.platforms.platform import Platform, PlatformError, can_run, parse_normalized
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_REMOTE: Final = lazy_regex(r"(?:https?|git|ssh)://|git@|github\.com/|[\w.-]+@[\w.-]+:.+\.git", re.IGNORECASE)


_MOST_NAMES: Final = 4
"""Names of merged builds that a message lists."""
_OF_FILES: Final = lazy_regex(r"(?:^|,)\s*[\"']?type=(?:cacheonly|local|tar)\b")


class Note(NamedTuple):
    """A part of a project's file that cannot be read, so that some property of its builds is unknown."""

    file: str
    """The path, absolute or relative to the directory that was read."""
    line: int
    """The 1-based line."""
    message: str
    is_limit: bool = False
    """True if nothing is wrong with the file: only a run tells what the part means, or it is too long to be read."""
    is_for_several: bool = False
    """True if the part is a build that may be for several platforms."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {localized(self.message)}"


class LinkedTarget(NamedTuple):
    """Another target of the same project, whose result a build uses as a named context."""

    name: str
    platform_names: tuple[str, ...] = ()
    """The platforms as written; empty if the target is built for the platform of the build machine."""
    problem: str = ""
    """The reason why Bake refuses to use it; empty if it does not."""
    dockerfile: Path | None = None
    """The absolute path of its Dockerfile; None if the text does not determine all that its image depends on."""
    target: str = ""
    """The name or number of its stage; empty for the last stage."""
    arguments: tuple[tuple[str, str], ...] = ()
    contexts: tuple[tuple[str, str], ...] = ()


class Caller(NamedTuple):
    """The command or the step that runs Bake, or a script, from which the build is read."""

    source: Path
    """The absolute path of the workflow, the script or the Makefile."""
    line: int
    """The 1-based line in `source`."""
    name: str
    """The name of the job."""
    is_complete: bool = True
    """False if only a run tells all targets that a call of Bake builds."""


@dataclass(frozen=True, slots=True)
class DeclaredBuild:
    """One build of a Dockerfile, as a Bake file, a Compose file, a workflow or a script declares it.

    A field that is named in `unknown` holds only a part of the values of the build.
    """

    name: str
    """The name of the target, the service or the job."""
    source: Path
    """The absolute path of the file that declares the build."""
    line: int
    """The 1-based line in `source`."""
    dockerfile: Path
    """The absolute path."""
    context: Path
    """The absolute path of the directory of the build context; that of the Dockerfile if it is unknown."""
    remote: str = ""
    """The address of a build context that is not on this machine, so that no Dockerfile of this project is built; otherwise empty."""
    platform_names: tuple[str, ...] = ()
    """The platforms as they are written; `local` is the platform of the build machine. Empty if none is named."""
    fallback_platform: str = ""
    """The `platform` of a service, for which `docker compose build` builds if no platforms are named."""
    target: str = ""
    """The name or number of the stage; empty for the last stage."""
    image_names: tuple[str, ...] = field(default=(), compare=False)
    """The names that it gives its image, those that are known completely: `acme/base:1`. Not those of Bake files."""
    arguments: tuple[tuple[str, str], ...] = ()
    """The build arguments of known value, sorted."""
    unknown_arguments: tuple[str, ...] = ()
    """The names of build arguments that may have another value in a run, sorted; `*` if other arguments may be given too."""
    contexts: tuple[tuple[str, str], ...] = ()
    """Named contexts: `target:base`, `docker-image://alpine`, a directory relative to `directory`."""
    joined_names: tuple[str, ...] = ()
    """The names of the builds that are merged into this one; empty or only its own where none are."""
    linked: tuple[LinkedTarget, ...] = ()
    """The targets named in `contexts`, without those whose platforms the text does not determine."""
    nodes: tuple[tuple[Platform, Platform], ...] = ()
    """Each target platform with the platform of the machine that builds it; empty if one machine builds all."""
    machine: Platform | None = None
    """The platform of the machine of the job; None if that is unknown, or if no job of a workflow builds it."""
    caller: Caller | None = None
    """The call of Bake that builds it, one that emulates if there are several; None if the file that declares it runs it, or none is known."""
    step: Caller | None = None
    """The step of a workflow that runs the script or the Makefile with the build, or with the call of Bake; None if none is known."""
    call: Caller | None = None
    """The job of another workflow that calls the workflow of the build, whose inputs may name the Dockerfile; None if none does."""
    may_have_nodes: bool = False
    """True if its builder may have a machine for each platform, because no file of the project tells which machines it has."""
    is_separate: bool = False
    """True if each platform has a job of its own. Jobs do not share steps, even on machines of one platform."""
    is_in_parts: bool = False
    """True if each platform has a step of a workflow, or a line of a script, of its own."""
    shares_job: bool = False
    """True if its job also builds for a platform that the machines of its own platforms cannot run, so that another machine would emulate that one."""
    origin: str = ""
    """The place of the declaration, for people: ``docker-bake.hcl, target `app` ``."""
    is_of_service: bool = False
    """True if a service of a Compose file declares it, which describes how the image is run here, and not how it is published."""
    is_default: bool = False
    """True if the build is run by a command that names no target: `docker buildx bake`."""
    n_declared: int = 1
    """The number of declarations that are merged into this one, each of which `buildxray builds` lists."""
    is_unasked: bool = False
    """True if it is a target of Bake that nothing in the repository is seen to build, beside others of its file; see `projects/asked.py`."""
    is_passed_on: bool = False
    """True if it is a target of Bake that only gives attributes to others, so that no run builds it."""
    pushes: bool = False
    """True if its images are published."""
    makes_files: bool = False
    """True if the build writes files and no image: each `--output` is a directory or a tar archive."""
    keeps_nothing: bool = False
    """True if the result certainly stays in the cache of the builder: it is neither pushed, loaded nor exported."""
    ignores_cache: bool = False
    """True if it certainly runs all steps again: `--no-cache`."""
    caches: frozenset[str] = frozenset()
    """`from` if it reads a cache that other builds have exported, `to` if it exports one."""
    is_on_fresh_machine: bool = False
    """True if a job builds it, and each run of that gets a new machine, on which the builder has no cache mounts of earlier runs."""
    is_of_buildah: bool = False
    """True if Buildah builds it, by itself or as a part of Podman."""
    is_legacy: bool = False
    """True if the builder before BuildKit builds it, which gives no platform arguments: `DOCKER_BUILDKIT=0 docker build`."""
    is_check: bool = False
    """True if it only checks the Dockerfile: `call = "check"`."""
    may_be_written: bool = False
    """True if the script that builds the Dockerfile writes a new text into it, or, for a missing one, if a step of the workflow may write it before."""
    is_presumed: bool = False
    """True if its Bake file has another name than those that Bake reads by itself, so that a command must name it."""
    is_overridden: bool = False
    """True if a Compose file beside that of the service, and read after it, gives the service another Dockerfile or an image."""
    unknown: frozenset[str] = frozenset()
    """The fields that the text does not determine completely: some of `platforms`, `target`, `args`, `context`, `contexts` and `nodes`."""

    @property
    def single_platform_names(self) -> tuple[str, ...]:
        """The names of platforms; one text of a Bake file may hold several (buildx: util/platformutil, Parse)."""
        return platform_names(self.platform_names)

    @property
    def called_from(self) -> Caller | None:
        """The step or the command in another file that runs the build; None if the file that declares it runs it, or none is known."""
        return self.step or self.caller

    @property
    def run_from(self) -> tuple[Path, int]:
        """The file that runs it, and the 1-based line there: the call of Bake or a script in another file, or the place that declares it."""
        return (
            (self.source, self.line) if self.called_from is None else (self.called_from.source, self.called_from.line)
        )

    @property
    def display_name(self) -> str:
        """The name for messages. A message about merged builds applies to all of them together, so it names all."""
        names = self.joined_names or (self.name,)
        return " + ".join(names if len(names) <= _MOST_NAMES else (*names[: _MOST_NAMES - 1], "…"))

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The named platforms, normalised, without `local` and without invalid names."""
        return read_platform_list(self.platform_names or (self.fallback_platform,))

    @property
    def is_for_local(self) -> bool:
        """True if one of the platforms is that of the build machine, by the name `local`."""
        return "local" in self.platform_names

    @property
    def is_for_own_platform(self) -> bool:
        """True if no platform is named, so that BuildKit builds for its own machine and emulates nothing."""
        return not self.platforms and "platforms" not in self.unknown and not self.is_for_local

    @property
    def is_emulated(self) -> bool:
        """True if the machine that builds one of the target platforms cannot run its programs."""
        return any(not can_run(machine, platform) for platform, machine in self.nodes)

    @property
    def is_automated(self) -> bool:
        """True if a job of a workflow builds it. A script or a Makefile alone may be for people."""
        return self.machine is not None or bool(self.nodes) or "nodes" in self.unknown

    @property
    def is_shown(self) -> bool:
        """True if people or jobs run this build. Targets that others only inherit from, and remote contexts, do not count."""
        return not self.remote and not self.is_template

    @property
    def is_template(self) -> bool:
        """True if it is a target of Bake that others only inherit from, by its attributes or by its name: `_common`."""
        return not self.is_default and (self.is_passed_on or self.name.startswith("_"))

    def is_named(self, pattern: str) -> bool:
        """True if the setting `build` means it: by its name, or by its file and its name (`docker-bake.hcl:app`)."""
        names = (self.name, f"{self.source.name}:{self.name}")
        return pattern in names or any(match_text(it, pattern) for it in names)

    @property
    def key(self) -> tuple[object, ...]:
        """A value that two builds share if they do the same."""
        names = frozenset(self.platform_names or (self.fallback_platform,))
        known = (
            names,
            self.target,
            self.arguments,
            self.unknown_arguments,
            self.contexts,
            self.linked,
            frozenset(self.nodes),
            self.is_separate,
            self.may_have_nodes,
            self.makes_files,
            self.unknown,
        )
        return (self.dockerfile, self.is_check, *known)


def on_machines(build: DeclaredBuild, machines: Machines) -> DeclaredBuild:
    """Return a build with the machines that build it; they are unknown for one that needs emulators which they do not have."""
    if machines.cannot_emulate and any(not can_run(node, it) for it, node in machines.nodes(build.platforms)):
        machines = Machines(is_unknown=True)
    unknown = build.unknown | {"nodes"} if machines.is_unknown else build.unknown
    own = None if machines.is_unknown or machines.others else machines.own
    nodes = machines.nodes(build.platforms)
    automatic = _automatic_arguments(build)
    masking = {name for name, _value in automatic if _has_default(build.dockerfile, name)} if automatic else set()
    return replace(
        build,
        arguments=tuple(it for it in build.arguments if it not in automatic),
        unknown_arguments=(*sorted({*build.unknown_arguments, *masking}),),
        nodes=nodes,
        machine=own,
        may_have_nodes=machines.may_be_several,
        is_on_fresh_machine=machines.is_fresh,
        unknown=unknown,
    )


def _automatic_arguments(build: DeclaredBuild) -> set[tuple[str, str]]:
    """The arguments of a build that have the value which BuildKit gives them anyway: `TARGETARCH=arm64` of a build for arm64 alone.

    The jobs of a matrix, one for each platform, are one build only without them.
    """
    if len(build.platforms) != 1 or "platforms" in build.unknown:
        return set()
    (platform,) = build.platforms
    given = {*automatic_values(platform, platform, "").items()}
    return {it for it in build.arguments if it[0] in PER_TARGET_ARGUMENTS and it in given}


def _has_default(dockerfile: Path, name: str) -> bool:
    """True if a Dockerfile gives an argument a default, which the argument of the build replaces."""
    return re.search(rf"(?im)^[ \t]*ARG[ \t].*\b{name}=", read_project_text(dockerfile) or "") is not None


def existing_dockerfile(path: Path) -> Path:
    """Return the file that is built if a build asks for a Dockerfile by this path.

    It is the one in lower case if only that exists (BuildKit: frontend/dockerui/config.go, ReadEntrypoint).
    """
    lower = path.with_name(path.name.lower())
    return lower if path.name == "Dockerfile" and not exists(path) and is_file(lower) else path


def asked_paths(dockerfile: Path) -> tuple[Path, ...]:
    """Return the paths by which a build may ask for a Dockerfile: the inverse of `existing_dockerfile`."""
    usual = dockerfile.with_name("Dockerfile")
    return (dockerfile, usual) if dockerfile.name == "dockerfile" and not exists(usual) else (dockerfile,)


def choose(builds: Iterable[DeclaredBuild]) -> DeclaredBuild | None:
    """Return the build of a Dockerfile that is shown until the user chooses one; None if all builds are checks.

    The order of preference: a default build that names platforms, a build that pushes, one that names platforms, one whose platforms only
    a run tells, one of a workflow, a default build, the build for the most platforms, one whose machine is known.
    """
    return max(
        (it for it in builds if not it.is_check),
        key=lambda it: (
            it.is_default and bool(it.platform_names),
            it.pushes,
            bool(it.platform_names),
            "platforms" in it.unknown,
            it.is_automated,
            it.is_default,
            len(it.single_platform_names),
            "nodes" not in it.unknown,
        ),
        default=None,
    )


def distinct(builds: Iterable[DeclaredBuild]) -> tuple[DeclaredBuild, ...]:
    """Return one build for each `key`: one that somebody asks for, a default build, otherwise one that pushes, otherwise the first."""
    different: dict[object, DeclaredBuild] = {}
    places: dict[object, set[object]] = {}
    for it in builds:
        places.setdefault(it.key, set()).add((it.name, it.source, it.line))
        before = different.get(it.key)
        if before is None or _rank(it) > _rank(before):
            different[it.key] = it
        if before is not None:
            keeps_nothing = before.keeps_nothing and it.keeps_nothing
            ignores_cache = before.ignores_cache and it.ignores_cache
            different[it.key] = replace(
                different[it.key],
                keeps_nothing=keeps_nothing,
                ignores_cache=ignores_cache,
                is_of_buildah=before.is_of_buildah and it.is_of_buildah,
                is_on_fresh_machine=before.is_on_fresh_machine and it.is_on_fresh_machine,
                is_legacy=before.is_legacy or it.is_legacy,
            )
    return tuple(replace(it, n_declared=len(places[key])) for key, it in different.items())


def _rank(build: DeclaredBuild) -> tuple[bool, bool, bool]:
    """The order of equal builds, one of which is shown."""
    return (not build.is_unasked, build.is_default, build.pushes)


def without_repeated(builds: Iterable[DeclaredBuild]) -> tuple[DeclaredBuild, ...]:
    """Return the builds without those that are read twice: on their own, and where a job or a command runs them for the same platforms.

    Such a target of a Bake file and its call, or a script and the job that runs it, are one build, which has the machine of the job.
    A Bake file that a command has to name declares no builds beside those of its calls.
    """
    builds = [*_placed([*builds])]
    called = {it.source for it in builds if it.caller is not None}
    listed = [(_without_machine(it), it) for it in builds if not (it.is_presumed and it.source in called)]
    platforms: dict[tuple[object, int], set[str]] = {}
    for key, it in listed:
        for rank in range(_nearness(it)):
            platforms.setdefault((key, rank), set()).update(it.single_platform_names)
    kept: list[tuple[object, DeclaredBuild]] = []
    default: set[object] = set()
    for key, it in listed:
        if platforms.get((key, _nearness(it))) != {*it.single_platform_names}:
            kept.append((key, it))
        elif it.is_default:
            default.add(key)
    return tuple(replace(it, is_default=True) if key in default else it for key, it in kept)


def _placed(builds: Sequence[DeclaredBuild]) -> Iterator[DeclaredBuild]:
    """The builds without those of scripts as started beside a Dockerfile, where a job or another script starts the same command elsewhere."""
    started: dict[object, set[Path]] = {}
    for it in builds:
        if it.step is not None and exists(it.dockerfile):
            started.setdefault((it.source, it.line, it.target), set()).add(it.dockerfile)
    for it in builds:
        is_beside = it.step is None and it.caller is None and it.dockerfile.parent == it.source.parent
        is_script = it.source.suffix not in {".hcl", ".json", ".yaml", ".yml"}
        if (
            not is_beside
            or not is_script
            or it.dockerfile in started.get((it.source, it.line, it.target), (it.dockerfile,))
        ):
            yield it


def _nearness(build: DeclaredBuild) -> int:
    """The knowledge of who runs a build: 2 for a job, 1 for a command in another file, 0 for the file that declares it."""
    return 2 if build.is_automated else 0 if build.called_from is None else 1


def _without_machine(build: DeclaredBuild) -> object:
    """What a build does, apart from its platforms and the machines that build it. A script has the name of the job that runs it."""
    unknown = build.unknown - {"nodes"}
    same = replace(
        build, platform_names=(), nodes=(), linked=(), is_separate=False, may_have_nodes=False, unknown=unknown
    )
    name = build.name if build.source.suffix in {".hcl", ".json", ".yaml", ".yml"} else ""
    return (build.source, name, build.line, same.key)


def joined(builds: Iterable[DeclaredBuild]) -> tuple[DeclaredBuild, ...]:
    """Merge the builds of one file that differ only in their single platform.

    A Bake file with a target for each architecture, and a matrix over platforms, run on one builder, where BuildKit shares equal steps.
    Jobs of a workflow do not.
    A merged build has the name of the first one; `display_name` has all names. It is one image in parts, so it counts as often as that of
    the platform that is built most often.
    """
    together: dict[object, DeclaredBuild] = {}
    counts: dict[object, dict[tuple[str, ...], int]] = {}
    for build in builds:
        is_for_one = len(build.single_platform_names) == 1 and not build.is_for_local
        same = replace(build, platform_names=(), nodes=(), linked=()).key if is_for_one else build.key
        key = (build.source, build.is_default, is_for_one, same)
        known = together.setdefault(key, build)
        is_of_other_job = _is_of_other_job(build, known)
        n_of_platform = counts.setdefault(key, {})
        n_of_platform[build.platform_names] = n_of_platform.get(build.platform_names, 0) + build.n_declared
        together[key] = replace(
            known,
            n_declared=max(n_of_platform.values()),
            platform_names=(*dict.fromkeys((*known.platform_names, *build.platform_names)),),
            nodes=(*{**dict(build.nodes), **dict(known.nodes)}.items(),),
            linked=_all_linked((*known.linked, *build.linked)),
            is_separate=known.is_separate or build.is_separate or is_of_other_job,
            is_of_buildah=known.is_of_buildah and build.is_of_buildah,
            is_on_fresh_machine=known.is_on_fresh_machine and build.is_on_fresh_machine,
            is_legacy=known.is_legacy or build.is_legacy,
            joined_names=(*dict.fromkeys((*known.joined_names, known.name, build.name)),),
            pushes=known.pushes or build.pushes,
            keeps_nothing=known.keeps_nothing and build.keeps_nothing,
            ignores_cache=known.ignores_cache and build.ignores_cache,
            caches=known.caches & build.caches,
        )
    return (*together.values(),)


def _is_of_other_job(build: DeclaredBuild, known: DeclaredBuild) -> bool:
    """True if a build is that of another job than those that are merged already, by its name or its machine."""
    is_of_other_name = build.name not in (known.name, *known.joined_names)
    if build.machine is None:
        return is_of_other_name and "nodes" in build.unknown and build.caller is None and not build.may_have_nodes
    return is_of_other_name or known.machine not in (None, build.machine)


def _all_linked(targets: Iterable[LinkedTarget]) -> tuple[LinkedTarget, ...]:
    """The targets that joined builds use, each with the platforms of all."""
    known: dict[str, LinkedTarget] = {}
    for it in targets:
        before = known.setdefault(it.name, it)
        names = (*dict.fromkeys((*before.platform_names, *it.platform_names)),)
        known[it.name] = before._replace(platform_names=names)
    return (*known.values(),)


def read_platform_list(values: Iterable[object]) -> tuple[Platform, ...]:
    """Return the platforms that these lists name, normalised, without duplicates and invalid names."""
    platforms: dict[Platform, None] = {}
    for name in platform_names(values):
        try:
            platforms[parse_normalized(name)] = None
        except PlatformError:
            continue
    return (*platforms,)


def platform_names(values: Iterable[object]) -> tuple[str, ...]:
    """Return the names in lists of platforms, without duplicates. Commas and line ends separate names; values that are not texts are ignored."""
    texts = (it for it in values if isinstance(it, str))
    names = (it.strip() for text in texts for it in text.replace("\n", ",").split(","))
    return (*dict.fromkeys(it for it in names if it),)


def is_remote(context: str) -> bool:
    """True if a build context is not on this machine (buildx: util/urlutil)."""
    return _REMOTE.match(context) is not None or context == "-"


def context_path(base: Path, context: str) -> Path | None:
    """Return the absolute directory of a build context; None for a remote one."""
    context = context.removeprefix("cwd://")
    return None if is_remote(context) or "\0" in context else absolute(base / context)


def dockerfile_path(base: Path, context: str, dockerfile: str) -> Path | None:
    """Return the absolute path of a Dockerfile that is named relative to its build context; None if the context is remote."""
    directory = context_path(base, context)
    if dockerfile.startswith("cwd://"):
        directory, dockerfile = base, dockerfile.removeprefix("cwd://")
    return None if directory is None or "\0" in dockerfile else absolute(directory / dockerfile)


def absolute(path: Path | str) -> Path:
    """Make a path absolute and clean, without following links, so that users recognise it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` follows links


def makes_files(outputs: Iterable[str]) -> bool:
    """True if no output is an image: `type=local,dest=out`, `type=tar`, `out`, `type=cacheonly`. False without outputs.

    Source: buildx, build/opt.go; util/buildflags/export.go reads a value without `=` as the directory of `type=local`, and `-` as a tar.
    """
    given = [it.strip() for it in outputs if it.strip()]
    return bool(given) and all(_OF_FILES.search(it) is not None or "=" not in it for it in given)


def pairs(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Convert a mapping to sorted pairs, for frozen values."""
    return (*sorted(mapping.items()),)


def made_images(builds: Iterable[DeclaredBuild]) -> frozenset[str]:
    """The images that builds make, each as its registry and path, without names that are unknown, invalid, or those of official images."""
    found: set[str] = set()
    for name in {name for it in builds for name in it.image_names}:
        with suppress(ImageNameError):
            found.add(repository_of(name))
    # A project gives names without an owner to images of this machine.
    return frozenset(it for it in found if not it.startswith(OFFICIAL))
