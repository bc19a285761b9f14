"""The files of a build context that a package manager needs before it can download dependencies.

Most managers need their own list and its lock file. A list may refer to lists of other directories, which then have to exist
too, or to a directory of sources, of which nobody can tell which files are enough.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.files.globs import match_text
from buildxray.files.reading import entries_of, is_file, is_inside, read_project_text
from buildxray.projects.toml import parse_toml
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import IGNORING_SCRIPTS, INSTALL_SCRIPTS, MAKING_CLIENT, NeededFiles, is_harmless_script

_MOST_FILES: Final = 200
"""Files of a project that are looked at for one list of dependencies."""
_MOST_MEMBERS: Final = 100
"""Members of a workspace that one pattern is compared with."""


class _IncompleteError(Exception):
    """A list of dependencies refers to something of which the text does not tell the files."""


def needed_files(directories: Iterable[Path], path: str, base: str, manager: str) -> NeededFiles | None:
    """The files that a download needs, given the path of its list of dependencies in the build context; perhaps with wildcards in its name.

    `base` is the directory of the context whose files the build copies: settings of directories above it have no effect there.
    `manager` is the name of the program, such as `npm`, perhaps with `IGNORING_SCRIPTS` or `MAKING_CLIENT` after it. None if no directory that may be the context holds the list; the answer is
    incomplete if several hold different ones.
    """
    answers: dict[NeededFiles, None] = {}
    for directory in directories:
        context = _Context(directory, posixpath.normpath(base), manager)
        names = context.matching(posixpath.normpath(path))
        if names:
            answers[_needed(context, names)] = None
    if len(answers) > 1:
        return NeededFiles((), is_complete=False)
    return next(iter(answers), None)


def _needed(context: _Context, names: Iterable[str]) -> NeededFiles:
    """The files that a download needs, from those that the command names."""
    names = [*names]
    needed: dict[str, None] = {}
    pending = [*names]
    requires_crates = context.manager == "cargo" and any(_requires_crates(context, it) for it in pending)
    while pending:
        path = pending.pop(0)
        if path in needed:
            continue
        needed[path] = None
        try:
            pending += _referred(context, path)
        except _IncompleteError:
            return NeededFiles((*needed,), is_complete=False, requires_crates=requires_crates)
        if len(needed) > _MOST_FILES or not context.exists(path):
            return NeededFiles((*needed,), is_complete=False)
    return NeededFiles(
        (*needed,),
        is_complete=True,
        installs_itself=any(_installs_itself(context, it) for it in needed),
        requires_nothing=all(_requires_nothing(context, it) for it in needed),
        requires_crates=requires_crates,
        requires_packages=any(_lists_packages(context, it) for it in names),
        names_targets=any(_names_targets(context, it) for it in names),
    )


def _lists_packages(context: _Context, path: str) -> bool:
    """True if a pyproject.toml itself lists packages, which no build backend has to tell. Source: packaging.python.org, "pyproject.toml", `dependencies`."""
    if posixpath.basename(path) != "pyproject.toml":
        return False
    table = _toml(context.text(path))
    listed = as_mapping(table.get("project")).get("dependencies")
    return isinstance(listed, list) and bool(listed)


def _names_targets(context: _Context, path: str) -> bool:
    """True if a Cargo.toml names the file of its library or of a program, which need not exist for a download. Tried with Cargo 1.95."""
    if posixpath.basename(path) != "Cargo.toml":
        return False
    table = _toml(context.text(path))
    programs = table.get("bin")
    targets = [table.get("lib"), *(programs if isinstance(programs, list) else ())]
    return any("path" in as_mapping(it) for it in targets)


_SOURCE_OF_CRATE: Final = lazy_regex(r"^source[ \t]*=[ \t]*\"(?:git|registry|sparse)\+", re.MULTILINE)


_OTHER_SOURCE: Final = lazy_regex(
    r"^[ \t]*(?:\[source\b|source\.|offline\b|directory\b|include\b|paths\b)", re.MULTILINE
)
"""Settings of Cargo that replace registries, or may do so in another file."""


def _requires_crates(context: _Context, path: str) -> bool:
    """True if the lock file beside a Cargo.toml names a crate of a registry or of a repository, or the Cargo.toml a dependency that is one.

    False where settings may name a directory with the crates. Source: the Cargo book, "Specifying Dependencies" and "Source Replacement".
    """
    above = dict.fromkeys((posixpath.dirname(path), ""))
    settings = (context.text(posixpath.join(it, ".cargo", name)) for it in above for name in ("config", "config.toml"))
    if any(map(_OTHER_SOURCE.search, settings)):
        return False
    if _SOURCE_OF_CRATE.search(context.text(posixpath.join(posixpath.dirname(path), "Cargo.lock"))):
        return True
    table = _toml(context.text(path))
    members = as_mapping(table.get("workspace")).get("members")
    written = [it for it in members if isinstance(it, str)] if isinstance(members, list) else []
    paths = [posixpath.normpath(posixpath.join(posixpath.dirname(path), it, "Cargo.toml")) for it in written]
    return any(map(_names_crates, (table, *(_toml(context.text(it)) for it in paths[:_MOST_MEMBERS]))))


def _names_crates(table: Mapping[str, Any]) -> bool:
    """True if a Cargo.toml has a dependency that is neither in the project nor named by the workspace alone."""
    systems = as_mapping(table.get("target")).values()
    tables = (table, as_mapping(table.get("workspace")), *map(as_mapping, systems))
    kinds = ("dependencies", "build-dependencies")
    named = (it for one in tables for kind in kinds for it in as_mapping(one.get(kind)).values())
    return any(isinstance(it, str) or (isinstance(it, dict) and not {"path", "workspace"} & it.keys()) for it in named)


def _toml(text: str) -> dict[str, Any]:
    """The table of a TOML file; empty if it is not one."""
    try:
        return parse_toml(text)
    except ValueError:
        return {}


_SETTINGS: Final = frozenset(
    {
        "go.sum",
        "mix.lock",
        "package-lock.json",
        "yarn.lock",
        ".npmrc",
        ".yarnrc",
        "pnpm-lock.yaml",
        "bun.lock",
        "bunfig.toml",
        "composer.lock",
        "symfony.lock",
        "Gemfile.lock",
        "poetry.lock",
        "poetry.toml",
        "uv.lock",
        "uv.toml",
        ".python-version",
        "pubspec.lock",
    }
)
"""Files beside a list, which name nothing that it does not require."""
_REQUIREMENT: Final = lazy_regex(
    r"^[ \t]*(?:[^\s#-]|(?:-e|--editable)\b|(?:-r|--requirement)\b[^\n]*://)", re.MULTILINE
)
"""A line of a list of pip that names a package. Source: pip.pypa.io, "Requirements File Format"."""
_REQUIRE: Final = lazy_regex(r"^[ \t]*(?:require|tool)\b", re.MULTILINE)


_OF_DOTNET: Final = ("proj", ".config", ".props", ".sln", ".slnf", ".slnx", ".targets")
_PACKAGE: Final = lazy_regex(
    r"<(?:PackageDownload|PackageReference|GlobalPackageReference)\b|\bSdk[ \t]*=[ \t]*\"[^\"]*/"
)
"""A package of .NET, or an SDK that is one. Source: learn.microsoft.com, "PackageReference" and "MSBuild project SDKs"."""


def _requires_nothing(context: _Context, path: str) -> bool:
    """True if a list of pip, Go, .NET or Node.js surely names no dependency, or if a file only accompanies a list."""
    name, text = posixpath.basename(path), context.text(path)
    if name in _SETTINGS:
        return True
    if name == "go.mod":
        return _REQUIRE.search(text) is None
    if name == "package.json":
        package = _json(text)
        return bool(package) and not any(package.get(it) for it in (*_DEPENDENCIES, "peerDependencies", "workspaces"))
    if name == "pyproject.toml":
        return context.manager in ("poetry", "uv") and _requires_no_package_of_python(_toml(text), context.manager)
    if name == "composer.json":
        project = _json(text)
        required = (it for key in ("require", "require-dev") for it in as_mapping(project.get(key)))
        return bool(project) and all(map(_OF_PHP_ITSELF.fullmatch, required))
    if name == "Gemfile":
        return _GEM.search(_RUBY_COMMENT.sub("", text)) is None
    if name == "mix.exs":
        return _MIX_DEPENDENCY.search(_MIX_COMMENT.sub("", text)) is None
    if name.lower().endswith(_OF_DOTNET):
        return _PACKAGE.search(text) is None
    return name.endswith((".txt", ".in")) and _REQUIREMENT.search(text) is None


_OF_PHP_ITSELF: Final = lazy_regex(r"(?:php|hhvm|composer)(?:-[\w-]+)?|(?:ext|lib)-.*")
"""What Composer calls a platform package, and does not download. Source: getcomposer.org, "Platform packages"."""
_GEM: Final = lazy_regex(r"\bgem\b|\bgemspec\b|\beval|\beach\b")


def _requires_no_package_of_python(table: Mapping[str, Any], manager: str) -> bool:
    """True if a pyproject.toml names no package, of any kind. To install the project itself, uv downloads what builds it."""
    project, tools = as_mapping(table.get("project")), as_mapping(table.get("tool"))
    of_poetry, of_uv = as_mapping(tools.get("poetry")), as_mapping(tools.get("uv"))
    listed = (
        project.get("dependencies"),
        project.get("dynamic"),
        project.get("optional-dependencies"),
        table.get("dependency-groups"),
        of_poetry.get("dev-dependencies"),
        of_poetry.get("group"),
        of_uv.get("dev-dependencies"),
        as_mapping(of_poetry.get("dependencies")).keys() - {"python"},
    )
    return bool(table) and not any(listed) and (manager == "poetry" or "build-system" not in table)


class _Context:
    """The files of one directory that may be the build context; paths are relative to it, with slashes."""

    def __init__(self, directory: Path, base: str, manager: str) -> None:
        self._directory = directory
        self.base = base
        self.manager, *options = manager.split(" ")
        self.runs_scripts = IGNORING_SCRIPTS not in options
        """True if an installation runs the scripts of package.json."""
        self.makes_client = MAKING_CLIENT in options
        """True if the build makes the client of Prisma itself, so that an installation need not."""
        self.filtered: set[str] = set()
        """The solutions of which a filter names the projects."""
        self.package: str | None = None
        """The first package.json that was read: the one of the workspace, if it has members."""

    def exists(self, path: str) -> bool:
        """True if a path is that of a file in the context."""
        place = self._directory / path
        return not path.startswith("..") and is_inside(place, self._directory) and is_file(place)

    def text(self, path: str) -> str:
        """The text of a file; empty if it cannot be read."""
        return (read_project_text(self._directory / path) or "") if self.exists(path) else ""

    def names(self, directory: str) -> list[str]:
        """The names in a directory."""
        place = self._directory / directory
        if directory.startswith("..") or not is_inside(place, self._directory):
            return []
        return [it.name for it in entries_of(place)]

    def matching(self, path: str) -> list[str]:
        """The files that a path with wildcards in its name names."""
        directory, name = posixpath.split(path)
        if name == "*.csproj":
            # A solution comes first. Source: learn.microsoft.com, "dotnet restore", ROOT.
            listed = [it for it in self.names(directory) if match_text(it.lower(), "*.*proj")]
            solutions = [it for it in self.names(directory) if it.lower().endswith((".sln", ".slnx"))]
            return [_join(directory, it) for it in solutions or listed][:_MOST_MEMBERS]
        if not re.search(r"[*?\[]", name):
            return [path] if self.exists(path) else []
        return [_join(directory, it) for it in self.names(directory) if match_text(it, name)][:_MOST_MEMBERS]

    def beside(self, path: str, *names: str) -> list[str]:
        """The files with these names in the directory of a file that exist."""
        read = (it for it in names if self.manager in _READ_BY.get(it, (self.manager,)))
        paths = (_join(posixpath.dirname(path), it) for it in read)
        return [it for it in paths if self.exists(it)]

    def above(self, path: str, *names: str) -> list[str]:
        """The files with these names in the directory of a file and in those above it, as far as the build copies them."""
        files: list[str] = []
        directory = posixpath.dirname(path)
        while True:
            files += self.beside(_join(directory, "x"), *names)
            if directory in ("", self.base):
                return files
            directory = posixpath.dirname(directory)


def _referred(context: _Context, path: str) -> list[str]:
    """The files that a list of dependencies refers to. Raises `_IncompleteError`."""
    name = posixpath.basename(path)
    for pattern, references in _REFERENCES:
        if match_text(name.lower(), pattern):
            return references(context, path)
    return []


def _join(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path))


def _from(path: str, other: str) -> str:
    """A path that is written relative to the directory of a file. Raises `_IncompleteError` for one outside of the context."""
    joined = _join(posixpath.dirname(path), other)
    if joined.startswith(("..", "/")):
        raise _IncompleteError
    return joined


# Go


_REPLACED: Final = lazy_regex(r"^(?![ \t]*//)[^\n]*=>[ \t]*\"?(?P<path>\.{0,2}/[^\s\"]*|\.{1,2}(?=\s|$))", re.MULTILINE)
_USED: Final = lazy_regex(
    r"^[ \t]*(?:use[ \t]+)?\"?(?P<path>\.{1,2}(?:/[^\s\"()]*)?)\"?[ \t\r]*(?://.*)?$", re.MULTILINE
)


def _of_go_mod(context: _Context, path: str) -> list[str]:
    """The files of a module: its sums, those of the workspace, and the modules that take the place of others.

    Source: go.dev/ref/mod, "replace directive" and "Workspaces".
    """
    text = context.text(path)
    used = (it for it in _REPLACED.finditer(text) if not _is_own_and_unused(it[0], text))
    replaced = [_from(path, posixpath.join(it["path"], "go.mod")) for it in used]
    lists = context.above(path, "go.work")
    return [*context.beside(path, "go.sum"), *lists[:1], *replaced]


def _is_own_and_unused(line: str, text: str) -> bool:
    """True for the replacement of a module below the path of the main module that no other line names: Go then never reads its directory.

    A module elsewhere may be required by another one.
    """
    own = _MODULE.search(text)
    names = re.findall(r"[^\s\"]+", line.partition("=>")[0].replace("replace", " ", 1))
    if own is None or not names or not names[0].startswith(f"{own['path']}/"):
        return False
    return text.count(names[0]) == 1


_MODULE: Final = lazy_regex(r"^module[ \t]+\"?(?P<path>[^\s\"]+)", re.MULTILINE)


def _of_go_work(context: _Context, path: str) -> list[str]:
    text = context.text(path)
    used = [_from(path, posixpath.join(it["path"], "go.mod")) for it in _USED.finditer(text)]
    replaced = [_from(path, posixpath.join(it["path"], "go.mod")) for it in _REPLACED.finditer(text)]
    return [*context.beside(path, "go.work.sum"), *used, *replaced]


# Node.js


_OF_FILES: Final = ("file:", "link:", "portal:", "patch:", "./", "../")
_OF_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "package-lock.json": ("npm",),
    "npm-shrinkwrap.json": ("npm",),
    ".npmrc": ("bun", "npm", "pnpm", "yarn"),
    "yarn.lock": ("yarn",),
    ".yarnrc": ("yarn",),
    ".yarnrc.yml": ("yarn",),
    "pnpm-lock.yaml": ("pnpm",),
    "pnpm-workspace.yaml": ("pnpm",),
    ".pnpmfile.cjs": ("pnpm",),
    "bun.lock": ("bun",),
    "bun.lockb": ("bun",),
    "bunfig.toml": ("bun",),
}
"""The files beside a package.json that an installation reads, and the programs that read each."""
_READ_BY: Final[Mapping[str, tuple[str, ...]]] = {
    **_OF_PACKAGES,
    "poetry.lock": ("poetry",),
    "poetry.toml": ("poetry",),
    "uv.lock": ("uv",),
    "uv.toml": ("uv",),
    ".python-version": ("uv",),
}
"""Files that only some programs read, among those that share a list of dependencies."""
_DEPENDENCIES: Final = ("dependencies", "devDependencies", "optionalDependencies", "resolutions")


def _of_package(context: _Context, path: str) -> list[str]:
    """The files of a package: its lock file, settings, and the package.json of each member of its workspace.

    Source: docs.npmjs.com, package.json, "workspaces", "Local Paths" and "scripts"; pnpm.io, pnpm-workspace.yaml, "patchedDependencies";
    yarnpkg.com, "yarnPath" and "plugins". An installation makes the client of Prisma from its schema, unless a script or the build does; without a schema it only says so
    (prisma.io, "Generating Prisma Client").
    """
    root = _root_of_workspace(context, path) if context.package is None else ""
    if root:
        context.package = root
        return [root]
    package = _json(context.text(path))
    versions = [it for key in _DEPENDENCIES for it in as_mapping(package.get(key)).values() if isinstance(it, str)]
    of_pnpm = as_mapping(package.get("pnpm"))
    tables = (of_pnpm.get("overrides"), package.get("overrides"))
    overrides = [it for table in tables for it in as_mapping(table).values() if isinstance(it, str)]
    if any(it.startswith(_OF_FILES) for it in (*versions, *overrides)):
        raise _IncompleteError
    if context.exists(_join(posixpath.dirname(path), "binding.gyp")) and context.runs_scripts:
        # npm then runs `node-gyp rebuild`, which compiles the sources.
        raise _IncompleteError
    patches = package.get("patchedDependencies") if context.manager == "bun" else of_pnpm.get("patchedDependencies")
    scripts = {name: it for name, it in as_mapping(package.get("scripts")).items() if isinstance(it, str)}
    at_install = [it for name, it in scripts.items() if context.runs_scripts and name in INSTALL_SCRIPTS]
    if not all(map(is_harmless_script, at_install)):
        raise _IncompleteError
    if any("patch-package" in it for it in at_install) and context.names(_join(posixpath.dirname(path), "patches")):
        raise _IncompleteError
    has_client = context.runs_scripts and any("@prisma/client" in as_mapping(package.get(it)) for it in _DEPENDENCIES)
    if has_client and not context.makes_client and not any("prisma generate" in it for it in scripts.values()):
        raise _IncompleteError
    if context.package is None:
        context.package = path
    # The lock files and settings of members have no effect.
    settings = _settings_of_packages(context, path) if context.package == path else []
    members = [] if context.manager == "pnpm" else _patterns(package)
    return [*settings, *_patches(path, patches), *_members(context, path, members)]


def _root_of_workspace(context: _Context, path: str) -> str:
    """The package.json of the workspace of which a package in a directory below it is a member; empty for another package.

    Source: docs.npmjs.com, "workspaces"; pnpm.io, "Workspace"; yarnpkg.com, "Workspaces"; bun.sh, "Workspaces".
    """
    directory = posixpath.dirname(path)
    while directory not in ("", context.base):
        directory = posixpath.dirname(directory)
        root = _join(directory, "package.json")
        if context.manager == "pnpm":
            if context.exists(_join(directory, "pnpm-workspace.yaml")):
                return root
            continue
        own = posixpath.relpath(posixpath.dirname(path), directory or ".")
        patterns = _patterns(_json(context.text(root)))
        if any("**" in it or match_text(own, it.removeprefix("./").rstrip("/")) for it in patterns):
            return root
    return ""


def _patterns(package: Mapping[str, Any]) -> list[str]:
    """The patterns of a package.json for the members of its workspace."""
    named = package.get("workspaces")
    listed = as_mapping(named).get("packages") if isinstance(named, Mapping) else named
    return [it for it in listed if isinstance(it, str)] if isinstance(listed, list) else []


def _patches(path: str, patches: object) -> list[str]:
    """The patches that a list names, relative to its directory. Source: pnpm.io, "patchedDependencies"; bun.sh, "bun patch"."""
    return [_from(path, it) for it in as_mapping(patches).values() if isinstance(it, str)]


_RELATIVE: Final = lazy_regex(r"[\"'`]\.{1,2}/")
"""A path to another file of the project in a program."""


def _settings_of_packages(context: _Context, path: str) -> list[str]:
    """The lock files and the settings beside the package.json of a project. Raises `_IncompleteError` if pnpm's hooks load other files."""
    settings = context.beside(path, *_OF_PACKAGES)
    names = [*map(posixpath.basename, settings)]
    if ".yarnrc.yml" in names and ".npmrc" in names:
        # Yarn 1 alone reads it.
        settings.pop(names.index(".npmrc"))
    if any(it.endswith(".pnpmfile.cjs") and _RELATIVE.search(context.text(it)) is not None for it in settings):
        raise _IncompleteError
    return settings


def _of_pnpm_workspace(context: _Context, path: str) -> list[str]:
    """The package.json of each member that pnpm's settings list. Raises `_IncompleteError` if they name hooks or other directories."""
    text = context.text(path)
    settings = as_mapping(load_yaml(text))
    if (not settings and text.strip()) or settings.get("pnpmfile"):
        raise _IncompleteError
    tables = [settings.get("overrides"), settings.get("catalog"), *as_mapping(settings.get("catalogs")).values()]
    versions = (it for table in tables for it in as_mapping(table).values())
    if any(isinstance(it, str) and it.startswith(_OF_FILES) for it in versions):
        raise _IncompleteError
    listed = settings.get("packages")
    members = [it for it in listed if isinstance(it, str)] if isinstance(listed, list) else []
    return [*_patches(path, settings.get("patchedDependencies")), *_members(context, path, members)]


_YARN_PATH: Final = lazy_regex(r"(?m)^[ \t]*\"?yarn-path\"?[ \t]+\"?(?P<path>[^\"\s]+)")


def _of_yarn_1(context: _Context, path: str) -> list[str]:
    """The file of Yarn itself that the settings of Yarn 1 name. Raises `_IncompleteError` for a directory of packages. Source: classic.yarnpkg.com, "yarnrc"."""
    text = context.text(path)
    if "yarn-offline-mirror" in text:
        raise _IncompleteError
    return [_from(path, it["path"]) for it in _YARN_PATH.finditer(text)]


def _of_yarn_settings(context: _Context, path: str) -> list[str]:
    """The files of Yarn itself and of its plug-ins that its settings name. Source: yarnpkg.com, "yarnPath" and "plugins"."""
    settings = as_mapping(load_yaml(context.text(path)))
    listed = settings.get("plugins")
    plugins = [as_mapping(it).get("path", it) for it in listed] if isinstance(listed, list) else []
    return [_from(path, it) for it in (settings.get("yarnPath"), *plugins) if isinstance(it, str)]


def _members(context: _Context, path: str, patterns: Iterable[str]) -> Iterator[str]:
    """The package.json of each member of a workspace. Raises `_IncompleteError` for patterns that leave out members, or look deeper."""
    for pattern in dict.fromkeys(it.removeprefix("./").rstrip("/") for it in patterns):
        if pattern in ("", "."):
            continue
        parent, _, last = pattern.rpartition("/")
        if "*" in parent or "**" in last or pattern.startswith(("/", "!", "..")):
            raise _IncompleteError
        directory = _join(posixpath.dirname(path), parent)
        names = [it for it in context.names(directory) if match_text(it, last)]
        if len(names) > _MOST_MEMBERS:
            raise _IncompleteError
        for name in names:
            manifest = _join(directory, f"{name}/package.json")
            if context.exists(manifest):
                yield manifest


def _json(text: str) -> Mapping[str, Any]:
    try:
        return as_mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


# .NET


_PROJECT_REFERENCE: Final = lazy_regex(
    r"<ProjectReference\b[^>]*?\bInclude\s*=\s*[\"'](?P<path>[^\"']*)", re.IGNORECASE
)
_IMPORT: Final = lazy_regex(r"<Import\b[^>]*?\bProject\s*=\s*[\"'](?P<path>[^\"']*)", re.IGNORECASE)
_OF_SOLUTION: Final = lazy_regex(
    r"^Project\(.*?\)\s*=\s*\"[^\"]*\",\s*\"(?P<path>[^\"]*\.\w+proj)\"|<Project\b[^>]*?\bPath\s*=\s*\"(?P<other>[^\"]*)",
    re.MULTILINE,
)
_FEEDS: Final = lazy_regex(r"<packageSources\b[^<]*(?:<(?!/packageSources>)[^<]*)*", re.IGNORECASE)
_LOCAL_FEED: Final = lazy_regex(r"<add\b[^>]*?\bvalue[ \t]*=[ \t]*[\"'](?!https?:)", re.IGNORECASE)
"""A source of packages of NuGet that is a directory. Source: learn.microsoft.com, "nuget.config reference", packageSources."""
_OTHER_FEEDS: Final = lazy_regex(r"<Restore(?:AdditionalProject)?Sources>", re.IGNORECASE)
_OF_ALL_PROJECTS: Final = (
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
    "NuGet.Config",
    "NuGet.config",
    "nuget.config",
    "global.json",
)


def _of_dotnet_project(context: _Context, path: str) -> list[str]:
    """The projects that a project of .NET refers to, and the files of MSBuild and NuGet in the directories above it.

    Source: learn.microsoft.com, "ProjectReference", "Directory.Build.props", "nuget.config reference", "Central Package Management".
    """
    of_all = context.above(path, *_OF_ALL_PROJECTS)
    feeds = (it[0] for one in of_all if one.endswith(".config") for it in _FEEDS.finditer(context.text(one)))
    if any(_LOCAL_FEED.search(_XML_COMMENT.sub("", it)) is not None for it in feeds):
        raise _IncompleteError
    imported = _imported_by_msbuild(context, (path, *of_all))
    # What an imported file refers to is relative to the project, and what it imports to itself.
    texts = [context.text(it) for it in (path, *(one for one in of_all if one.endswith(_IMPORTED)), *imported)]
    if any(_OTHER_FEEDS.search(it) is not None for it in texts):
        raise _IncompleteError
    references = [_from(path, _msbuild_path(it["path"])) for one in texts for it in _PROJECT_REFERENCE.finditer(one)]
    return [*context.beside(path, "packages.lock.json"), *of_all, *imported, *references]


def _imported_by_msbuild(context: _Context, files: Iterable[str]) -> list[str]:
    """The files that files of MSBuild import, directly or through others. Raises `_IncompleteError`."""
    imported: dict[str, None] = {}
    pending = [*files]
    while pending:
        path = pending.pop()
        text = context.text(path)
        for it in _IMPORT.finditer(text):
            written = it["path"].replace("$(MSBuildThisFileDirectory)", "")
            if "GetPathOfFileAbove" in written:
                # Those above are among the files of all projects.
                continue
            file = _from(path, _msbuild_path(written))
            is_optional = "Exists" in text[it.start() : text.find(">", it.end())]
            if file not in imported and not (is_optional and not context.exists(file)):
                imported[file] = None
                pending.append(file)
        if len(imported) > _MOST_FILES:
            raise _IncompleteError
    return [*imported]


def _msbuild_path(written: str) -> str:
    """A path as other systems write it. Raises `_IncompleteError` for one with a variable, a wildcard or several paths."""
    if set("$*;") & {*written}:
        raise _IncompleteError
    return written.replace("\\", "/")


_IMPORTED: Final = (".props", ".targets")


def _of_solution(context: _Context, path: str) -> list[str]:
    if path in context.filtered:
        return []
    text = context.text(path)
    return [_from(path, (it["path"] or it["other"]).replace("\\", "/")) for it in _OF_SOLUTION.finditer(text)]


def _of_solution_filter(context: _Context, path: str) -> list[str]:
    """The solution of a filter, and the projects in it that the filter names. Raises `_IncompleteError`, also for a file that is no filter.

    Source: learn.microsoft.com, "Filtered solutions": the paths of projects are relative to the solution, which is not read for others.
    """
    solution = as_mapping(_json(context.text(path)).get("solution"))
    named, projects = solution.get("path"), solution.get("projects")
    if not isinstance(named, str) or not isinstance(projects, list):
        raise _IncompleteError
    file = _from(path, named.replace("\\", "/"))
    # The solution itself has to be there, but the other projects that it names need not.
    if not context.exists(file):
        raise _IncompleteError
    context.filtered.add(file)
    return [file, *(_from(file, it.replace("\\", "/")) for it in projects if isinstance(it, str))]


# Python, Ruby, Rust, Dart, Elixir


_OTHER_LIST: Final = lazy_regex(
    r"^[ \t]*(?:-[rc][ \t=]*|--(?:requirement|constraint)[ \t=]+)(?!\S*://)(?P<path>[^\s#]+)", re.MULTILINE
)
_LOCAL_PACKAGE: Final = lazy_regex(
    r"^[ \t]*(?:(?:-e|--editable)[ \t=]+(?!\S*://)|[./]|(?:-f|--find-links)[ \t=]+(?!\S*://)|[\w.,\[\]-]+[ \t]*@[ \t]*file:)",
    re.MULTILINE,
)
_RUBY_LOCAL: Final = lazy_regex(r"^[ \t]*(?:gemspec|eval_gemfile)\b", re.MULTILINE)
_RUBY_COMMENT: Final = lazy_regex(r"(?<!\S)#[^\n]*")
_RUBY_PATH: Final = lazy_regex(r"\bpath:|:path\b|\bpath[ \t(]+[\"']")
_RUBY_VERSION: Final = lazy_regex(
    r"^[ \t]*ruby\b[^#\n]*(?:\bfile:|:file[ \t]*=>|\b(?:File|IO)\.read\()[ \t]*[\"'](?P<path>[^\"']+)[\"']",
    re.MULTILINE,
)
_RUBY_MORE: Final = lazy_regex(
    r"\b(?:Dir|File|IO|JSON|Pathname|YAML)\.|\b(?:__dir__|__FILE__|instance_eval|require_relative)\b|`"
)
"""What a Gemfile does with other files and programs."""
_TOML_PATH: Final = lazy_regex(
    r"^[^#\n]*\bpath[ \t]*=[ \t]*[\"']|^[^#\n]*\bworkspace[ \t]*=[ \t]*true\b|^[ \t]*\[[\w.-]*\bworkspace(?:\.[\w.-]+)?\]"
    r"|^[^#\n]*@[ \t]*file:|^[^#\n]*\beditable[ \t]*=[ \t]*true\b",
    re.MULTILINE,
)


def _of_requirements(context: _Context, path: str) -> list[str]:
    """The other lists that a list of pip names. Source: pip.pypa.io, "Requirements File Format"."""
    text = context.text(path)
    if _LOCAL_PACKAGE.search(text):
        raise _IncompleteError
    return [_from(path, it["path"]) for it in _OTHER_LIST.finditer(text)]


def _of_gemfile(context: _Context, path: str) -> list[str]:
    """The lock file of a Gemfile, and the file with the version of Ruby. Source: bundler.io, "gemfile"."""
    text = _RUBY_COMMENT.sub("", context.text(path))
    if (
        _RUBY_LOCAL.search(text)
        or _RUBY_PATH.search(text)
        or _RUBY_MORE.search(_RUBY_VERSION.sub("", text)) is not None
    ):
        raise _IncompleteError
    versions = [_from(path, it["path"]) for it in _RUBY_VERSION.finditer(text)]
    return [*context.beside(path, "Gemfile.lock"), *versions]


def _of_pipfile(context: _Context, path: str) -> list[str]:
    """The lock file of a project of Pipenv. Source: pipenv.pypa.io."""
    if _TOML_PATH.search(context.text(path)):
        raise _IncompleteError
    return context.beside(path, "Pipfile.lock")


def _of_pyproject(context: _Context, path: str) -> list[str]:
    """The lock files of a project of Poetry or uv, and the licence that Poetry reads. Raises `_IncompleteError` for packages of the repository.

    Source: python-poetry.org, "path dependencies"; poetry-core, factory.py, which reads `project.license.file` of each project, even for `--no-root`;
    docs.astral.sh/uv, "Workspaces", "find-links", and "sync", which builds a project to learn dependencies that its pyproject.toml does not list.
    """
    text = context.text(path)
    if _TOML_PATH.search(text):
        raise _IncompleteError
    table = _toml(text)
    project, of_uv = as_mapping(table.get("project")), as_mapping(as_mapping(table.get("tool")).get("uv"))
    files = context.beside(path, "poetry.lock", "poetry.toml", "uv.lock", "uv.toml", ".python-version")
    if context.manager == "uv":
        dynamic = project.get("dynamic")
        is_built = isinstance(dynamic, list) and any("dependencies" in it for it in dynamic if isinstance(it, str))
        roots = (it for it in context.above(path, "pyproject.toml") if it != path)
        if is_built or of_uv.get("find-links") or any("[tool.uv.workspace]" in context.text(it) for it in roots):
            raise _IncompleteError
    if context.manager == "poetry":
        license_ = as_mapping(project.get("license"))
        named = license_.get("file")
        files += [_from(path, named)] if isinstance(named, str) and not license_.get("text") else []
    return files


def _of_cargo(context: _Context, path: str) -> list[str]:
    """The lock file of a project of Cargo, and its toolchain. Raises `_IncompleteError` for other packages of the repository, or a target that has to exist.

    Cargo looks for the file of a target without a `path`. Source: the Cargo book, "Workspaces" and "Cargo Targets"; tried with Cargo 1.95.
    """
    text = context.text(path)
    table = _toml(text)
    if (text and not table) or "workspace" in table or any(map(_is_of_repository, _tables_of_crates(table))):
        raise _IncompleteError
    name = as_mapping(table.get("package")).get("name")
    targets = {kind: table.get(kind) for kind in ("bench", "bin", "example", "test")}
    listed = [(kind, as_mapping(it)) for kind, them in targets.items() if isinstance(them, list) for it in them]
    if any("path" not in it and (kind != "bin" or it.get("name") != name) for kind, it in listed):
        raise _IncompleteError
    if as_mapping(table.get("package")).get("default-run") not in (None, name):
        raise _IncompleteError
    roots = (it for it in context.above(path, "Cargo.toml") if it != path)
    if any(_WORKSPACE_OF_CARGO.search(context.text(it)) is not None for it in roots):
        raise _IncompleteError
    return context.beside(path, "Cargo.lock", "rust-toolchain.toml", "rust-toolchain")


def _tables_of_crates(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tables of a Cargo.toml that name crates: dependencies of each kind, for each system, and what takes the place of others."""
    systems = map(as_mapping, as_mapping(table.get("target")).values())
    kinds = ("dependencies", "build-dependencies", "build_dependencies", "dev-dependencies", "dev_dependencies")
    yield from (as_mapping(one.get(kind)) for one in (table, *systems) for kind in kinds)
    yield from map(as_mapping, as_mapping(table.get("patch")).values())
    yield as_mapping(table.get("replace"))
    # `version.workspace = true`
    yield as_mapping(table.get("package"))


def _is_of_repository(crates: Mapping[str, Any]) -> bool:
    """True if a table names a crate in a directory, or what only the root of a workspace tells."""
    return any(isinstance(it, dict) and not {"path", "workspace"}.isdisjoint(it) for it in crates.values())


_WORKSPACE_OF_CARGO: Final = lazy_regex(r"(?m)^[ \t]*\[workspace\b")


def _installs_itself(context: _Context, path: str) -> bool:
    """True if the command installs or builds the project too, not only what a list of dependencies names.

    Source: python-poetry.org, "package-mode"; docs.astral.sh/uv, "Build systems" and "Project packaging"; getcomposer.org, "install";
    maven.apache.org, "Introduction to the Build Lifecycle".
    """
    name = posixpath.basename(path)
    if name != "pyproject.toml":
        return name == "composer.json" or match_text(name, "*pom*.xml")
    # An installation from a file that is not TOML fails.
    table = _toml(context.text(path))
    tools = as_mapping(table.get("tool"))
    if context.manager == "poetry":
        return as_mapping(tools.get("poetry")).get("package-mode", True) is not False
    chosen = as_mapping(tools.get("uv")).get("package")
    return "build-system" in table if chosen is None else chosen is True


def _of_pubspec(context: _Context, path: str) -> list[str]:
    """The lock file of a package of Dart. Source: dart.dev, "Path packages" and "Pub workspaces"."""
    text = context.text(path)
    package = as_mapping(load_yaml(text))
    required = (it for key in _PUBSPEC_DEPENDENCIES for it in as_mapping(package.get(key)).values())
    is_read = bool(package) or not text.strip()
    if not is_read or {"resolution", "workspace"} & package.keys() or any("path" in as_mapping(it) for it in required):
        raise _IncompleteError
    return context.beside(path, "pubspec.lock")


_PUBSPEC_DEPENDENCIES: Final = ("dependencies", "dev_dependencies", "dependency_overrides")


_MIX_MORE: Final = lazy_regex(
    r"\b(?:path|apps_path|config_path|lockfile):|\bin_umbrella\b|\b(?:Code|File|IO|Path|System\.cmd|Mix\.Project)[.(]|__DIR__|:os\.cmd"
    r"|:file\.|\"deps\.get\":"
)
"""What a mix.exs needs from other files and directories."""
_MIX_DEPENDENCY: Final = lazy_regex(r"\{[ \t\r\n]*:\w+[ \t\r\n]*,")
_MIX_COMMENT: Final = lazy_regex(r"(?m)^[ \t]*#[^\n]*")


def _of_mix(context: _Context, path: str) -> list[str]:
    """The lock file of a project of Mix. Raises `_IncompleteError` for an umbrella, a dependency in the repository, or a list that reads files.

    Settings in `config` are not needed for a download. Source: hexdocs.pm, "Mix.Project", "Mix.Tasks.Deps" and "mix loadconfig".
    """
    if _MIX_MORE.search(_MIX_COMMENT.sub("", context.text(path))):
        raise _IncompleteError
    return context.beside(path, "mix.lock")


# Maven, Composer


_XML_COMMENT: Final = lazy_regex(r"<!--[^-]*(?:-[^-]+)*-->")
_POM_MORE: Final = lazy_regex(
    r"<(?:modules|subprojects)>\s*<|<goal>\s*install-file\b|addjars-maven-plugin|<systemPath>|<scope>\s*system\b|<(?:url|file|relativePath)>\s*(?:file:|\$\{(?:(?:project\.)?basedir|maven\.multiModuleProjectDirectory)\})"
)
"""What a pom.xml needs from other directories: modules, jars of the project, a repository in it."""
_POM_PARENT: Final = lazy_regex(r"<parent>(?P<parent>[^<]*(?:<(?!/parent>)[^<]*)*)</parent>")
_RELATIVE_PATH: Final = lazy_regex(r"<relativePath>\s*(?P<path>[^<\s]*)\s*</relativePath>")
_OF_MAVEN: Final = (".mvn/extensions.xml", ".mvn/jvm.config", ".mvn/maven.config")
_MAVEN_MORE: Final = lazy_regex(
    r"(?m)^[ \t]*(?:-s|-gs|-f|--settings|--global-settings|--file)\b|\s(?:-s|--settings)\b|-javaagent:"
)
"""Options in the settings of a project of Maven that name other files of it."""
_OF_WRAPPER: Final = ("mvnw", ".mvn/wrapper/maven-wrapper.properties", ".mvn/wrapper/maven-wrapper.jar")


def _of_pom(context: _Context, path: str) -> list[str]:
    """The settings of a project of Maven, and its wrapper. Raises `_IncompleteError` for one that refers to other projects or to files.

    Source: maven.apache.org, "POM Reference" ("Inheritance", "Aggregation", "Dependencies") and "Configuring Apache Maven".
    """
    text = _XML_COMMENT.sub("", context.text(path))
    if _POM_MORE.search(text):
        raise _IncompleteError
    parent = _POM_PARENT.search(text)
    if parent is not None and "<relativePath/>" not in parent["parent"]:
        written = _RELATIVE_PATH.search(parent["parent"])
        place = _join(posixpath.dirname(path), "../pom.xml" if written is None else written["path"])
        if context.exists(place) or context.exists(f"{place}/pom.xml"):
            raise _IncompleteError
    settings = context.beside(path, *_OF_MAVEN)
    if any(_MAVEN_MORE.search(context.text(it)) is not None for it in settings):
        raise _IncompleteError
    return context.beside(path, *_OF_MAVEN, *(_OF_WRAPPER if context.manager == "mvnw" else ()))


_OF_COMPOSER: Final = ("composer.lock", "symfony.lock", "auth.json")
_COMPOSER_MORE: Final = ("composer-exit-on-patch-failure", "merge-plugin", "patches", "patches-file", "patches-search")


def _of_composer(context: _Context, path: str) -> list[str]:
    """The lock files of a project of Composer. Raises `_IncompleteError` for packages or patches in the project.

    Source: getcomposer.org, "The composer.json schema" and "Repositories"; the README of cweagans/composer-patches and composer-merge-plugin.
    """
    project = _json(context.text(path))
    repositories = project.get("repositories")
    listed = repositories.values() if isinstance(repositories, Mapping) else repositories
    kinds = {as_mapping(it).get("type") for it in listed} if isinstance(listed, Iterable) else set()
    if (
        not project
        or not kinds.isdisjoint({"artifact", "path"})
        or any(it in as_mapping(project.get("extra")) for it in _COMPOSER_MORE)
    ):
        raise _IncompleteError
    return context.beside(path, *_OF_COMPOSER)


_REFERENCES: Final[tuple[tuple[str, Callable[[_Context, str], list[str]]], ...]] = (
    ("go.mod", _of_go_mod),
    ("go.work", _of_go_work),
    ("package.json", _of_package),
    ("pnpm-workspace.yaml", _of_pnpm_workspace),
    (".yarnrc", _of_yarn_1),
    (".yarnrc.yml", _of_yarn_settings),
    ("*.sln", _of_solution),
    ("*.slnx", _of_solution),
    ("*.slnf", _of_solution_filter),
    ("*.*proj", _of_dotnet_project),
    ("gemfile", _of_gemfile),
    ("cargo.toml", _of_cargo),
    ("pipfile", _of_pipfile),
    ("pyproject.toml", _of_pyproject),
    ("mix.exs", _of_mix),
    ("pubspec.yaml", _of_pubspec),
    ("composer.json", _of_composer),
    ("*pom*.xml", _of_pom),
    ("*.txt", _of_requirements),
    ("*.in", _of_requirements),
)
"""The names of lists of dependencies, in lower case, and what reads each."""
