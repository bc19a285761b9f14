"""Downloads that a later command of the stage does not find, because one RUN mounts a cache at their directory and another one does not.

BuildKit: a cache mount hides what the image has at its directory, and leaves nothing of what is written there in the image
(solver/llbsolver/mounts/mount.go).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import context_paths, instructions_before
from buildxray.rules.facts.dependency_lists import needed_files
from buildxray.rules.facts.dependent_downloads import may_have_no_module
from buildxray.rules.facts.kept_downloads import is_taken_elsewhere
from buildxray.semantics.build import CacheMount, Effect, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.manifest_changes import may_name
from buildxray.syntax.instructions import Copying, Flag
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.toolchains.base import Toolchain
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.xx import XX


class MissedDownload(NamedTuple):
    """A command that does not find what an earlier RUN has downloaded."""

    download: KnownCommand
    user: KnownCommand
    """The first command after it that needs the files and does not find them."""
    place: str
    """The directory in which the package manager looks for them."""
    mount: CacheMount
    """The cache mount: that of the user if it hides the files, otherwise that of the download."""
    is_hidden: bool
    """True if the image has the files, and the mount of the user hides them; otherwise they are in a cache that it does not mount."""
    has_other_cache: bool
    """True if both mount a cache, and not the same one."""
    option: str
    """The option that tells the user to download nothing, so that it fails; empty without one."""

    @property
    def stops(self) -> bool:
        """True if the user fails."""
        return bool(self.option)


def missed_downloads(ctx: RuleContext) -> tuple[MissedDownload, ...]:
    """The downloads that no later command finds, or that the first one which needs them does not find."""
    return ctx.cached(_missed_downloads)


def is_hidden(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a cache mount hides what a command downloads from all that would use it."""
    key = command.run.idx, command.syntax.range
    return any(it.is_hidden and (it.download.run.idx, it.download.syntax.range) == key for it in missed_downloads(ctx))


def _missed_downloads(ctx: RuleContext) -> tuple[MissedDownload, ...]:
    mounted = {it.instruction for it in ctx.build.cache_mounts}
    stages = (it for it in ctx.build.needed_stages if mounted)
    return tuple(
        it
        for stage in stages
        if any(run.idx in mounted for one in stage.chain for run in one.runs)
        for it in _in_stage(ctx, stage)
    )


def _in_stage(ctx: RuleContext, stage: Stage) -> Iterator[MissedDownload]:
    """Find the commands of a stage that do not find the downloads of a RUN before them, at most one for each toolchain."""
    runs = (run for one in stage.chain for run in one.runs)
    downloads = [*islice((it for run in runs for it in run.known_commands if _downloads(it)), _MOST_DOWNLOADS)]
    missing = {_toolchain(it) for it in downloads}
    for user in (it for run in stage.runs if missing for it in run.known_commands):
        if _toolchain(user) not in missing or not _looks_for_downloads(ctx, user):
            continue
        earlier = [it for it in downloads if it.run.idx < user.run.idx and _serves(it, user)]
        if earlier:
            missing.remove(_toolchain(user))
            found = _missed(ctx, user, earlier)
            if found is not None:
                yield found


_MOST_DOWNLOADS: Final = 50
"""Downloads of a stage that are compared with the commands after them."""


def _missed(ctx: RuleContext, user: KnownCommand, downloads: Sequence[KnownCommand]) -> MissedDownload | None:
    written = [it.value and it.value.text for it in user.run.mounts]
    if any([one.value and one.value.text for one in it.run.mounts] == written for it in downloads):
        # Of the same mounts, both see the same; it is quick.
        return None
    places = {_place(it) for it in (*downloads, user)}
    place = places.pop()
    if not place or places:
        return None
    own, given = _mounted(user.run, place), [_mounted(it.run, place) for it in downloads]
    if own is None or any(it is None or _ids(it) == _ids(own) for it in given):
        # A mount that is not clear, or the same one, perhaps at another directory.
        return None
    download, caches = downloads[-1], given[-1] or ()
    if not all(map(_is_sure, downloads)) or _brings(user, place) or not _requires_packages(ctx, download):
        return None
    is_hidden = bool(own) and not caches
    if is_hidden and (not _only_downloads(download) or _is_used_otherwise(download, place)):
        return None
    if not is_hidden and any(_may_download(it, user) for it in _between(download, user) if not _mounted(it, place)):
        return None
    mount = (caches or own)[0]
    return MissedDownload(download, user, place, mount, is_hidden, bool(own and caches), _option_offline(user))


# The directories of downloads


class _Place(NamedTuple):
    """Where a package manager keeps what it downloads."""

    variables: tuple[tuple[str, str], ...]
    """The variables that move the directory, the first one that is set counts; each with the path below the directory that it names."""
    directory: str
    """The directory without them."""
    images: re.Pattern[str]
    """The images in which it is that one."""
    is_of_root: bool
    """True if it is in the home directory of root, so that a RUN of another user has another one."""


_OFFICIAL: Final = r"(?:docker\.io|mirror\.gcr\.io|public\.ecr\.aws/docker)/library"
_TAG: Final = r"(?:[:@].*)?"
_PLACES: Final = {
    GO: _Place(
        (("GOMODCACHE", ""), ("GOPATH", "/pkg/mod")),
        "/go/pkg/mod",
        lazy_regex(rf"(?:{_OFFICIAL}|mcr\.microsoft\.com/oss/go/microsoft)/golang{_TAG}"),
        is_of_root=False,
    ),
    RUST: _Place(
        (("CARGO_HOME", "/registry"),),
        "/usr/local/cargo/registry",
        lazy_regex(rf"{_OFFICIAL}/rust{_TAG}"),
        is_of_root=False,
    ),
    DOTNET: _Place(
        (("NUGET_PACKAGES", ""),),
        "/root/.nuget/packages",
        lazy_regex(rf"mcr\.microsoft\.com/dotnet/(?:core/)?sdk{_TAG}"),
        is_of_root=True,
    ),
    JAVA: _Place(
        (),
        "/root/.m2/repository",
        lazy_regex(rf"{_OFFICIAL}/(?:amazoncorretto|eclipse-temurin|maven|openjdk){_TAG}"),
        is_of_root=True,
    ),
}
"""Source: go.dev/ref/mod, "Module cache"; the Cargo book, "Cargo Home"; learn.microsoft.com, "Managing the global packages"; maven.apache.org,
"Configuring your local repository"; the Dockerfiles of these images."""


def _place(command: KnownCommand) -> str:
    """The directory to which a package manager downloads; empty if the text does not tell it."""
    place, stage = _PLACES[_toolchain(command)], command.run.stage
    if any(it.startswith(_MOVED_BY_OPTION) for it in command.syntax.arguments):
        return ""
    for name, below in place.variables:
        setting = command.invocation.setting(name)
        if setting.is_set:
            values = {*setting.values}
            value = values.pop() if len(values) == 1 else None
            return clean(f"{value}{below}") if value and value.startswith("/") and ":" not in value else ""
    if stage is None or place.images.fullmatch(stage.image_name) is None:
        return ""
    is_there = not place.is_of_root or (command.run.runs_as_root and not command.invocation.setting("HOME").is_set)
    return place.directory if is_there else ""


_MOVED_BY_OPTION: Final = ("-Dmaven.repo.local", "--packages")


def _mounted(run: Run, place: str) -> tuple[CacheMount, ...] | None:
    """The caches that a RUN mounts over a directory, for its targets; none if that is a part of the image, and None if another mount may matter."""
    caches = [it for it in run.build.cache_mounts if it.instruction == run.idx]
    covering = tuple(it for it in caches if holds(it.target, place))
    if any(holds(place, it.target) for it in caches if it not in covering):
        return None
    flags = {it.flag for it in covering}
    if len(flags) > 1 or any(one.key == "from" for it in flags for one in mount_options(it)):
        return None
    others = [it for it in run.mounts if it not in {one.flag for one in caches}]
    return None if any(_may_cover(run, it, place) for it in others) else covering


def _ids(caches: Iterable[CacheMount]) -> set[str]:
    return {it.id for it in caches}


def _may_cover(run: Run, flag: Flag, place: str) -> bool:
    """True if a mount that is not a cache may be at a directory, above or below it."""
    try:
        target = run.target_of(flag)
    except MountSyntaxError:
        return True
    if any(
        it.key == "type" and it.value is not None and it.value.text in ("secret", "ssh") for it in mount_options(flag)
    ):
        return False
    if target is None or "$" in target.text:
        return True
    places = [clean(posixpath.join(it, target.text)) for it in run.directories]
    return any(holds(it, place) or holds(place, it) for it in places)


# Commands that download, and those that need the downloads


def _toolchain(command: KnownCommand) -> Toolchain:
    """The toolchain whose downloads a command uses: xx-go is Go."""
    is_of_go = command.use.toolchain is XX and command.name in ("go", "xx-go")
    return GO if is_of_go else command.use.toolchain


def _lists(command: KnownCommand) -> frozenset[str]:
    """The absolute paths of the lists of dependencies that a command reads, perhaps with wildcards in their names; none if they are unknown."""
    directories = command.invocation.directories
    toolchain = _toolchain(command)
    names = (*(it for it in command.use.manifests if not it.endswith((".sum", ".lock"))),)
    if toolchain is GO and not names and not command.invocation.has_option("-C"):
        names = ("go.mod",)
    if toolchain is RUST and not command.invocation.has_option("--manifest-path", "-C"):
        names = ("Cargo.toml",)
    if toolchain is JAVA and not command.invocation.has_option("-f", "--file"):
        names = ("pom.xml",)
    if toolchain is DOTNET and not names:
        projects = [it for it in command.invocation.operand_texts if it.endswith((".sln", ".slnx", "proj"))]
        names = (*projects,) or ("*.csproj",)
    return (
        frozenset(clean(posixpath.join(it, one)) for it in directories for one in names)
        if len(directories) == 1
        else frozenset()
    )


def _serves(download: KnownCommand, user: KnownCommand) -> bool:
    """True if a command downloads what the list of dependencies of another one names."""
    if _toolchain(download) is not _toolchain(user):
        return False
    given, wanted = _lists(download), _lists(user)
    return any(_is_list_of(it, one) for it in given for one in wanted)


def _is_list_of(path: str, wanted: str) -> bool:
    """True if a path may be that of a list of dependencies; a solution may name each project below it."""
    directory, name = posixpath.split(path)
    other, wanted_name = posixpath.split(wanted)
    if name.endswith((".sln", ".slnx")):
        return holds(directory, other)
    return directory == other and may_name(wanted_name, name)


def _downloads(command: KnownCommand) -> bool:
    """True for a command that downloads all that the list of dependencies of a project names."""
    toolchain, arguments = command.use.toolchain, command.syntax.arguments
    if toolchain is GO:
        return arguments[:2] == ("mod", "download") and all(it.startswith("-") for it in arguments[2:])
    if toolchain is RUST:
        return (
            command.name == "cargo"
            and (arguments[:1] == ("fetch",) or command.use.effect is Effect.COMPILE)
            and not command.use.fetches_sources
        )
    if toolchain is DOTNET:
        return command.invocation.subcommand == "restore"
    return toolchain is JAVA and command.use.effect is Effect.FETCH and command.use.manifests != ()


def _only_downloads(command: KnownCommand) -> bool:
    """True if nothing but its downloads is left of a command."""
    return command.use.effect is Effect.FETCH and command.use.toolchain is not DOTNET


def _looks_for_downloads(ctx: RuleContext, command: KnownCommand) -> bool:
    """True for a command that needs the dependencies of a project, and downloads those that it does not find."""
    toolchain, invocation, arguments = _toolchain(command), command.invocation, command.syntax.arguments
    if toolchain is GO:
        return _uses_modules(ctx, command)
    if toolchain is RUST:
        return (
            command.name in ("cargo", "xx-cargo")
            and not _OF_CARGO.isdisjoint(arguments[:1])
            and not command.use.fetches_sources
        )
    if toolchain is DOTNET:
        return invocation.subcommand in ("build", "pack", "publish", "test") and not invocation.has_option("--no-build")
    return command.use.effect in (Effect.BUNDLE, Effect.COMPILE, Effect.EXECUTE) and command.name in _OF_MAVEN


_OF_CARGO: Final = frozenset({"b", "build", "c", "check", "clippy", "install", "run", "t", "test"})
_OF_GO: Final = frozenset({"build", "install", "run", "test", "vet"})
_OF_MAVEN: Final = frozenset({"mvn", "mvnd", "mvnw"})


def _uses_modules(ctx: RuleContext, command: KnownCommand) -> bool:
    """True for a command of Go that needs the modules of the project, which are not vendored."""
    workspace, invocation = ctx.build.workspace, command.invocation
    options = " ".join(
        (*command.syntax.arguments, *("-mod" if it is None else it for it in invocation.setting("GOFLAGS").values))
    )
    if invocation.subcommand not in _OF_GO or _OTHER_MODULES.search(options) is not None:
        return False
    if invocation.subcommand in ("build", "install") and command.use.toolchain is GO and workspace.needed is not None:
        is_unknown = needed_files(ctx, command) is None
        return bool(command.use.manifests) and (is_unknown or not may_have_no_module(ctx, command))
    return not workspace.has_vendored_modules and workspace.requires_modules is not False


_OTHER_MODULES: Final = lazy_regex(r"-mod\b|\S@\S")
"""Options of another directory for modules, and a package of a version."""


def _option_offline(command: KnownCommand) -> str:
    """The option that tells a command to use what is there; empty without one."""
    options = {RUST: ("--frozen", "--offline"), DOTNET: ("--no-restore",), JAVA: ("-o", "--offline")}
    given = command.syntax.arguments
    return next((it for it in options.get(_toolchain(command), ()) if it in given), "")


def _requires_packages(ctx: RuleContext, download: KnownCommand) -> bool:
    """True if the list of a download surely names packages, or if nothing is known of it and the command is there for nothing else."""
    find = ctx.build.workspace.needed
    if download.use.toolchain is RUST and find is not None:
        paths = [
            path for it in download.invocation.directories for path, _base in context_paths(download, "Cargo.toml", it)
        ]
        needed = find(paths[0], ".", "cargo") if len(paths) == 1 else None
        return needed is not None and needed.requires_crates
    if download.use.toolchain is JAVA:
        return True
    known = needed_files(ctx, download)
    if known is None or not known.is_complete:
        return _only_downloads(download)
    return not known.requires_nothing


def _is_sure(download: KnownCommand) -> bool:
    """True if a command surely runs, in a script that is read."""
    return all(map(download.is_certain, download.targets)) and not download.run.script.has_errors


# What happens between them, and after the download


def runs_without_mount(missed: MissedDownload) -> list[Run]:
    """The later RUN instructions that use what a command has downloaded from the image, which would lack it if that RUN mounts the cache."""
    stage, idx = missed.user.run.stage, missed.user.run.idx
    runs = [it for one in (() if stage is None else stage.family) for it in one.runs if it.idx > idx]
    toolchain = _toolchain(missed.user)
    return [
        it
        for it in runs
        if _mounted(it, missed.place) == ()
        and any(_toolchain(one) is toolchain and one.use.effect not in _DOING_LITTLE for one in it.known_commands)
    ]


def _between(download: KnownCommand, user: KnownCommand) -> list[Run]:
    """The RUN instructions after a download and before a command that needs it."""
    return [it for it in instructions_before(user.run) if isinstance(it, Run) and it.idx > download.run.idx]


def _may_download(run: Run, user: KnownCommand) -> bool:
    """True if a RUN may download what a command needs: it uses the same toolchain, or runs a program of which that is unknown."""
    return any(
        it.use is None
        or it.use.effect in (Effect.EXECUTE, Effect.UNKNOWN)
        or (
            _toolchain(KnownCommand(run, it.invocation, it.use)) is _toolchain(user)
            and it.use.effect not in _DOING_LITTLE
        )
        for it in run.commands
    )


_DOING_LITTLE: Final = (Effect.NEUTRAL, Effect.PROBE)


def _brings(user: KnownCommand, place: str) -> bool:
    """True if a COPY from a stage or an image may bring downloads to their directory."""
    copies = [
        it for it in instructions_before(user.run) if isinstance(it.node, Copying) and it.node.flag("from") is not None
    ]
    return any(one != "/" and (holds(one, place) or holds(place, one)) for it in copies for one in it.destinations)


def _is_used_otherwise(download: KnownCommand, place: str) -> bool:
    """True if what a command has downloaded into the image may be of use: to a RUN without the mount, to another stage, or in the image itself."""
    stage = download.run.stage
    if stage is None or stage.is_image_of_another_build:
        return True
    for it in stage.family:
        if it.is_image or is_taken_elsewhere(it, place):
            return True
        runs = (run for run in it.runs if run.idx > download.run.idx)
        if any(_may_download(run, download) for run in runs if not _mounted(run, place)):
            return True
    later = [it for it in download.run.commands if it.range.start > download.range.start]
    return any(it.use is None or it.use.effect not in (*_DOING_LITTLE, Effect.FETCH) for it in later)
