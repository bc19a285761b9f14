"""The files of a Dockerfile's build context, and the patterns of its `.dockerignore`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from buildxray.files.reading import (
    MOST_LOCK_BYTES,
    ReadError,
    entries_of,
    exists,
    is_directory,
    is_file,
    is_inside,
    list_directory,
    read_project_bytes,
    read_project_head,
    read_project_text,
    repository_root,
    subdirectories,
)
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.paths import clean
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Absence, LackingPackage, NeededFiles, PackagesOfNode, RunTimeNeeds, RustNeed

if TYPE_CHECKING:
    from buildxray.projects.absent_sources import AbsentSources

IGNORE_FILE: Final = ".dockerignore"


def read_ignore_patterns(dockerfile: Path, context: Path) -> IgnorePatterns | None:
    """Read the patterns that apply to a Dockerfile and its context; None if there is no `.dockerignore`.

    `NAME.dockerignore` beside the Dockerfile replaces the `.dockerignore` of the context.
    BuildKit: frontend/dockerui/config.go, ReadEntrypoint and dockerIgnorePatterns.
    """
    for path in (dockerfile.with_name(dockerfile.name + IGNORE_FILE), context / IGNORE_FILE):
        text = read_project_text(path)
        if text is not None:
            return IgnorePatterns(text)
    return None


@dataclass(frozen=True)
class Contexts:
    """The directories that are, or may be, the build context of one Dockerfile."""

    directories: tuple[Path, ...]
    jobs: tuple[tuple[Path, str], ...] = ()
    """The jobs that build the Dockerfile, each as its workflow and its name."""
    of_services: tuple[Path, ...] = ()
    """Those of the directories that services of Compose files name."""
    place: Path | None = None
    """The directory of the Dockerfile; None if no build is known."""
    _needed: dict[tuple[str, str, str], NeededFiles | None] = field(default_factory=dict, compare=False, repr=False)
    """What `needed` has answered: a Dockerfile is checked at each keystroke."""
    _go_versions: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `go_versions` has answered."""
    _dotnet_versions: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `dotnet_versions` has answered."""
    _rust_needs: dict[str, tuple[tuple[RustNeed, ...], ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `rust_needs` has answered."""
    _lacking: dict[str, tuple[LackingPackage, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `lacking_packages` has answered."""
    _packages: dict[str, PackagesOfNode | None] = field(default_factory=dict, compare=False, repr=False)
    """What `packages_in` has answered."""
    _scripts: list[tuple[tuple[str, str], ...]] = field(default_factory=list, compare=False, repr=False)
    """What `scripts` has answered; empty until it is asked."""
    _kept: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    """What `keeps` has answered."""
    _run_time: dict[str, RunTimeNeeds | None] = field(default_factory=dict, compare=False, repr=False)
    """What `run_time` has answered."""
    _read: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `texts` has answered."""
    _matching: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What `matching` has answered."""
    _heads: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """What `head` has answered."""
    _recipes: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str | None] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What `recipes` has answered."""
    _with_paths: dict[frozenset[str], dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    """What `facts_with` has answered."""
    _absent: list[AbsentSources] = field(default_factory=list, compare=False, repr=False)
    """The search of `absence`; empty until it is asked."""

    def answers(self) -> dict[str, Any]:
        """The fields of a `Workspace` that the files of the directories decide."""
        return {
            "holds": self.holds,
            "keeps": self.keeps,
            "absence": self.absence,
            "needed": self.needed,
            "dotnet_versions": self.dotnet_versions,
            "go_versions": self.go_versions,
            "rust_needs": self.rust_needs,
            "run_time": self.run_time,
            "texts": self.texts,
            "matching": self.matching,
            "head": self.head,
            "recipes": self.recipes,
            "lacking_packages": self.lacking_packages,
            "packages_in": self.packages_in,
        }

    def facts_with(self, paths: frozenset[str]) -> dict[str, Any]:
        """`answers` of the directories that have all of some paths; of all directories if none has them all, with `lacks_paths`."""
        if paths not in self._with_paths:
            having = (*(it for it in self.directories if all(exists(it / path) for path in paths)),)
            contexts = self if len(having) in (0, len(self.directories)) else Contexts(having, self.jobs)
            self._with_paths[paths] = {**contexts.answers(), "lacks_paths": not having}
        return self._with_paths[paths]

    def holds(self, path: str) -> bool:
        """True if a path, relative to the context, exists in one of the directories; of a path with wildcards, the part before them.

        A path with a slash at its end is that of a directory.
        """
        literal = re.split(r"[*?\[]", path, maxsplit=1)[0]
        literal = literal if literal == path else posixpath.dirname(literal)
        is_there = is_directory if path.endswith("/") else exists
        return any(
            is_inside(directory / literal, directory) and is_there(directory / literal)
            for directory in self.directories
        )

    def keeps(self, path: str) -> bool:
        """True if a path, relative to the context, exists in one of the directories as a part of the repository: Git does not ignore it.

        A path with a slash at its end is that of a directory. Outside of a repository nothing is ignored.
        """
        if path not in self._kept:
            self._kept[path] = any(_is_kept(it, path) for it in self.directories)
        return self._kept[path]

    def absence(self, path: str) -> Absence | None:
        """Why a build from a checkout stops at a path, relative to the context; see `AbsentSources`."""
        # Imported late: few Dockerfiles copy what does not exist.
        from buildxray.projects.absent_sources import AbsentSources  # noqa: PLC0415

        if not self._absent:
            self._absent.append(AbsentSources(self.directories, self.jobs, self.place))
        return self._absent[0].absence(path)

    @property
    def place_in_context(self) -> str:
        """The path of the directory of the Dockerfile from the only build context; empty if that is the context, is not in it, or is unknown."""
        if self.place is None or len(self.directories) != 1 or not self.place.is_relative_to(self.directories[0]):
            return ""
        path = self.place.relative_to(self.directories[0]).as_posix()
        return "" if path == "." else path

    def is_told(self) -> bool:
        """True if a Compose file names one of the directories, and it holds sources; other ones people copy to their own projects."""
        from buildxray.projects.absent_sources import has_code  # noqa: PLC0415 - as in `absence`

        return any(map(has_code, self.of_services))

    def needed(self, path: str, base: str, manager: str) -> NeededFiles | None:
        """The files that a download needs, given the path of its list of dependencies; see `needed_files`."""
        # Imported late: most Dockerfiles download nothing after the source.
        from buildxray.projects.manifests import needed_files  # noqa: PLC0415

        key = path, base, manager
        if key not in self._needed:
            self._needed[key] = needed_files(self.directories, path, base, manager)
        return self._needed[key]

    def go_versions(self, path: str) -> tuple[tuple[int, int], ...]:
        """The oldest versions of Go, as minor and patch, that the go.mod files at a path of each directory allow; (0, 0) for one without."""
        if path not in self._go_versions:
            lines = (_GO_LINE.search(it) for it in self._texts(path))
            self._go_versions[path] = tuple(
                (0, 0) if it is None else (int(it["minor"]), int(it["patch"] or 0)) for it in lines
            )
        return self._go_versions[path]

    def dotnet_versions(self, path: str) -> tuple[int, ...]:
        """The newest major versions of .NET for which the projects at a path of each directory are built; 0 for one that does not name any."""
        if path not in self._dotnet_versions:
            self._dotnet_versions[path] = (*map(_version_of_dotnet, self._texts(path)),)
        return self._dotnet_versions[path]

    def rust_needs(self, path: str) -> tuple[tuple[RustNeed, ...], ...]:
        """What the Cargo.toml or Cargo.lock at a path asks for, for each directory that has one; see `needs_of_rust`."""
        # Imported late: few Dockerfiles run Cargo in an image with a version.
        from buildxray.projects.manifests.rust_versions import needs_of_rust  # noqa: PLC0415

        if path not in self._rust_needs:
            found = (needs_of_rust(it, path) for it in self.directories)
            self._rust_needs[path] = tuple(it for it in found if it is not None)
        return self._rust_needs[path]

    def lacking_packages(self, path: str) -> tuple[LackingPackage, ...]:
        """The packages that the lock file of npm at a path lacks, in each of the directories that have one."""
        from buildxray.projects.npm_locks import lacking_packages  # noqa: PLC0415

        if path not in self._lacking:
            places = (it / path for it in self.directories if is_inside(it / path, it))
            contents = (read_project_bytes(it, MOST_LOCK_BYTES) for it in places)
            found = [lacking_packages(it) for it in contents if it is not None]
            first, *others = found or [()]
            self._lacking[path] = tuple(it for it in first if all(it in other for other in others))
        return self._lacking[path]

    def packages_in(self, directory: str) -> PackagesOfNode | None:
        """The packages of the package.json in a directory of the contexts; None if none has the list, or if they differ."""
        from buildxray.projects.sources import read_packages  # noqa: PLC0415

        if directory not in self._packages:
            places = (it / directory for it in self.directories if is_inside(it / directory, it))
            found = {read_packages(it) for it in places if exists(it / "package.json")}
            self._packages[directory] = found.pop() if len(found) == 1 else None
        return self._packages[directory]

    def run_time(self, language: str) -> RunTimeNeeds | None:
        """What the sources of a language need at run time, in the first directory that has some; see `run_time_needs`."""
        # Imported late: few stages are split.
        from buildxray.projects.run_time import run_time_needs  # noqa: PLC0415

        if language not in self._run_time:
            found = (run_time_needs(it, language) for it in self.directories)
            self._run_time[language] = next((it for it in found if it is not None), None)
        return self._run_time[language]

    def texts(self, path: str) -> tuple[str, ...]:
        """The texts of the files at a path of each directory that has one."""
        if path not in self._read:
            self._read[path] = tuple(self._texts(path))
        return self._read[path]

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The files that a pattern with a `*` in place of one directory names, in the context with the fewest of those that have some; at most a hundred."""
        if pattern not in self._matching:
            found = [it for it in (_matching(directory, pattern) for directory in self.directories) if it]
            self._matching[pattern] = min(found, key=len, default=())
        return self._matching[pattern]

    def head(self, path: str) -> bytes:
        """The first four bytes of the file at a path of the first directory that has one, or fewer; empty if none has."""
        if path not in self._heads:
            places = (it / path for it in self.directories if is_inside(it / path, it))
            self._heads[path] = next(filter(None, map(read_project_head, places)), b"")
        return self._heads[path]

    def recipes(self, path: str, goals: tuple[str, ...], given: tuple[str, ...]) -> str | None:
        """The recipes for some goals of the Makefile at a path, in the first directory that has it; `given` are `NAME=value`."""
        # Imported late: few Dockerfiles run make.
        from buildxray.projects.recipes import recipes_for  # noqa: PLC0415

        key = path, goals, given
        if key not in self._recipes:
            variables = {name: value for name, _equals, value in (it.partition("=") for it in given)}
            places = ((it / path, it) for it in self.directories if is_inside(it / path, it))
            found = (recipes_for(place, root, goals, variables) for place, root in places)
            self._recipes[key] = next((it for it in found if it is not None), None)
        return self._recipes[key]

    def _texts(self, path: str) -> Iterator[str]:
        """Yield the texts of the files at a path of each directory."""
        places = (it / path for it in self.directories if is_inside(it / path, it))
        yield from (text for it in places if (text := read_project_text(it)) is not None)

    def scripts(self) -> tuple[tuple[str, str], ...]:
        """The names and texts of the scripts in the package.json of the build context, or in the only one in a directory of it.

        Of several directories that may be the context, the first one that has some counts.
        """
        from buildxray.projects.sources import read_scripts  # noqa: PLC0415

        if not self._scripts:
            scripts = next(filter(None, map(read_scripts, self.directories)), ())
            if not scripts and self.directories:
                below = subdirectories(self.directories[0])[:_MOST_DIRECTORIES]
                known = [it for one in below if one.name != "node_modules" and (it := read_scripts(one))]
                scripts = known[0] if len(known) == 1 else ()
            self._scripts.append(scripts)
        return self._scripts[0]


@dataclass(frozen=True)
class IgnoredSources:
    """The paths that `.dockerignore` leaves out of whatever directory is the build context of a Dockerfile."""

    dockerfile: Path
    contexts: Contexts
    _patterns: dict[Path, IgnorePatterns | None] = field(default_factory=dict, compare=False, repr=False)
    """What was read, by the directory."""

    def leaves_out(self, path: str) -> bool:
        """True if a path exists in one of the directories, and each one that has it leaves it out.

        False without a directory that has it: a program may make it.
        """
        excluding = [it for it in self.contexts.directories if self._excludes(it, path)]
        others = (it for it in self.contexts.directories if it not in excluding)
        return any(map(partial(_has, path), excluding)) and not any(map(partial(_has, path), others))

    def _excludes(self, directory: Path, path: str) -> bool:
        if directory not in self._patterns:
            self._patterns[directory] = read_ignore_patterns(self.dockerfile, directory)
        patterns = self._patterns[directory]
        return patterns is not None and patterns.leaves_out(posixpath.normpath(path))


def _has(path: str, directory: Path) -> bool:
    return is_inside(directory / path, directory) and exists(directory / path)


def _is_kept(directory: Path, path: str) -> bool:
    """True if a path in a directory exists, and Git does not ignore it; one with a slash at its end is that of a directory."""
    # Imported late: few Dockerfiles download what their repository may have.
    from buildxray.projects.search import is_ignored  # noqa: PLC0415

    place, root = directory / path, repository_root(directory)
    is_there = is_directory if path.endswith("/") else exists
    if not is_inside(place, directory) or not is_there(place):
        return False
    # What is said of a directory holds for its files.
    return root is None or not is_ignored(place / "x" if path.endswith("/") else place, root)


_MOST_DIRECTORIES: Final = 50
_FRAMEWORKS: Final = lazy_regex(r"<TargetFrameworks?(?P<attributes>[^<>]{0,200})>(?P<value>[^<]{0,200})")
"""Source: learn.microsoft.com, "Target frameworks in SDK-style projects"; a condition or a variable makes it unknown."""
_NET: Final = lazy_regex(r"\bnet(\d{1,2})\.\d\b")
_GO_LINE: Final = lazy_regex(r"^go[ \t]+1\.(?P<minor>\d{1,3})(?:\.(?P<patch>\d{1,3}))?[ \t\r]*(?://.*)?$", re.MULTILINE)
"""Source: go.dev/ref/mod, "go directive"."""


def _version_of_dotnet(project: str) -> int:
    """The newest major version of .NET for which a project is built; 0 if it names none, or a condition may choose it."""
    named = [*islice(_FRAMEWORKS.finditer(project), 2)]
    if len(named) != 1:
        return 0
    (framework,) = named
    group = project.rfind("<PropertyGroup", 0, framework.start())
    is_conditional = (
        framework["attributes"] or "$" in framework["value"] or not project.startswith("<PropertyGroup>", group)
    )
    return 0 if group < 0 or is_conditional else max(map(int, _NET.findall(framework["value"])), default=0)


class ContextEntry(NamedTuple):
    """A file or directory of the build context."""

    name: str
    is_directory: bool


class ContextLister:
    """Lists directories of one build context, without ignored entries; never raises."""

    def __init__(self, dockerfile: Path, context: Path) -> None:
        self._context = context
        self._patterns = read_ignore_patterns(dockerfile, context)

    def __call__(self, directory: str) -> list[ContextEntry]:
        """The entries of a directory, whose path is relative to the context, with slashes; empty for one outside of it."""
        path = self._context / directory.strip("/")
        prefix = f"{clean(directory)}/" if directory.strip("/.") else ""
        try:
            if not is_inside(path, self._context):
                return []
            return [
                ContextEntry(it.name, it.is_dir(follow_symlinks=False))
                for it in list_directory(path)
                if self._patterns is None or not self._patterns.excludes(prefix + it.name)
            ]
        except (ReadError, OSError):
            return []

    def path(self, source: str) -> Path | None:
        """The file or directory that a source of COPY names; None if it does not exist."""
        try:
            path = self._context / source.lstrip("/")
            return path if is_inside(path, self._context) and exists(path) else None
        except (OSError, ValueError):
            return None


_MOST_MATCHING: Final = 100
"""Files that a pattern names."""


def _matching(directory: Path, pattern: str) -> tuple[str, ...]:
    """The files in a directory that a pattern names; none for one with more than one `*`, or with another wildcard."""
    before, _slash, after = pattern.partition("*/")
    parent, beginning = posixpath.split(before)
    place = directory / parent
    if not after or set(before + after) & set("*?[\\") or not is_inside(place, directory):
        return ()
    names = (it.name for it in entries_of(place) if it.name.startswith(beginning))
    paths = (posixpath.normpath(f"{parent}/{it}/{after}").lstrip("/") for it in names)
    files = (it for it in paths if is_inside(directory / it, directory) and is_file(directory / it))
    return tuple(islice(files, _MOST_MATCHING))
