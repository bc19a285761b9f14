"""The values of toolchains: commands with their environment, and their recognised effects."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import field
from enum import Enum
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar, cast

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.environment import Environment
from buildxray.plan.paths import LONGEST_PATH, clean
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass, replace
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import UNKNOWN, Assignment, Command, Evaluator, ShellWord, Taken
from buildxray.syntax.text import TextRange

_Fact = TypeVar("_Fact")


class Effect(Enum):
    """The effect of a command, as far as architectures are concerned."""

    __hash__ = object.__hash__
    # Each member is one object; the hash of `Enum` is a function in Python.

    COMPILE = "compile"
    """Writes files for one architecture."""
    BUNDLE = "bundle"
    """Writes files for any architecture, but takes as long as a compiler."""
    FETCH = "fetch"
    """Downloads files that suit every architecture: sources, jars, scripts."""
    INSTALL = "install"
    """Installs files for the architecture of the stage."""
    EXECUTE = "execute"
    """Runs built files, or programs of the project."""
    DOWNLOAD = "download"
    """Downloads files that may be for one architecture."""
    PROBE = "probe"
    """Prints the architecture of the machine on which it runs."""
    NEUTRAL = "neutral"
    """Takes no time and writes no relevant files."""
    UNKNOWN = "unknown"
    """Runs a script of unknown effect."""


class Reading(Enum):
    """The certainty that a command reads a variable of its environment without an option for it; larger is more certain."""

    NO = 0
    """The documentation lists the variables that the command reads, without this one."""
    UNLIKELY = 1
    """The command runs code of other projects that has no reason to read the variable, such as installation scripts of packages."""
    MAYBE = 2
    """The command runs code or templates of the project, or is unknown."""
    YES = 3


IGNORING_SCRIPTS: Final = "--ignore-scripts"
"""The option with which a package manager of Node.js runs no script of package.json."""
MAKING_CLIENT: Final = "prisma-generate"
"""A word after the name of a package manager if a later command of the build makes the client of Prisma."""
WITHOUT_WORKSPACE: Final = "GOWORK=off"
"""A word after the name of the go command if it finds no go.work."""
INSTALL_SCRIPTS: Final = frozenset(
    {
        "dependencies",
        "install",
        "pnpm:devPreinstall",
        "postinstall",
        "postprepare",
        "preinstall",
        "prepare",
        "preprepare",
        "prepublish",
    }
)
"""The scripts of a package.json that an installation runs. Source: docs.npmjs.com, "scripts"; pnpm.io, "Scripts"."""
_HARMLESS_SCRIPT: Final = lazy_regex(
    r"\s*(?:(?:npx|is-ci|test|\[|\|\|)\s+)*(?:(?:husky|simple-git-hooks|ngcc|patch-package|only-allow)\b[^&;|]*"
    r"(?:\|\|\s*(?:true|:|exit 0)\s*)?|lefthook\b[^&;|]*\|\|\s*(?:true|:|exit 0)\s*)"
)


def is_harmless_script(text: str) -> bool:
    """True if a script that an installation runs needs no sources: it sets up the checkout of a developer, or patches packages."""
    return _HARMLESS_SCRIPT.fullmatch(text) is not None


FIRST_LISTS: Final = frozenset(
    {"Cargo.toml", "Gemfile", "composer.json", "go.mod", "mix.exs", "package.json", "pom.xml"}
)
"""Lists of dependencies that a project has from its first day: a directory that lacks one is not that of the project."""


class NeededFiles(NamedTuple):
    """The files of a build context that a package manager needs for a download."""

    files: tuple[str, ...]
    """The paths relative to the build context: the list of dependencies itself, its lock files, and what it refers to."""
    is_complete: bool
    """False if it needs more files, of which the text does not tell the names."""
    installs_itself: bool = False
    """True if the command installs the project too, and so needs its sources, unless an option leaves the project out."""
    requires_nothing: bool = False
    """True if no list names a dependency, so that nothing is downloaded."""
    requires_crates: bool = False
    """True if Cargo surely downloads crates for the list, or for its workspace."""
    requires_packages: bool = False
    """True if a pyproject.toml lists packages that an installation of the project downloads."""
    names_targets: bool = False
    """True if a Cargo.toml tells where a library or a program begins, so that Cargo needs no file at the usual places."""
    vendored: tuple[str, ...] = ()
    """Those of the files that are the lists of copied modules of other projects, which change with the list that names them, or never."""


class RustAsking(Enum):
    """A way in which a file of a project asks for a version of Rust."""

    EDITION = "edition"
    """The edition of a package, which an older Cargo does not know, so that it refuses each manifest of the workspace."""
    COMPILER = "rust-version"
    """The oldest compiler, which Cargo compares before it compiles the package."""
    LOCK_FILE = "Cargo.lock"
    """The format of the lock file, which an older Cargo does not read."""


class RustNeed(NamedTuple):
    """A version of Rust that a file of a project asks for."""

    path: str
    """The path of the Cargo.toml or the Cargo.lock in the build context."""
    asking: RustAsking
    version: tuple[int, int]
    """The minor and the patch version of the oldest Rust that accepts it."""
    written: str
    """What the file says: `2024`, `1.85` or `4`."""
    package: str = ""
    """The name of the package; empty for a lock file."""


class LackingPackage(NamedTuple):
    """A package with native code for one machine that a lock file of npm does not list, although it lists those for others.

    npm writes such a lock file if `node_modules` was there already.
    """

    name: str
    """Its name: `@rollup/rollup-linux-arm64-gnu`."""
    parent: str
    """The package that does not start without it: `rollup`."""
    architecture: str
    """The architecture of the machine, as TARGETARCH spells it."""
    library: str
    """The C library of the machine: `gnu` or `musl`."""
    is_for_development: bool
    """True if only the development of the project needs the parent, so that `npm ci --omit=dev` installs neither."""


class PackagesOfNode(NamedTuple):
    """The native code among the packages of Node.js that a list of dependencies and its lock file name."""

    are_native: bool | None
    """True if some with native code are installed in a Linux container; None if the text does not tell."""
    are_prebuilt: bool | None
    """True if some of them are published for each machine, so that they are installed without a script; None if the text does not tell."""
    may_be_native: bool
    """True if a package with native code is listed that not every image needs, or that is optional."""


class RunTimeNeeds(NamedTuple):
    """What the sources of a program show that it needs when it runs."""

    starts_programs: bool
    """True if it starts other programs."""
    reads_time_zones: bool
    """True if it reads the files of time zones, and brings none itself."""
    texts: tuple[str, ...] = ()
    """The texts in it that may be paths of files, as written."""
    places: frozenset[str] = frozenset()
    """The directories with sources, relative to the build context; `.` for that itself."""


class Absence(Enum):
    """Why a checkout of a repository lacks a file that its Dockerfile copies."""

    MISSING = "nobody has added it"
    IN_ROOT = "nobody has added it there, but it is in the root of the repository"
    IGNORED = "Git ignores it"
    UNMADE = "it is not in the repository, and no step of the workflow that builds makes it"
    REPEATED = "its path begins with the directory that is the context already"
    FROM_ROOT = "its path is that from the root of the repository, through the directory that is the context"
    ABOVE = "the directory above the context has it"
    BESIDE = "the root of the repository has it, and not the directory above the context"
    BELOW = "the directory of the Dockerfile has it, which is below the context"


class Workspace(NamedTuple):
    """Facts from the files beside a Dockerfile, which are read as text."""

    uses_cgo: bool | None = None
    """True if the Go module beside the Dockerfile needs a C compiler; None without a module."""
    may_use_libc: bool | None = None
    """True if the Go program, compiled with cgo on, may need a C library at run time; None without a module, unless its sources surely need none."""
    requires_modules: bool | None = None
    """True if the Go module requires others; None without a go.mod."""
    has_native_packages: bool | None = None
    """True if a lock file of npm lists packages with native code; None without a lock file."""
    has_prebuilt_packages: bool | None = None
    """True if some of them are published for each machine, so that they are installed without a script; None without a lock file."""
    may_take_native_packages: bool = False
    """True if a package.json of the workspace of npm lists a package with native code, which not every image of it needs, or a lock file an optional one."""
    packages_in: Callable[[str], PackagesOfNode | None] | None = None
    """The packages of the package.json in a directory of the build context, and of the lock file beside it.

    It returns None if no build context has the list, or if several have different ones. None if the contexts are unknown.
    """
    has_package_cache: bool = False
    """True if the repository holds the packages of Yarn, so that `yarn install` downloads none."""
    recipe_sets_platform_in: frozenset[str] = frozenset()
    """The names of the Dockerfiles into which, or into copies of which, a Makefile or script inserts `--platform` before the build, as
    kubebuilder's does; `*` if it may be any."""
    is_of_action: bool = False
    """True if the `Dockerfile` of the directory is that of an action of GitHub, which builds it on a machine without a cache."""
    search: Callable[[], frozenset[str] | None] | None = None
    """A lazy search of the project's files for the names of platform arguments."""
    project_uses_cgo: Callable[[], bool | None] | None = None
    """A lazy search of the project's Go files for one that needs cgo; it returns None if there are too many files."""
    scripts: tuple[tuple[str, str], ...] = ()
    """The names and texts of the `scripts` in the package.json beside the Dockerfile or, without one, in that of its build context."""
    ignored: IgnorePatterns | None = None
    """The patterns of the `.dockerignore` of the build context; None without such a file."""
    leaves_out: Callable[[str], bool] | None = None
    """True for a path, relative to a build context, that exists in contexts of the Dockerfile, all of which leave it out by `.dockerignore`.

    None if the contexts are unknown.
    """
    has_vendored_modules: bool = False
    """True if `vendor/modules.txt` exists: the go command then takes modules from `vendor` and downloads none."""
    holds: Callable[[str], bool] | None = None
    """True for a path, relative to a build context, that exists in the contexts of the Dockerfile, as a directory if it ends with a slash.

    None if the contexts are unknown.
    Without a known build each directory above the Dockerfile, up to the root of its repository, may be the context.
    """
    keeps: Callable[[str], bool] | None = None
    """True for a path, relative to a build context, that exists in the contexts of the Dockerfile and that Git does not ignore there.

    Without a known build, as for `holds`. None if the contexts are unknown.
    """
    absence: Callable[[str], Absence | None] | None = None
    """Why a build from a checkout stops at a path, relative to the build context; it returns None if the file may exist then.

    None if the contexts are unknown.
    """
    directory_in_context: str = ""
    """The path of the directory of the Dockerfile from its only build context; empty if that is the context, is not in it, or is unknown."""
    context_is_told: Callable[[], bool] | None = None
    """True if a Compose file names the build context, a directory with sources of a program. None if the contexts are unknown."""
    facts_with: Callable[[frozenset[str]], dict[str, Any]] | None = None
    """The fields that the files of the build contexts decide, for those contexts that have some paths, which the text needs.

    If none has all, those of all. None if a file of the project names the context, or if it is unknown.
    """
    lacks_paths: bool = False
    """True if several directories may be the build context, and none of them has all paths that the text needs."""
    has_several_contexts: bool = False
    """True if more than one directory may be the build context."""
    writes_architecture: Callable[[str, str], bool] | None = None
    """True if a command of the project edits a line of a text for another architecture, given the path of the Dockerfile and the text."""
    loses_text: Callable[[str, str, str], bool] | None = None
    """True if a script of the repository finds something in old lines of the Dockerfile, and not in new ones; given its path, the old and the new lines.

    None if the scripts are unknown.
    """
    restores_caches: Callable[[], bool] | None = None
    """True if a workflow of the repository keeps the cache mounts of Dockerfiles between its runs, which it finds by their ids as written."""
    is_on_fresh_machines: Callable[[], bool] | None = None
    """True if only jobs on new machines build the Dockerfile, on which each cache mount is empty at the beginning. None if other builds are known, or none."""
    dockerfile: str = ""
    """The path of the Dockerfile from the root of its repository, with slashes; empty if it is unknown."""
    own_images: frozenset[str] = frozenset()
    """The images that other builds of the project make, each as its registry and path: `ghcr.io/acme/base`."""
    given_arguments: frozenset[str] = frozenset()
    """The names of the build arguments that some build of the project gives; `*` if one may give others too."""
    arguments_of_each_build: frozenset[str] = frozenset()
    """The names of the build arguments that each known build of the project gives, or may give if only a run tells which ones it does."""
    changing_arguments: frozenset[str] = frozenset()
    """The names of the arguments to which a build gives a value that only a run tells, if that build may find the steps of earlier ones in its cache."""
    machine_is_unknown: bool = False
    """True if the project does not name the machine that builds, so that it is unknown which steps are emulated."""
    may_have_own_machines: bool = False
    """True if each platform may have a machine of its own: no file of the project tells which machines the builder has, or which of its machines builds."""
    machine_is_told: bool = False
    """True if a file of the project tells the machine that builds each platform."""
    stages_of_images: frozenset[str] = frozenset()
    """The stages, by number or by name in lower case, of which builds of the project make images for platforms that they name, or publish them."""
    builds_for_itself: bool = False
    """True if the project's builds of the Dockerfile name no platform, so that each is for the machine that builds it."""
    platforms_are_unknown: bool = False
    """True if a file of the project builds the Dockerfile, and only a run of it tells for which platforms."""
    has_build: bool = False
    """True if a file of the project builds the Dockerfile with the text that it has."""
    is_of_buildah: bool = False
    """True if files of the project build the Dockerfile, and all of them with Buildah or Podman, which accept what BuildKit refuses."""
    has_legacy_build: bool = False
    """True if the builder before BuildKit builds the Dockerfile in the project too, to which platform arguments are unknown."""
    is_beside_sources: bool = False
    """True if the directory of the Dockerfile holds sources of a program or its list of dependencies."""
    platforms_are_assumed: bool = False
    """True if neither the user, a file of the project nor the name of the Dockerfile tells its platforms, so that the default ones are checked."""
    is_for_one_platform: bool = False
    """True if the repository has workflows or builds, and none of them can build the Dockerfile for several platforms."""
    is_plain_variant: bool = False
    """True if another Dockerfile beside this one builds the same image for several platforms, and no build of this one names a platform."""
    is_automated: bool = False
    """True if the repository declares builds, or has workflows or scripts that may build images."""
    has_unread_builds: bool = False
    """True if the repository builds for several platforms, but its files do not name the Dockerfiles of these builds."""
    needed: Callable[[str, str, str], NeededFiles | None] | None = None
    """The files that a download needs, given the path of its list of dependencies in the build context, the directory that is copied, and
    the name of the package manager.

    It returns None if no build context holds the list. None if the contexts are unknown.
    """
    dotnet_versions: Callable[[str], tuple[int, ...]] | None = None
    """The newest major versions of .NET for which the projects at a path of the build contexts are built. None if the contexts are unknown."""
    go_versions: Callable[[str], tuple[tuple[int, int], ...]] | None = None
    """The oldest versions of Go, as minor and patch, that the go.mod files at a path of the build contexts allow. None if the contexts are unknown."""
    rust_needs: Callable[[str], tuple[tuple[RustNeed, ...], ...]] | None = None
    """What the Cargo.toml or Cargo.lock files at a path of the build contexts ask for, for each context that has one. None if the contexts are unknown."""
    lacking_packages: Callable[[str], tuple[LackingPackage, ...]] | None = None
    """The packages that the lock file of npm at a path of the build contexts lacks. None if the contexts are unknown."""
    run_time: Callable[[str], RunTimeNeeds | None] | None = None
    """What the sources of the build contexts in the language of a toolchain, given its name, need at run time. None if the contexts are unknown.

    It returns None for a language without sources there, or with too many.
    """
    texts: Callable[[str], tuple[str, ...]] | None = None
    """The texts of the files at a path of the build contexts. None if the contexts are unknown."""
    matching: Callable[[str], tuple[str, ...]] | None = None
    """The files, relative to a build context, that a pattern with a `*` in place of one directory names, at least two if there are several.

    None if the contexts are unknown.
    """
    head: Callable[[str], bytes] | None = None
    """The first four bytes of the file at a path of the build contexts, or fewer; empty if there is none. None if the contexts are unknown."""
    recipes: Callable[[str, tuple[str, ...], tuple[str, ...]], str | None] | None = None
    """The recipes of the Makefile at a path of the build contexts for some goals, or the default one, given variables as `NAME=value`.

    It returns None if the Makefile or the goal does not exist. None if the contexts are unknown.
    """
    files_for: frozenset[str] = frozenset()
    """The architectures in the names of the Dockerfiles of the directory, as `TARGETARCH` spells them."""
    includes: Callable[[str], bool] | None = None
    """True for the base name of a file of the directory that another Dockerfile includes; None if the directory is unknown."""
    set_by_others: Callable[[str], frozenset[str]] | None = None
    """The automatic platform arguments that an ENV in another Dockerfile of the directory sets, given the base name of this one."""

    @property
    def may_use_cgo(self) -> bool:
        """True if the Go module beside the Dockerfile needs cgo or, without one, a Go file of the project does."""
        if self.uses_cgo is not None or self.project_uses_cgo is None:
            return self.uses_cgo is True
        return self.project_uses_cgo() is True

    @property
    def recipe_sets_platform(self) -> bool:
        """True if a Makefile or script inserts `--platform` into the Dockerfile, or into a copy, before the build."""
        names = self.recipe_sets_platform_in
        return bool(names) and ("*" in names or self.dockerfile.rpartition("/")[2] in {*names, ""})

    @property
    def is_part_of_another(self) -> bool:
        """True if another Dockerfile includes this one, which then is not built on its own."""
        return self.includes is not None and self.includes(self.dockerfile.rpartition("/")[2])

    @property
    def has_own_name(self) -> bool:
        """True if the name of the file is another than the ones that `docker build` and Podman look for."""
        return self.dockerfile.rpartition("/")[2].lower() not in ("", "dockerfile", "containerfile")

    @property
    def may_be_part(self) -> bool:
        """True if the file may be a part of others: nothing is known to build it, and a build without options would not find it.

        Such a build reads the `Dockerfile` of the directory that it sends: the root of a repository, or one with the sources of a program.
        """
        is_alone = "/" in self.dockerfile and not self.is_beside_sources
        return not self.has_build and (self.has_own_name or is_alone)

    def may_set(self, name: str) -> bool:
        """True if an image built from another Dockerfile of the directory has an automatic platform argument in its environment."""
        return self.set_by_others is not None and name in self.set_by_others(self.dockerfile.rpartition("/")[2])

    @property
    def loses_cache_mounts(self) -> bool:
        """True if each build of the Dockerfile begins with empty cache mounts, so that none keeps anything for the next build."""
        return self.is_on_fresh_machines is not None and self.is_on_fresh_machines()

    @property
    def runs_scripts_at_install(self) -> bool:
        """True if `npm ci` runs a script of the project, which may need any of its files. Source: docs.npmjs.com, "scripts"."""
        return not INSTALL_SCRIPTS.isdisjoint(name for name, _ in self.scripts)

    @property
    def mentioned(self) -> frozenset[str] | None:
        """The platform arguments that files of the project name, or all if a file reads the whole environment.

        None if nothing can be searched, or if there are too many files.
        """
        return None if self.search is None else self.search()


class Setting(NamedTuple):
    """A variable in the environment of a command."""

    values: tuple[str | None, ...]
    """The value for each target platform; None if it is unknown, an empty string if it is not set."""
    assignment: Assignment | None
    """The assignment in the script; None if the variable comes from the environment of the stage or is not set."""
    is_set: bool

    @property
    def is_known(self) -> bool:
        """True if the value is known for every target platform."""
        return None not in self.values


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command in a RUN, with its environment, directory and platform for each target."""

    command: Command
    instruction: int
    """Index of the RUN."""
    builder: Platform
    targets: tuple[Platform, ...]
    """The target platforms that need the RUN and may run the command."""
    environments: tuple[Environment, ...]
    """The environment of the RUN, for each of `targets`."""
    step_platforms: tuple[Platform, ...]
    """The platform that the RUN executes on, for each of `targets`."""
    directories: tuple[str, ...]
    """The possible directories of the command: the working directory, and those that earlier `cd` commands enter."""
    open_arguments: Container[str]
    """Names of ARGs in scope without a value, which a build argument may give."""
    workspace: Workspace
    preparations: tuple[Command, ...] = ()
    """Earlier commands of the stage and its ancestors that decide how later ones compile: `cmake -B build`, `xx-go --wrap`."""
    taken: tuple[Taken, ...] = ()
    """The certainty that each of `targets` runs the command; never `NO`."""
    evaluators: tuple[Evaluator, ...] = field(default=(), compare=False, repr=False)
    """The evaluators of the script's words, for each of `targets`."""
    platform_variables: Container[str] = frozenset()
    """The variables of the environment whose values depend on the platform."""
    passed: Mapping[str, Setting] = field(default_factory=dict, compare=False, repr=False)
    """For a command of a file that another command runs: the variables that this command, or the script around it, sets."""
    _settings: dict[str, Setting] = field(default_factory=dict, compare=False, repr=False)
    """A cache by name: an invocation outlives many edits, and many rules ask for the same variables."""
    _values: dict[tuple[TextRange, str], tuple[str | None, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """A cache of the values of words, by their position."""
    _operands: list[list[int]] = field(default_factory=list, compare=False, repr=False)
    """A cache; None until the operands are first read."""
    _remembered: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    """What `remembered` has answered."""

    def of_command(self, command: Command) -> Invocation:
        """The invocation of another command in the same place, such as an earlier command of the stage."""
        return replace(self, command=command, _settings={}, _values={}, _operands=[], _remembered={})

    def of_script(self, command: Command) -> Invocation:
        """The invocation of a command of a script or a recipe that this one runs, with the variables that this one passes on to it.

        make passes on the variables of its command line. Source: GNU make manual, "Communicating Variables to a Sub-make".
        """
        outer = self.command
        names = {it.name for it in outer.assignments}
        names |= {name for name, values in outer.variables.items() if any(it.is_exported for it in values)}
        passed = {**self.passed, **{it: self.setting(it) for it in names}}
        if outer.name in MAKE:
            for word in outer.words[1:]:
                name, mark, _ = word.text.partition("=")
                if mark and _NAME.fullmatch(name):
                    passed[name] = Setting(self.evaluate(word.after(f"{name}=")), None, is_set=True)
        inner = self.of_command(command)
        if not passed:
            return inner
        of_targets = [
            {name: UNKNOWN if (value := it.values[idx]) is None else value for name, it in passed.items()}
            for idx in range(len(self.evaluators))
        ]
        evaluators = (it.with_environment(values) for it, values in zip(self.evaluators, of_targets, strict=True))
        return replace(
            inner,
            evaluators=tuple(evaluators),
            passed={name: it._replace(assignment=None) for name, it in passed.items()},
        )

    def remembered(self, subject: str, find: Callable[[], _Fact]) -> _Fact:
        """A fact that depends on the invocation alone, found once: several rules ask for it after each edit."""
        if subject not in self._remembered:
            self._remembered[subject] = find()
        return cast("_Fact", self._remembered[subject])

    def setting(self, name: str) -> Setting:
        """A variable as the command sees it: assigned directly before the command, exported earlier, or from the environment."""
        known = self._settings.get(name)
        if known is None:
            known = self._settings[name] = self._setting(name)
        return known

    def _setting(self, name: str) -> Setting:
        prefix = self.command.assigned(name)
        if prefix is not None:
            return Setting(self.evaluate(prefix.value), prefix, is_set=True)
        inherited = tuple(it.get(name) for it in self.environments)
        assigned = self.command.variables.get(name, ())
        is_inherited = name in self.passed or any(it is not None for it in inherited)
        visible = [it for it in assigned if it.is_exported or is_inherited]
        if not visible:
            if name in self.passed:
                return self.passed[name]
            if name in self.open_arguments:
                return Setting(inherited, None, is_set=True)
            stored = None if any(inherited) else self._stored(name)
            if stored is not None:
                return stored
            return Setting(tuple(it or "" for it in inherited), None, is_set=any(it is not None for it in inherited))
        values = (it.variable(name, self.command, exported_only=True) for it in self.evaluators)
        return Setting(tuple(None if it and UNKNOWN in it else it or "" for it in values), visible[-1], is_set=True)

    def _stored(self, name: str) -> Setting | None:
        """A variable that `go env -w` has stored, which Go reads if the environment does not set it; None without one."""
        for command in reversed(self.preparations) if self.command.name in _READING_STORED else ():
            if not stores_settings(command):
                continue
            option = next(it for it in command.arguments if it in ("-u", "-w"))
            for word in command.words[1:]:
                text = word.text.strip("\"'")
                if text.partition("=")[0] == name and ("=" in text) is (option == "-w"):
                    if option == "-u":
                        return None
                    is_known = word.value is not None and not command.conditions
                    value = (word.value or "").partition("=")[2] if is_known else None
                    return Setting((value,) * len(self.targets), None, is_set=True)
        return None

    def evaluate(self, word: ShellWord) -> tuple[str | None, ...]:
        """The value of a word for each target platform; None if a part of it is unknown."""
        if word.value is not None:
            return (word.value,) * len(self.targets)
        key = word.range, word.text
        known = self._values.get(key)
        if known is None:
            known = self._values[key] = tuple(it.value(word, self.command) for it in self.evaluators)
        return known

    def evaluate_partly(self, word: ShellWord) -> tuple[str, ...]:
        """The value of a word for each target platform, with `UNKNOWN` for each part that is unknown."""
        return tuple(it.text(word, self.command) for it in self.evaluators)

    def architectures(self, word: ShellWord, read: Callable[[str], str | None]) -> tuple[str | None, ...]:
        """The architecture that `read` finds in the value of a word, for each target; None if the value is unknown."""
        return tuple(None if it is None else read(it) for it in self.evaluate(word))

    def is_certain(self, target: Platform) -> bool:
        """True if no condition, or one that holds, guards the command for a target."""
        return target in self.targets and self.taken[self.targets.index(target)] is Taken.YES

    @property
    def is_chosen_by_platform(self) -> bool:
        """True if the command runs for some platforms only, and the text does not tell for which."""
        return Taken.BY_PLATFORM in self.taken

    @property
    def operands(self) -> list[int]:
        """The indices of the words that are neither options nor values of options.

        Which options take a value is only known for options before a subcommand.
        """
        if not self._operands:
            self._operands.append(self._find_operands())
        return self._operands[0]

    def _find_operands(self) -> list[int]:
        with_value = _OPTIONS_BEFORE_SUBCOMMAND.get(self.command.name, frozenset())
        positions: list[int] = []
        is_value = False
        for position, word in enumerate(self.command.words[1:], 1):
            if is_value:
                is_value = False
            elif word.text in with_value:
                is_value = True
            elif not word.text.startswith(("-", "+") if self.command.name == "cargo" else "-"):
                # `cargo +nightly` names a toolchain of rustup.
                positions.append(position)
        return positions

    @property
    def operand_texts(self) -> list[str]:
        """The operands, as `text_at` gives them."""
        return [self.text_at(it) for it in self.operands]

    def goal(self, goals: Container[str]) -> str | None:
        """The first operand among some goals, of a program that may be given several: `lein do clean, uberjar`, `rebar3 as prod tar`."""
        return next((it for text in self.operand_texts if (it := text.rstrip(",")) in goals), None)

    def text_at(self, position: int) -> str:
        """The value of a word, or the word as written if its value depends on variables."""
        word = self.command.words[position]
        return word.text if word.value is None else word.value

    def reading_by_project(self, name: str) -> Reading:
        """The certainty that scripts and build files of the project read a variable.

        They are searched for the names of platform arguments only; variables computed from these are not followed. A word of the command
        may be one of their texts: `make FLAGS='GOARCH=${TARGETARCH}'`.
        """
        if any(name in it.text for it in self.command.words):
            return Reading.MAYBE
        mentioned = self.workspace.mentioned if name in AUTOMATIC_ARGUMENTS else None
        return Reading.MAYBE if mentioned is None or name in mentioned else Reading.UNLIKELY

    def argument(self, *names: str) -> ShellWord | None:
        """The value of an option: `-o value`, `-o=value` or `--output value`."""
        return next(self._values_of(names), None)

    def arguments(self, name: str) -> list[ShellWord]:
        """The values of an option that may be repeated: `--target a --target=b`."""
        return [*self._values_of((name,))]

    def _values_of(self, names: Sequence[str]) -> Iterator[ShellWord]:
        words = self.command.words
        marks = _MARKS_BEFORE_VALUE.get(self.command.name, "=")
        for before, word in pairwise(words):
            if before.text in names and before is not words[0]:
                yield word
                continue
            joined = (f"{name}{mark}" for name in names for mark in marks)
            prefix = next((it for it in joined if word.text.startswith(it)), None)
            if prefix is not None:
                yield word.after(prefix)

    def paths(self, word: ShellWord) -> tuple[str, ...]:
        """The absolute paths that a word may mean, with its final slash; empty if they are unknown, or longer than Linux allows."""
        absolute: dict[str, None] = {}
        for value in dict.fromkeys(self.evaluate(word)):
            if value:
                paths = (clean(posixpath.join(it, value)) for it in self.directories)
                absolute |= dict.fromkeys(
                    f"{it}/" if value.endswith("/") and it != "/" else it for it in paths if len(it) < LONGEST_PATH
                )
        return tuple(absolute)

    def option_paths(self, *names: str) -> tuple[str, ...]:
        """The absolute paths that the value of an option may mean; empty without the option."""
        word = self.argument(*names)
        return () if word is None else self.paths(word)

    def has_option(self, *names: str) -> bool:
        """True if an option is given, with a value or without."""
        marks = _MARKS_BEFORE_VALUE.get(self.command.name, "=")
        return any(it.text.partition(mark)[0] in names for it in self.command.words[1:] for mark in marks)

    @property
    def subcommand(self) -> str:
        """The first operand; empty if there is none."""
        operands = self.operands
        return self.text_at(operands[0]) if operands else ""

    @property
    def is_subcommand_first(self) -> bool:
        """True if the subcommand directly follows the program, so that both can be underlined, and options can follow them."""
        return self.operands[:1] == [1]


MAKE: Final = frozenset({"gmake", "make"})
"""The names of make."""
_NAME: Final = lazy_regex(r"[A-Za-z_]\w*", re.ASCII)
_READING_STORED: Final = frozenset({"garble", "go", "goreleaser", "gox", "ko", "xcaddy"})
"""Programs that are Go or run it."""


def stores_settings(command: Command) -> bool:
    """True for `go env -w NAME=value` and `go env -u NAME`, which write a file that Go reads later (`go help env`)."""
    return command.name == "go" and command.arguments[:1] == ("env",) and not {"-u", "-w"}.isdisjoint(command.arguments)


_MARKS_BEFORE_VALUE: Final = {"dotnet": "=:"}
"""The characters between an option and its value in one word, for programs with others than `=`: `dotnet publish -r:linux-x64`.

Source: learn.microsoft.com/dotnet/standard/commandline/syntax, "Option-argument delimiters".
"""
_GRADLE: Final = """
-F -I -b -c -g -p -x --build-file --console --exclude-task --gradle-user-home --include-build --init-script
--max-workers --priority --project-cache-dir --project-dir --settings-file --warning-mode
"""
_MAVEN: Final = """
-D -P -T -b -f -gs -gt -l -pl -rf -s -t --activate-profiles --builder --color --define --file --global-settings
--global-toolchains --log-file --projects --resume-from --settings --threads --toolchains
"""
_OPTIONS_BEFORE_SUBCOMMAND: Final = {
    "bun": frozenset({"--cwd", "--filter", "-F", "--config", "-c"}),
    "bundle": frozenset({"--gemfile"}),
    "cargo": frozenset({"-C", "-Z", "--color", "--config"}),
    "composer": frozenset({"-d", "--working-dir"}),
    "deno": frozenset({"-L", "--log-level"}),
    "git": frozenset({"-C", "-c", "--git-dir", "--work-tree"}),
    "go": frozenset({"-C"}),
    "gradle": frozenset(_GRADLE.split()),
    "mvn": frozenset(_MAVEN.split()),
    "npx": frozenset({"-p", "-w", "--package", "--prefix", "--workspace"}),
    "npm": frozenset({"-C", "-w", "--cache", "--loglevel", "--prefix", "--registry", "--workspace"}),
    "pnpm": frozenset({"-C", "-F", "--dir", "--filter", "--filter-prod", "--loglevel", "--reporter", "--store-dir"}),
    "poetry": frozenset({"-C", "-P", "--directory", "--project"}),
    "uv": frozenset({"--cache-dir", "--config-file", "--directory", "--project", "--python", "-p"}),
    "yarn": frozenset({"--cwd", "--cache-folder", "--mutex", "--network-timeout", "--registry"}),
}
"""Options with a value that these programs take before a subcommand.

Source: the command references of the programs: "npm config", "pnpm CLI", "yarn", "bun", "cargo", "go help build",
"Maven CLI Options Reference", "Gradle Command-Line Interface", "poetry", "uv CLI", "composer Global Options".
"""
_OPTIONS_BEFORE_SUBCOMMAND.update(
    gradlew=_OPTIONS_BEFORE_SUBCOMMAND["gradle"],
    mvnw=_OPTIONS_BEFORE_SUBCOMMAND["mvn"],
    mvnd=_OPTIONS_BEFORE_SUBCOMMAND["mvn"],
)


@dataclass(frozen=True, slots=True)
class CrossCompilation:
    """The change that makes a command compile for the target platform on the build machine."""

    assignments: tuple[tuple[str, str], ...]
    """Variables to set before the command, in the order in which they are written."""
    arguments: tuple[str, ...]
    """The automatic arguments that the assignments and options use."""
    is_safe: bool
    """True if the output differs in its architecture only; otherwise a person has to review the change."""
    options: str = ""
    """Text to insert after the title of the command, quoted for the shell."""

    @property
    def text(self) -> str:
        """The added text, for the title of a fix."""
        return " ".join([*(f"{name}={value}" for name, value in self.assignments), *filter(None, [self.options])])


@dataclass(frozen=True, slots=True)
class Use:
    """A command of a toolchain, and its effect."""

    toolchain: Toolchain
    invocation: Invocation
    effect: Effect
    title: str
    """The name of the command in messages: `go build`."""
    title_words: int = 1
    """The number of words of the command that the title covers."""
    architectures: tuple[str | None, ...] = ()
    """For COMPILE: the architecture of the output, for each target; None if it is unknown."""
    is_targeted: bool = False
    """For COMPILE: True if the command line or environment names an architecture, even an empty one."""
    outputs: tuple[str, ...] = ()
    """For COMPILE and INSTALL: absolute paths that may be written; a slash at the end means files in that directory. Empty for INSTALL into the system."""
    manifests: tuple[str, ...] = ()
    """For commands that download dependencies: the files of the project that list them."""
    fetches_sources: bool = False
    """For COMPILE: True if the command downloads the program that it compiles, and needs no sources of the project."""
    must_run_on_target: bool = False
    """For COMPILE: True if cross-compiling would fail or write to another path."""
    is_native_only: bool = False
    """For COMPILE: True if the toolchain cannot compile for another machine."""
    is_for_own_machine: bool = False
    """For a tool that reads binaries: True if it fails on binaries of other machines than its own."""
    may_differ: bool = False
    """For BUNDLE and INSTALL: True if the text does not exclude that the files differ between architectures."""
    cross_compilation: CrossCompilation | None = None
    """The edit that makes it compile for the target platform; None if it already does, or if no edit can."""

    @property
    def instruction(self) -> int:
        """Index of the RUN."""
        return self.invocation.instruction

    @property
    def follows_target(self) -> bool:
        """True if the output is for the target platform on any build machine."""
        targets = self.invocation.targets
        return bool(self.architectures) and all(
            compiled_for == target.architecture
            for compiled_for, target in zip(self.architectures, targets, strict=True)
        )

    @property
    def machine(self) -> Platform:
        """The platform that the command runs on for the first target."""
        return self.invocation.step_platforms[0]

    @property
    def wrong_targets(self) -> tuple[Platform, ...]:
        """The target platforms whose output is certainly for another architecture."""
        return tuple(
            target
            for compiled_for, target in zip(self.architectures, self.invocation.targets, strict=True)
            if compiled_for is not None and compiled_for != target.architecture
        )


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A family of programs."""

    name: str
    """The name as its users write it."""
    recognize: Callable[[Invocation, Toolchain], Use | None]
    """Returns the use of the toolchain by a command; None for a command that runs none of its programs."""
    reads: Callable[[Invocation, str], Reading]
    """Returns the certainty that a command of the toolchain reads an environment variable without an option for it."""
    preparing: frozenset[str] = frozenset()
    """Programs that decide how all later commands compile."""
    advice: str = ""
    """The end of the message on how to cross-compile if no edit can; `{place}` says where `--platform` belongs, `{install}` is the command
    that installs a C library for the target, `{compile}` the one that compiles."""
