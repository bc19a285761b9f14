"""The project that a Dockerfile belongs to: the directories above it, up to the root of the repository."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, is_repository, last_project_file, repository_root, settings_root
from buildxray.ide.configuration import FILE_NAMES as CONFIGURATION_FILES
from buildxray.ide.configuration import Configuration, find_configuration, has_configuration
from buildxray.ide.project_build import (
    OtherBuild,
    ProjectBuild,
    machine_is_told,
    may_have_own_machines,
)
from buildxray.ide.requests import machine_is_unknown, request_with_origin
from buildxray.ide.settings import Settings
from buildxray.localization import gettext_lazy as _
from buildxray.plan.request import BuildRequest
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform, parse_normalized, this_machine
from buildxray.projects.absent_sources import LOCK_FILES
from buildxray.projects.asked import BAKE_SUFFIXES, AskedTargets
from buildxray.projects.builds import (
    DeclaredBuild,
    Note,
    asked_paths,
    choose,
    distinct,
    joined,
    made_images,
    without_repeated,
)
from buildxray.projects.by_hand import nobody_waits
from buildxray.projects.ci import WORKFLOWS, is_nested_workflow
from buildxray.projects.context import Contexts, IgnoredSources, read_ignore_patterns
from buildxray.projects.fresh_machines import FreshMachines, are_on_fresh_machines
from buildxray.projects.plain_variants import is_plain_variant
from buildxray.projects.reader import WATCHED as PROJECT_FILES
from buildxray.projects.reader import (
    DirectoryBuilds,
    all_builds,
    directories_above,
    has_project_files,
    project_directories,
    read_directory,
)
from buildxray.projects.sources import has_sources, read_workspace
from buildxray.projects.stored_caches import StoredCaches
from buildxray.projects.text_tools import TextTools
from buildxray.records import replace
from buildxray.toolchains.base import Workspace

WATCHED: Final = (
    *PROJECT_FILES,
    *(f"**/{it}" for it in CONFIGURATION_FILES),
    "**/{go.mod,package.json}",
    *(f"**/{it}" for it in LOCK_FILES),
    "**/*.dockerignore",
)
"""Glob patterns of the files that decide how a Dockerfile is built."""
_MOST_BUILDS: Final = 12
"""Builds of one Dockerfile that are checked; nine of ten Dockerfiles have at most seven."""
_MOST_LINES: Final = 4
"""Builds of one name in one file that messages tell apart."""
BY_SETTING: Final = _("the setting `platforms`")
"""The origin of platforms that the user has set."""


class Projects:
    """A snapshot of project files, read lazily; create a new one to see changes on disk."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Create an empty snapshot; `configuration` applies to all directories."""
        self._only_configuration = configuration
        self._builds: dict[Path, DirectoryBuilds] = {}
        self._siblings: dict[Path, tuple[Path, ...]] = {}
        """The directories with project files of a repository, by its root."""
        self._declared: dict[Path, tuple[DeclaredBuild, ...]] = {}
        """By Dockerfile: its distinct builds."""
        self._asked: dict[Path, AskedTargets] = {}
        """By the root of a repository: the targets of its Bake files that it builds."""
        self._unread: dict[Path, bool] = {}
        """By the root of a repository: True if it has builds that cannot be read."""
        self._on_arm: dict[Path, bool] = {}
        """By the root of a repository: True if its continuous integration has machines with Arm processors that may build its images."""
        self._building: dict[Path, bool] = {}
        """By the root of a repository: True if it may build images."""
        self._building_in: dict[Path, bool] = {}
        """By the directory of a Dockerfile: True if images may be built there."""
        self._caches: dict[Path, StoredCaches] = {}
        """By the root of a repository."""
        self._fresh: dict[Path, FreshMachines] = {}
        """By Dockerfile, of those that jobs on new machines alone build."""
        self._text_tools: dict[Path, TextTools] = {}
        """By the root of a repository."""
        self._images: dict[Path, frozenset[str]] = {}
        """By the root of a repository, or the directory of a Dockerfile outside of one: the images that its builds make."""
        self._directories_above: dict[Path, tuple[Path, ...]] = {}
        """By directory: itself and those above it, up to the root of the repository."""
        self._roots: dict[Path, Path | None] = {}
        """By directory: the root of its repository; None outside of one."""
        self._contexts: dict[Path, Contexts | None] = {}
        """By the directory of a Dockerfile: the directories that may be its build context; None outside of a repository."""
        self._probable_contexts: dict[Path, Contexts] = {}
        """The same for Dockerfiles outside of a repository."""
        self._known_contexts: dict[Contexts, Contexts] = {}
        """The contexts of declared builds: equal ones are one object, which keeps what it has searched for."""
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
        wanted, declared = self._chosen(dockerfile, merged.build)
        shown = choose(wanted) or choose(declared)
        if shown is None:
            return self._undeclared(dockerfile, merged, origin)
        request, declared_origin = request_with_origin(shown, merged)
        native = {it for it in (*wanted, shown) if self._may_be_native(dockerfile, it, declared)}
        others = _others(wanted, declared, merged, native, origin) if settings.platforms is None else {}
        may_be_native = not origin and shown in native
        same = others.pop((request, may_be_native or may_have_own_machines(shown, merged)), None)
        n_builds = shown.n_declared if same is None else same.n_builds
        n_checked = n_builds + sum(it.n_builds for it in others.values())
        # Builds that differ in nothing but their context are one build for all else.
        contexts = self._contexts_of(dockerfile.parent, (*declared, *self._shown(dockerfile)))
        return ProjectBuild(
            request,
            merged,
            origin or declared_origin,
            None if "context" in shown.unknown else read_ignore_patterns(dockerfile, shown.context),
            shown,
            declared,
            (*others.values(),),
            self._path_in_repository(dockerfile),
            nobody_waits=not origin and nobody_waits(shown, declared),
            may_be_native=may_be_native,
            is_automated=self._is_automated(dockerfile),
            has_unread_builds=not origin and self._has_unread_builds(dockerfile),
            is_plain_variant=not origin and self._is_plain_variant(dockerfile),
            contexts=contexts,
            ignored_sources=IgnoredSources(dockerfile, contexts),
            stored_caches=self._stored_caches(dockerfile),
            fresh_machines=self._fresh_machines(dockerfile, declared),
            text_tools=self._tools_of_texts(dockerfile),
            own_images=self._own_images(dockerfile),
            label=_labels(declared)[shown],
            n_builds=n_builds,
            n_unchecked=max(0, sum(it.n_declared for it in wanted if not it.is_check) - n_checked),
        )

    def _chosen(self, dockerfile: Path, pattern: str) -> tuple[tuple[DeclaredBuild, ...], tuple[DeclaredBuild, ...]]:
        """The builds of a Dockerfile that the setting `build` chooses, and all its builds, in the order of the project."""
        declared = self.declared(dockerfile)
        # A build that does the same as another one is chosen, and shown, by its own name too.
        asked = (*(it for it in declared if not it.is_unasked),) or declared
        named = asked if pattern in {"", "all"} else self.named(dockerfile, pattern)
        chosen = {it.key: it for it in reversed(named)}
        declared = (*(replace(chosen.get(it.key, it), n_declared=it.n_declared) for it in declared),)
        wanted = joined(it for it in declared if it.key in chosen)
        rest = joined(it for it in declared if it.key not in chosen)
        places = {(it.source, it.name): place for place, it in reversed([*enumerate(declared)])}
        return wanted, (*sorted((*wanted, *rest), key=lambda it: places[it.source, it.name]),)

    def _undeclared(self, dockerfile: Path, settings: Settings, origin: str) -> ProjectBuild:
        """The build of a Dockerfile for which no file of its project declares one."""
        path = self._path_in_repository(dockerfile)
        named = _platforms_of_name(path or dockerfile.name) if settings.platforms is None else ()
        request = settings.request()
        contexts = self._possible_contexts(dockerfile.parent)
        return ProjectBuild(
            replace(request, target_platforms=named) if named else request,
            settings,
            origin,
            read_ignore_patterns(dockerfile, dockerfile.parent),
            dockerfile=path,
            is_named=bool(named),
            may_be_native=not origin and self._may_be_native(dockerfile, None),
            is_automated=self._is_automated(dockerfile),
            has_unread_builds=self._has_unread_builds(dockerfile),
            is_plain_variant=not origin and settings.platforms is None and self._is_plain_variant(dockerfile),
            contexts=contexts,
            ignored_sources=None if contexts is None else IgnoredSources(dockerfile, contexts),
            stored_caches=self._stored_caches(dockerfile),
            text_tools=self._tools_of_texts(dockerfile),
            own_images=self._own_images(dockerfile),
            probable_contexts=None if self._root(dockerfile) else self._probable(dockerfile.parent),
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

    def _possible_contexts(self, directory: Path) -> Contexts | None:
        """The directories that may be the build context of a Dockerfile without a known build, nearest first; None outside of a repository."""
        if directory not in self._contexts:
            root = repository_root(directory)
            self._contexts[directory] = None if root is None else _contexts_up_to(root, directory)
        return self._contexts[directory]

    def _probable(self, directory: Path) -> Contexts:
        """`_probable_contexts`, looked up on disk once for each directory."""
        if directory not in self._probable_contexts:
            self._probable_contexts[directory] = _probable_contexts(directory)
        return self._probable_contexts[directory]

    def _contexts_of(self, directory: Path, declared: Sequence[DeclaredBuild]) -> Contexts:
        """The build contexts of the builds of a Dockerfile; of a build with an unknown one, all directories that may be it."""
        known: dict[Path, None] = {}
        for it in declared:
            possible = self._possible_contexts(directory) if "context" in it.unknown else None
            known |= dict.fromkeys((it.context,) if possible is None else possible.directories)
        services = dict.fromkeys(it.context for it in declared if it.is_of_service and "context" not in it.unknown)
        contexts = Contexts((*known,), _jobs(declared, self._root(directory / "Dockerfile")), (*services,), directory)
        return self._known_contexts.setdefault(contexts, contexts)

    def _path_in_repository(self, dockerfile: Path) -> str:
        """The path of a Dockerfile below the root of its repository.

        Outside of a repository, its directory is included only if it names an architecture, because a directory called
        `test` may hold any experiment.
        """
        directory = dockerfile.parent
        contexts = self._possible_contexts(directory)
        if contexts is not None:
            return dockerfile.relative_to(contexts.directories[-1]).as_posix()
        return f"{directory.name}/{dockerfile.name}" if named_architectures(directory.name) else dockerfile.name

    def declared(self, dockerfile: Path) -> tuple[DeclaredBuild, ...]:
        """The distinct builds of a Dockerfile that its repository declares, the nearest files first."""
        if dockerfile not in self._declared:
            builds = without_repeated(self._shown(dockerfile))
            root = self._root(dockerfile)
            if root is not None and any(it.caller is None and it.source.suffix in BAKE_SUFFIXES for it in builds):
                if root not in self._asked:
                    self._asked[root] = AskedTargets(self._of_repository(dockerfile))
                builds = (*map(self._asked[root].marked, builds),)
            self._declared[dockerfile] = distinct(builds)
        return self._declared[dockerfile]

    def all_builds(self, directory: Path) -> DirectoryBuilds:
        """The builds that a directory and those below it declare."""
        return all_builds(directory, self._read)

    def dockerfiles(self, directory: Path) -> Iterator[Path]:
        """The Dockerfiles of the builds of a directory's repository, as absolute paths; some may be missing or elsewhere."""
        read = self.all_builds(self._root(directory / "Dockerfile") or directory)
        return (it.dockerfile for it in read.builds if it.is_shown and not it.may_be_written)

    def builds_of(self, dockerfile: Path) -> tuple[DeclaredBuild, ...]:
        """All builds of a Dockerfile that are meant to be run, those that are equal but for their contexts included, the nearest files first."""
        return (*self._shown(dockerfile),)

    def named(self, dockerfile: Path, pattern: str) -> tuple[DeclaredBuild, ...]:
        """The builds of a Dockerfile that a value of the setting `build` matches; equal builds are all listed."""
        return (*(it for it in self._shown(dockerfile) if it.is_named(pattern)),)

    def declared_in(self, path: Path) -> tuple[DeclaredBuild, ...]:
        """The builds that one file declares: a Bake file, a Compose file, a workflow.

        Paths in a Bake file depend on the directory in which it is run. Of a target that is read for several
        directories, the readings that find its Dockerfile count. A step of a workflow may build another one for each job of a matrix.
        """
        builds = (it for directory in self._above(path) for it in self._read(directory).builds)
        own = (*dict.fromkeys(it for it in builds if it.source == path),)
        if path.parent.parts[-2:] == WORKFLOWS.parts:
            return own
        is_found = {it: exists(it.dockerfile) for it in own}
        complete = {(it.name, it.line) for it in own if is_found[it]}
        return tuple(it for it in own if is_found[it] or (it.name, it.line) not in complete)

    def called_by(self, path: Path) -> tuple[DeclaredBuild, ...]:
        """The builds that other files declare and that a job, a script or a recipe of one file runs."""
        builds = (it for directory in self._above(path) for it in self._read(directory).builds)
        return (*dict.fromkeys(it for it in builds if it.called_from is not None and it.called_from.source == path),)

    def passed_on_by(self, path: Path) -> tuple[DeclaredBuild, ...]:
        """The builds of workflows that a job of one workflow calls."""
        builds = (it for directory in self._above(path) for it in self._read(directory).builds)
        return (*dict.fromkeys(it for it in builds if it.call is not None and it.call.source == path),)

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
        builds = (it for it in self._of_repository(dockerfile) if it.dockerfile in paths and it.is_shown)
        root = self._root(dockerfile)
        return builds if root is None else _without_nested([*builds], root)

    def _stored_caches(self, dockerfile: Path) -> StoredCaches | None:
        """The question whether a workflow of the repository keeps cache mounts, which is answered once; None outside of a repository."""
        root = self._root(dockerfile)
        return None if root is None else self._caches.setdefault(root, StoredCaches(root))

    def _fresh_machines(self, dockerfile: Path, declared: Sequence[DeclaredBuild]) -> FreshMachines | None:
        """The question whether only jobs on new machines build a Dockerfile, which is answered once; None if other builds are declared."""
        if not are_on_fresh_machines(declared):
            return None
        return self._fresh.setdefault(dockerfile, FreshMachines(dockerfile, self._stored_caches(dockerfile)))

    def _tools_of_texts(self, dockerfile: Path) -> TextTools | None:
        """The commands of the repository that read or edit Dockerfiles, which are looked for once; None outside of a repository."""
        root = self._root(dockerfile)
        return None if root is None else self._text_tools.setdefault(root, TextTools(root))

    def _is_automated(self, dockerfile: Path) -> bool:
        """True if the repository of a Dockerfile declares builds, or has workflows or scripts that may build images."""
        if any(True for _it in chain(self._of_repository(dockerfile), self._notes_of_repository(dockerfile))):
            return True
        root = self._root(dockerfile)
        if root is None:
            return False
        # Imported late: it is needed for repositories only, and many Dockerfiles are opened on their own.
        from buildxray.projects.ci.unread import may_build_images, may_build_images_in  # noqa: PLC0415

        directory = dockerfile.parent
        if root not in self._building:
            self._building[root] = may_build_images(root)
        if not self._building[root] and directory not in self._building_in:
            self._building_in[directory] = may_build_images_in(directory)
        return self._building[root] or self._building_in[directory]

    def _may_be_native(
        self, dockerfile: Path, build: DeclaredBuild | None, declared: Sequence[DeclaredBuild] = ()
    ) -> bool:
        """True if each platform of a build may have a machine of its kind, because the repository has Arm machines and the machine is unknown."""
        root = self._root(dockerfile)
        if root is None or (build is not None and (build.nodes or build.machine is not None)):
            return False
        from buildxray.projects.ci.arm_machines import may_be_native, may_build_on_arm  # noqa: PLC0415 - as below

        if not may_be_native(build, declared):
            return False
        if root not in self._on_arm:
            self._on_arm[root] = may_build_on_arm(root)
        return self._on_arm[root]

    def _has_unread_builds(self, dockerfile: Path) -> bool:
        """True if a file of the repository builds for several platforms in a way that cannot be read; False outside of a repository."""
        root = self._root(dockerfile)
        if root is None:
            return False
        # Imported late: it is needed for repositories only, and many Dockerfiles are opened on their own.
        from buildxray.projects.ci.unread import has_unread_builds  # noqa: PLC0415

        if root not in self._unread:
            lines: dict[Path, set[int]] = {}
            for it in self._of_repository(dockerfile):
                lines.setdefault(it.source, set()).add(it.line)
            is_noted = any(it.is_for_several for it in self._notes_of_repository(dockerfile))
            self._unread[root] = is_noted or has_unread_builds(root, lines)
        return self._unread[root]

    def _is_plain_variant(self, dockerfile: Path) -> bool:
        """True if another Dockerfile beside a Dockerfile builds the same image for several platforms; False outside of a repository."""
        return self._root(dockerfile) is not None and is_plain_variant(dockerfile, self._of_repository(dockerfile))

    def _own_images(self, dockerfile: Path) -> frozenset[str]:
        """The images that the builds of the repository of a Dockerfile make, each as its registry and path."""
        directory = self._root(dockerfile) or dockerfile.parent
        if directory not in self._images:
            self._images[directory] = made_images(self._of_repository(dockerfile))
        return self._images[directory]

    def _of_repository(self, dockerfile: Path) -> Iterator[DeclaredBuild]:
        """The builds of all Dockerfiles that the files of the repository declare, the nearest files first."""
        return (it for directory in self._directories(dockerfile) for it in self._read(directory).builds)

    def _notes_of_repository(self, dockerfile: Path) -> Iterator[Note]:
        """The notes on parts of the files of the repository that cannot be read, which may build images."""
        return (it for directory in self._directories(dockerfile) for it in self._read(directory).notes)

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


def _probable_contexts(directory: Path) -> Contexts:
    """The directories that may be the build context of a Dockerfile outside of a repository, such as in an archive of one, nearest first.

    They end at the nearest directory with settings of Git or GitHub; without one, only the directory itself counts.
    """
    return _contexts_up_to(settings_root(directory) or directory, directory)


def _contexts_up_to(root: Path, directory: Path) -> Contexts:
    """A directory and those above it, up to a root."""
    return Contexts((*(it for it in (directory, *directory.parents) if it.is_relative_to(root)),))


def _without_nested(builds: Sequence[DeclaredBuild], root: Path) -> Iterator[DeclaredBuild]:
    """The builds of a Dockerfile, without those of workflows that GitHub does not run if a workflow that it runs builds the file too.

    A directory with workflows of its own may be published as another repository, where its workflows run.
    """
    has_run = any(it.run_from[0].parent == root / WORKFLOWS for it in builds)
    return (it for it in builds if not (has_run and is_nested_workflow(it.run_from[0], root)))


def _jobs(builds: Iterable[DeclaredBuild], root: Path | None) -> tuple[tuple[Path, str], ...]:
    """The jobs that declare builds, or call Bake for them, each as its workflow and its name.

    Left out are those that run a script, which may make files before it builds, and those that GitHub does not run.
    """
    found = (
        (it.source, name) if it.caller is None else (it.caller.source, it.caller.name)
        for it in builds
        for name in it.joined_names or (it.name,)
    )
    return tuple(
        it
        for it in dict.fromkeys(found)
        if it[0].parent.parts[-2:] == WORKFLOWS.parts and (root is None or not is_nested_workflow(it[0], root))
    )


def _labels(builds: Iterable[DeclaredBuild]) -> dict[DeclaredBuild, str]:
    """The names of builds for messages, with the file that runs them where those of several files have one name: `release.yml:build`.

    Builds of one name in one file have its lines instead, if they are few: `release.yml:12`.
    """
    places = {it: it.run_from for it in builds}
    of_names: dict[str, set[Path]] = {}
    for it, (source, _line) in places.items():
        of_names.setdefault(it.display_name, set()).add(source)
    labels = {
        it: it.display_name if len(of_names[it.display_name]) == 1 else f"{source.name}:{it.display_name}"
        for it, (source, _line) in places.items()
    }
    lines: dict[str, list[int]] = {}
    for it, (_source, line) in places.items():
        lines.setdefault(labels[it], []).append(line)
    are_told_apart = {label for label, it in lines.items() if 1 < len(it) == len({*it}) <= _MOST_LINES}
    return {
        it: f"{source.name}:{line}" if labels[it] in are_told_apart else labels[it]
        for it, (source, line) in places.items()
    }


def _others(
    wanted: Iterable[DeclaredBuild],
    declared: Iterable[DeclaredBuild],
    settings: Settings,
    native: Collection[DeclaredBuild],
    origin: str,
) -> dict[tuple[BuildRequest, bool], OtherBuild]:
    """The different builds among the first of `wanted`; `origin` is that of the user's platforms, if any, and `native` has those of which each platform may have its own machine.

    The key is the request, and True if its builder may have a machine for each platform.
    """
    others: dict[tuple[BuildRequest, bool], OtherBuild] = {}
    labels = _labels(declared)
    some_name_platforms = any(it.platforms or "platforms" in it.unknown for it in declared)
    for it in [*wanted][:_MOST_BUILDS]:
        if it.is_check:
            continue
        request, declared_origin = request_with_origin(it, settings)
        if some_name_platforms and it.is_for_own_platform and settings.platforms is None:
            request = replace(request, target_platforms=(request.build_platform,))
        build = OtherBuild(
            labels[it],
            request,
            origin or declared_origin,
            nobody_waits(it, declared),
            machine_is_unknown(it, settings),
            may_have_own_machines(it, settings) or it in native,
            machine_is_told(it),
            it.n_declared,
        )
        key = (request, build.may_have_own_machines)
        before = others.get(key)
        others[key] = build if before is None else before._replace(n_builds=before.n_builds + it.n_declared)
    return others


def _platforms_of_name(path: str) -> tuple[Platform, ...]:
    """The platform in the name of a Dockerfile or of its directory; empty if there is none, or several."""
    named = {architecture for *_, architecture in named_architectures(path)}
    return (parse_normalized(f"linux/{named.pop()}"),) if len(named) == 1 else ()
