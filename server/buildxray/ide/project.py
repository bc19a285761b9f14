"""The project that a Dockerfile belongs to: the directories above it, up to the root of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import (
    exists,
    is_repository,
    last_project_file,
    path_below,
    read_project_text,
    repository_root,
)
from buildxray.ide.analysis import Analyzer
from buildxray.ide.configuration import FILE_NAMES as CONFIGURATION_FILES
from buildxray.ide.configuration import Configuration, find_configuration, has_configuration
from buildxray.ide.settings import Settings, with_machines
from buildxray.localization import gettext_lazy as _
from buildxray.localization import localized
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.request import BuildRequest, TargetResult
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.machines import AMD64, native_machine
from buildxray.platforms.platform import Platform, can_run, parse_normalized, this_machine
from buildxray.projects.builds import (
    DeclaredBuild,
    LinkedTarget,
    Note,
    asked_paths,
    choose,
    distinct,
    joined,
    read_platform_list,
)
from buildxray.projects.context import Contexts, read_ignore_patterns
from buildxray.projects.reader import WATCHED as PROJECT_FILES
from buildxray.projects.reader import (
    DirectoryBuilds,
    directories_above,
    has_project_files,
    project_directories,
    read_directory,
)
from buildxray.projects.sources import has_sources, read_workspace
from buildxray.rules.base import Rule
from buildxray.semantics.linked import with_configurations
from buildxray.toolchains.base import Workspace

WATCHED: Final = (
    *PROJECT_FILES,
    *(f"**/{it}" for it in CONFIGURATION_FILES),
    "**/{go.mod,go.sum,package.json,package-lock.json}",
    "**/*.dockerignore",
)
"""Glob patterns of the files that decide how a Dockerfile is built."""


_OF_EMULATION: Final = ("emulated-build", "needless-emulation")
"""Rules about time that machines of their own do not take."""
_MOST_BUILDS: Final = 12
"""Builds of one Dockerfile that are checked; nine of ten Dockerfiles have at most seven."""
BY_SETTING: Final = _("the setting `platforms`")
"""The origin of platforms that the user has set."""


def is_named(build: DeclaredBuild, pattern: str) -> bool:
    """True if the setting `build` means a build: by its name, or by its file and its name."""
    names = (build.name, f"{build.source.name}:{build.name}")
    return pattern in names or any(fnmatchcase(it, pattern) for it in names)


def _platforms_of_name(path: str) -> tuple[Platform, ...]:
    """The platform in the name of a Dockerfile or of its directory; empty if there is none, or several."""
    named = {architecture for *_, architecture in named_architectures(path)}
    return (parse_normalized(f"linux/{named.pop()}"),) if len(named) == 1 else ()


def _request(declared: DeclaredBuild, settings: Settings) -> tuple[BuildRequest, str]:
    """The request of a declared build, and the source of its platforms in words; empty if they are the default."""
    request, origin = _request_alone(declared, settings)
    # For other platforms than those that the project names, nothing tells for which Bake would build the other targets.
    return (
        replace(request, results=(*_results(declared, request),)) if origin and declared.linked else request
    ), origin


def _results(declared: DeclaredBuild, request: BuildRequest) -> Iterator[TargetResult]:
    """The results of the targets that a build uses, if the project tells their platforms and machines."""
    machines = request.machines
    for it in declared.linked:
        if it.problem:
            yield TargetResult(it.name, (), it.problem)
            continue
        if not it.platform_names and (len(machines) > 1 or "nodes" in declared.unknown):
            continue
        named = [one for one in it.platform_names if one != "local"]
        is_local = not named or len(named) < len(it.platform_names)
        own = (request.build_platform,) if is_local else ()
        platforms = tuple(dict.fromkeys((*read_platform_list(named), *own)))
        is_for_all = set(request.target_platforms) <= set(platforms)
        if len(machines) > 1 or request.is_separate:
            # Which machine builds a target for fewer platforms depends on the builder.
            platforms = request.target_platforms if is_for_all else ()
        if platforms and len(platforms) >= len({*named}):
            result = TargetResult(it.name, tuple((one, request.node(one)) for one in platforms))
            yield _with_configurations(result, it, request)


def _with_configurations(result: TargetResult, linked: LinkedTarget, request: BuildRequest) -> TargetResult:
    """The result of another target with the configurations of its images, if the project tells all that they depend on."""
    text = None if linked.dockerfile is None else read_project_text(linked.dockerfile)
    if text is None:
        return result
    of_target = BuildRequest(
        request.build_platform,
        result.platforms,
        build_arguments=linked.arguments,
        target_stage=linked.target,
        contexts=linked.contexts,
        nodes=request.nodes,
        is_separate=request.is_separate,
    )
    return with_configurations(result, text, of_target)


def _request_alone(declared: DeclaredBuild, settings: Settings) -> tuple[BuildRequest, str]:
    """The request of a declared build without the results of other targets."""
    request, origin = settings.request(), ""
    request = replace(
        request,
        build_arguments=declared.arguments,
        target_stage=declared.target,
        target_origin=declared.origin,
        contexts=declared.contexts,
        makes_files=declared.makes_files,
        keeps_nothing=declared.keeps_nothing,
    )
    if settings.platforms is None and (declared.platforms or declared.is_for_local):
        own = (settings.machines.own or this_machine(),) if declared.is_for_local else ()
        request = replace(request, target_platforms=tuple(dict.fromkeys((*declared.platforms, *own))))
        origin = declared.origin
    if declared.nodes and not settings.machines.names_several:
        return replace(with_nodes(request, declared.nodes), is_separate=declared.is_separate), origin
    is_for_own_machine = declared.is_separate or len(request.target_platforms) == 1
    if "nodes" in declared.unknown and settings.machines.own is None and is_for_own_machine:
        # Who builds one platform on a machine of one's own does so to emulate nothing.
        nodes = tuple((it, native_machine(it)) for it in request.target_platforms)
        return replace(with_nodes(request, nodes), is_separate=declared.is_separate), origin
    return with_machines(request, settings.machines), origin


def request_of(declared: DeclaredBuild, settings: Settings) -> BuildRequest:
    """The request of a declared build."""
    return _request(declared, settings)[0]


def with_nodes(request: BuildRequest, nodes: tuple[tuple[Platform, Platform], ...]) -> BuildRequest:
    """A request with the machines of a declared build; the first target has the first machine."""
    known = dict(nodes)
    own = known.get(request.target_platforms[0], nodes[0][1])
    # A platform of another architecture that its machine runs is named too: the machine does run it.
    others = tuple(
        (it, known[it])
        for it in request.target_platforms
        if it in known and (known[it] != own or it.architecture != own.architecture)
    )
    return replace(request, build_platform=own, nodes=others)


class OtherBuild(NamedTuple):
    """Another build of the same Dockerfile, which is checked too."""

    name: str
    request: BuildRequest
    origin: str
    is_by_hand: bool = False
    """True if a script or Makefile declares it, while a workflow builds each platform on a machine of its own."""


class ProjectBuild(NamedTuple):
    """The build that a Dockerfile is shown for."""

    request: BuildRequest
    settings: Settings
    origin: str
    """The source of the platforms, in words; empty if they are the default."""
    ignored: IgnorePatterns | None = None
    """The patterns of the `.dockerignore` of its context; None without one."""
    shown: DeclaredBuild | None = None
    """The declaration of the build; None if no file declares one."""
    declared: tuple[DeclaredBuild, ...] = ()
    """All distinct builds of the Dockerfile, the shown one included."""
    others: tuple[OtherBuild, ...] = ()
    """The builds that are checked but not shown."""
    dockerfile: str = ""
    """The path of the Dockerfile in its repository, with slashes; empty if it is not known."""
    is_named: bool = False
    """True if the name of the Dockerfile, or of its directory, contains its platform."""
    is_by_hand: bool = False
    """True if a script or a Makefile declares the build that is shown, while workflows build each platform on a machine of its kind."""
    is_automated: bool = False
    """True if the repository declares builds, or has workflows or scripts that may build images."""
    has_unread_builds: bool = False
    """True if the repository builds for several platforms, but its files do not name the Dockerfiles of these builds."""
    contexts: Contexts | None = None
    """The build contexts of the Dockerfile, or the directories that may be one where no build is known; None for a file without a project."""

    @property
    def asks_for_several(self) -> bool:
        """True if the user or the project requests several platforms."""
        return self.origin != "" and len(self.request.target_platforms) > 1

    @property
    def default_platforms(self) -> tuple[str, ...]:
        """The target platforms if they are the default; empty if the user, the project or the name of the file sets them."""
        if self.origin or self.is_named or self.settings.platforms is not None:
            return ()
        return tuple(map(str, self.request.target_platforms))

    @property
    def machine_is_unknown(self) -> bool:
        """True if the machine of the shown build is unknown."""
        return self.shown is not None and "nodes" in self.shown.unknown and self.settings.machines.own is None

    @property
    def platforms_are_unknown(self) -> bool:
        """True if only a run tells for which platforms the build that is shown is, so that the default ones are checked."""
        return self.origin == "" and self.shown is not None and "platforms" in self.shown.unknown

    @property
    def builds_for_itself(self) -> bool:
        """True if the project declares builds, and none of them names a platform, so that each is for its own machine."""
        declared = [it for it in self.declared if not it.is_of_service]
        return self.origin == "" and bool(declared) and all(it.is_for_own_platform for it in self.declared)

    @property
    def is_for_one_platform(self) -> bool:
        """True if the repository builds images, and none of its builds asks for several platforms for this Dockerfile, or may ask."""
        is_asked = self.origin != "" or self.is_named or any("platforms" in it.unknown for it in self.declared)
        return self.is_automated and not self.has_unread_builds and not is_asked

    @property
    def shown_origin(self) -> str:
        """The source of the platforms, in words; defaults have words too."""
        if self.origin:
            return self._with_machine(self.origin)
        if self.shown is None:
            return _("the name of the file") if self.is_named else _("the default: no build of this file was found")
        if "platforms" in self.shown.unknown:
            origin = _("the default: {origin} does not tell the platforms", origin=self.shown.origin)
        else:
            origin = _("the default: {origin} names no platforms", origin=self.shown.origin)
        return self._with_machine(origin)

    def _with_machine(self, origin: str) -> str:
        """The source of the platforms, with a note if the build machine is unknown."""
        return _("{origin}; its machine is unknown", origin=origin) if self.machine_is_unknown else origin

    @property
    def title(self) -> str:
        """The build in one line, for the top of a document; empty if no file declares one."""
        if self.shown is None:
            return ""
        names = _(", ").join(map(str, self.request.target_platforms))
        place = _("{n} of {total}", n=self.declared.index(self.shown) + 1, total=len(self.declared))
        parts = [
            f"{self.shown.display_name}: {names}",
            str(self.shown_origin),
            *([place] if len(self.declared) > 1 else []),
        ]
        return " · ".join(map(localized, parts))

    def _rules(self, *, is_by_hand: bool) -> tuple[Rule, ...]:
        """The rules for a build. A script's build is not cross-compiled if the published images are built natively."""
        return tuple(it for it in self.settings.rules if not is_by_hand or it.name not in _OF_EMULATION)

    def analyzer(self, workspace: Workspace) -> Analyzer:
        """An analyzer of the Dockerfile for this build that also checks the other builds."""
        workspace = workspace._replace(
            ignored=self.ignored,
            holds=None if self.contexts is None else self.contexts.holds,
            dockerfile=self.dockerfile,
            builds_for_itself=self.builds_for_itself,
            machine_is_unknown=self.machine_is_unknown,
            platforms_are_unknown=self.platforms_are_unknown,
            is_for_one_platform=self.is_for_one_platform,
            has_unread_builds=self.has_unread_builds,
        )
        return Analyzer(
            self.request,
            asks_for_several=self.asks_for_several,
            origin=self.origin,
            shown_origin=self.shown_origin,
            default_platforms=self.default_platforms,
            rules=self._rules(is_by_hand=self.is_by_hand),
            workspace=workspace,
            title=self.title,
            name="" if self.shown is None else self.shown.display_name,
            others=tuple(
                (
                    it.name,
                    Analyzer(
                        it.request,
                        asks_for_several=it.origin != "" and len(it.request.target_platforms) > 1,
                        origin=it.origin,
                        rules=self._rules(is_by_hand=it.is_by_hand),
                        workspace=workspace,
                    ),
                )
                for it in self.others
            ),
        )


class Projects:
    """A snapshot of project files, read lazily; create a new one to see changes on disk."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Create an empty snapshot; `configuration` applies to all directories."""
        self._only_configuration = configuration
        self._builds: dict[Path, DirectoryBuilds] = {}
        self._siblings: dict[Path, tuple[Path, ...]] = {}
        """The directories with project files of a repository, by its root."""
        self._unread: dict[Path, bool] = {}
        """By the root of a repository: True if it has builds that cannot be read."""
        self._building: dict[tuple[Path, Path], bool] = {}
        """By the root of a repository and the directory of a Dockerfile: True if images may be built there."""
        self._directories_above: dict[Path, tuple[Path, ...]] = {}
        """By directory: itself and those above it, up to the root of the repository."""
        self._roots: dict[Path, Path | None] = {}
        """By directory: the root of its repository; None outside of one."""
        self._configurations: dict[Path, Configuration] = {}
        self._workspaces: dict[Path, Workspace] = {}

    @property
    def local_platform(self) -> str:
        """The meaning of `local` in project files: the platform of this machine."""
        return str(this_machine())

    def workspace(self, directory: Path) -> Workspace:
        """Facts from the source files beside a Dockerfile."""
        if directory not in self._workspaces:
            self._workspaces[directory] = read_workspace(directory)
        return self._workspaces[directory]

    def configuration(self, directory: Path) -> Configuration:
        """The configuration that applies to a directory."""
        if self._only_configuration is not None:
            return self._only_configuration
        if directory not in self._configurations:
            self._configurations[directory] = find_configuration(directory)
        return self._configurations[directory]

    def build(self, dockerfile: Path, settings: Settings) -> ProjectBuild:
        """The build of a Dockerfile; `settings` are those of the user, which override those of the project."""
        configuration = self.configuration(dockerfile.parent)
        merged = settings.over(configuration.settings)
        origin = ""
        if settings.platforms is not None:
            origin = BY_SETTING
        elif merged.platforms is not None and configuration.path is not None:
            origin = configuration.path.name
        declared = self.declared(dockerfile)
        is_chosen = [True] * len(declared)
        if merged.build not in {"", "all"}:
            # A build that does the same as another one is chosen, and shown, by its own name too.
            chosen = {it.key: it for it in reversed(self.named(dockerfile, merged.build))}
            is_chosen = [it.key in chosen for it in declared]
            declared = (*(chosen.get(it.key, it) for it in declared),)
        wanted = joined(compress(declared, is_chosen))
        places = {(it.source, it.name): place for place, it in enumerate(reversed(declared))}
        others_declared = joined(compress(declared, map(not_, is_chosen)))
        declared = (*sorted((*wanted, *others_declared), key=lambda it: -places[it.source, it.name]),)
        shown = choose(wanted) or choose(declared)
        if shown is None:
            ignored = read_ignore_patterns(dockerfile, dockerfile.parent)
            request = merged.request()
            path = _path_in_repository(dockerfile)
            named = _platforms_of_name(path or dockerfile.name) if merged.platforms is None else ()
            request = replace(request, target_platforms=named or request.target_platforms)
            return ProjectBuild(
                request,
                merged,
                origin,
                ignored,
                dockerfile=path,
                is_named=bool(named),
                is_automated=self._is_automated(dockerfile),
                has_unread_builds=self._has_unread_builds(dockerfile),
                contexts=_possible_contexts(dockerfile),
            )
        request, declared_origin = _request(shown, merged)
        others: dict[BuildRequest, OtherBuild] = {}
        some_name_platforms = any(it.platforms for it in declared)
        for it in wanted[:_MOST_BUILDS] if settings.platforms is None else ():
            other, other_origin = _request(it, merged)
            if some_name_platforms and it.is_for_own_platform and merged.platforms is None:
                other = replace(other, target_platforms=(other.build_platform,))
            if other != request and not it.is_check:
                by_hand = _is_by_hand(it, declared)
                others.setdefault(other, OtherBuild(it.display_name, other, origin or other_origin, by_hand))
        ignored = read_ignore_patterns(dockerfile, shown.context)
        path = _path_in_repository(dockerfile)
        return ProjectBuild(
            request,
            merged,
            origin or declared_origin,
            ignored,
            shown,
            declared,
            (*others.values(),),
            path,
            is_by_hand=not origin and _is_by_hand(shown, declared),
            is_automated=self._is_automated(dockerfile),
            has_unread_builds=not origin and self._has_unread_builds(dockerfile),
            contexts=Contexts((*dict.fromkeys(it.context for it in declared),)),
        )

    def is_known(self, dockerfile: Path) -> bool:
        """True if the build of a Dockerfile is cached, or can be computed without slow reading."""
        if dockerfile.parent not in self._workspaces and has_sources(dockerfile.parent):
            return False
        if dockerfile.parent not in self._configurations and has_configuration(dockerfile.parent):
            return False
        if any(has_project_files(it) for it in self._above(dockerfile) if it not in self._builds):
            return False
        root = self._root(dockerfile)
        return root is None or root in self._siblings

    def _above(self, path: Path) -> tuple[Path, ...]:
        """`directories_above`, looked up on disk once for each directory."""
        directory = path.parent
        if directory not in self._directories_above:
            self._directories_above[directory] = directories_above(path)
        return self._directories_above[directory]

    def _root(self, path: Path) -> Path | None:
        """The root of the repository of a file; None if none of `directories_above` is one, such as the root of the file system."""
        directory = path.parent
        if directory not in self._roots:
            root = self._above(path)[-1]
            self._roots[directory] = root if is_repository(root) else None
        return self._roots[directory]

    def declared(self, dockerfile: Path) -> tuple[DeclaredBuild, ...]:
        """The distinct builds of a Dockerfile that its repository declares, the nearest files first."""
        return distinct(self._shown(dockerfile))

    def named(self, dockerfile: Path, pattern: str) -> tuple[DeclaredBuild, ...]:
        """The builds of a Dockerfile that a value of the setting `build` matches; equal builds are all listed."""
        return (*(it for it in self._shown(dockerfile) if is_named(it, pattern)),)

    def declared_in(self, path: Path) -> tuple[DeclaredBuild, ...]:
        """The builds that one file declares: a Bake file, a Compose file, a workflow.

        Paths in a Bake file depend on the directory in which it is run. Of a target that is read for several
        directories, the readings that find its Dockerfile count.
        """
        builds = (it for directory in self._above(path) for it in self._read(directory).builds)
        own = (*dict.fromkeys(it for it in builds if it.source == path),)
        is_found = {it: exists(it.dockerfile) for it in own}
        complete = {(it.name, it.line) for it in own if is_found[it]}
        return tuple(it for it in own if is_found[it] or (it.name, it.line) not in complete)

    def notes_of(self, path: Path) -> tuple[Note, ...]:
        """The problems of reading one file."""
        notes = (it for directory in self._above(path) for it in self._read(directory).notes)
        return tuple(dict.fromkeys(it for it in notes if Path(it.file) == path))

    def project_files(self, dockerfile: Path) -> tuple[Path, ...]:
        """The files that declare builds of a Dockerfile."""
        paths = asked_paths(dockerfile)
        builds = (it for it in self._of_repository(dockerfile) if it.dockerfile in paths)
        return tuple(dict.fromkeys(it.source for it in builds))

    def notes(self, dockerfile: Path) -> tuple[Note, ...]:
        """The problems of reading the files around a Dockerfile that have been read so far."""
        read = (self._builds.get(it) for it in self._above(dockerfile))
        return tuple(note for it in read if it is not None for note in it.notes)

    def _shown(self, dockerfile: Path) -> Iterator[DeclaredBuild]:
        """All builds of a Dockerfile that are meant to be run, the nearest files first."""
        paths = asked_paths(dockerfile)
        return (it for it in self._of_repository(dockerfile) if it.dockerfile in paths and it.is_shown)

    def _is_automated(self, dockerfile: Path) -> bool:
        """True if the repository of a Dockerfile declares builds, or has workflows or scripts that may build images."""
        if any(True for _it in self._of_repository(dockerfile)):
            return True
        root = self._root(dockerfile)
        if root is None:
            return False
        # Loaded where there is a repository only: many Dockerfiles are opened on their own.
        from buildxray.projects.ci.unread import may_build_images  # noqa: PLC0415

        if (root, dockerfile.parent) not in self._building:
            self._building[root, dockerfile.parent] = may_build_images(root, dockerfile.parent)
        return self._building[root, dockerfile.parent]

    def _has_unread_builds(self, dockerfile: Path) -> bool:
        """True if a file of the repository builds for several platforms in a way that cannot be read; False outside of a repository."""
        root = self._root(dockerfile)
        if root is None:
            return False
        # Loaded where there is a repository only: many Dockerfiles are opened on their own.
        from buildxray.projects.ci.unread import has_unread_builds  # noqa: PLC0415

        if root not in self._unread:
            self._unread[root] = has_unread_builds(root, {it.source for it in self._of_repository(dockerfile)})
        return self._unread[root]

    def _of_repository(self, dockerfile: Path) -> Iterator[DeclaredBuild]:
        """The builds of all Dockerfiles that the files of the repository declare, the nearest files first."""
        return (it for directory in self._directories(dockerfile) for it in self._read(directory).builds)

    def _directories(self, dockerfile: Path) -> Iterator[Path]:
        """The directories above a Dockerfile, then those of its repository with files that may build it."""
        above = self._above(dockerfile)
        yield from above
        root = self._root(dockerfile)
        if root is not None:
            if root not in self._siblings:
                self._siblings[root] = (*project_directories(root),)
            yield from (it for it in self._siblings[root] if it not in above)

    def _read(self, directory: Path) -> DirectoryBuilds:
        if directory not in self._builds:
            above = self._above(directory / "Dockerfile")[1:]
            try:
                self._builds[directory] = read_directory(directory, above, local_platform=self.local_platform)
            except RecursionError:
                note = Note(str(last_project_file() or directory), 1, _("it is nested too deeply to be read"))
                self._builds[directory] = DirectoryBuilds(notes=(note,))
        return self._builds[directory]


def _is_of_workflow(build: DeclaredBuild) -> bool:
    return build.source.suffix in {".yml", ".yaml"} and build.source.parent.name == "workflows"


def _is_by_hand(build: DeclaredBuild, declared: Iterable[DeclaredBuild]) -> bool:
    """True if a script, a Makefile or a Bake file declares a build, while workflows build its platforms on native machines.

    That is so if one build of a workflow uses several machines; if its jobs build one platform each on unknown
    machines; or if some use machines of other architectures, none emulates, and together they build all
    platforms of the build.
    """
    builds = [it for it in declared if _is_of_workflow(it) or it.is_automated]
    if build in builds:
        return False
    if any(it.is_separate and "nodes" in it.unknown and {*build.platforms} <= {*it.platforms} for it in builds):
        return True
    if any(len(it.nodes) > 1 and len(it.nodes) == len(it.platforms) and _is_native(it) for it in builds):
        return True
    is_covered = {*build.platforms} <= {platform for it in builds for platform in it.platforms}
    return is_covered and any(map(_has_own_machine, builds)) and all(map(_is_native, builds))


def _is_native(build: DeclaredBuild) -> bool:
    """True if no machine of a build, as far as its machines are known, emulates."""
    return all(can_run(machine, platform) for platform, machine in build.nodes)


def _has_own_machine(build: DeclaredBuild) -> bool:
    """True if a machine of an architecture other than the common amd64 builds for its own platform."""
    return any(machine.architecture != AMD64.architecture and can_run(machine, it) for it, machine in build.nodes)


def _possible_contexts(dockerfile: Path) -> Contexts | None:
    """The directories that may be the build context of a Dockerfile without a known build; None outside of a repository."""
    root = repository_root(dockerfile.parent)
    return None if root is None else Contexts((*(it for it in dockerfile.parents if it.is_relative_to(root)),))


def _path_in_repository(dockerfile: Path) -> str:
    """The path of a Dockerfile below the root of its repository.

    Outside of a repository, its directory is included only if it names an architecture, because a directory called
    `test` may hold any experiment.
    """
    directory = dockerfile.parent.name
    outside = f"{directory}/{dockerfile.name}" if named_architectures(directory) else dockerfile.name
    return path_below(dockerfile, repository_root(dockerfile.parent)) or outside
