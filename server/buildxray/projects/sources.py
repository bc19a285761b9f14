"""Facts from the source files beside a Dockerfile, which are read as text and never executed."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from buildxray.files.reading import (
    MOST_PROJECT_BYTES,
    ReadError,
    entries_of,
    exists,
    is_file,
    is_repository,
    read_bytes,
    read_project_bytes,
    read_project_text,
    subdirectories,
    walk,
    workspace_root,
)
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.projects.beside import FilesBeside
from buildxray.projects.file_names import is_dockerfile
from buildxray.projects.native_packages import NATIVE_PACKAGES, read_native_packages
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import PackagesOfNode, Workspace

_MOST_FILES: Final = 2000
_MOST_BYTES: Final = 20_000_000
_IMPORT_C: Final = lazy_regex(
    rb'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"(?:C|plugin)"[ \t\r]*(?:$|//|;)', re.MULTILINE
)
"""Imports that need cgo: without it, `plugin.Open` always fails (Go: src/plugin/plugin_stubs.go)."""
_IMPORT_LIBC: Final = lazy_regex(
    rb'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"(?:C|net|net/\S+|os/user|plugin)"[ \t\r]*$', re.MULTILINE
)
"""Imports of packages of the standard library that cgo links to the C library: `net`, packages below it, and others."""
_CGO_MODULES: Final = lazy_regex(
    r"\b(?:github\.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|linxGnu/grocksdb|tecbot/gorocksdb"
    r"|libgit2/git2go|godror/godror|DataDog/go-libddwaf|go-gl/\S+|ethereum/go-ethereum|supranational/blst)"
    r"|gocv\.io/x/gocv)\b"
)
_REQUIRE: Final = lazy_regex(r"^[ \t]*require\b", re.MULTILINE)
_SKIPPED: Final = frozenset({"node_modules", "testdata", "vendor"})


def read_workspace(directory: Path) -> Workspace:
    """Read the facts about the sources in a directory. Facts from files that cannot be read are unknown."""
    package = _package(directory)
    packages = _packages(directory, package)
    search = _search(directory)
    beside = FilesBeside(directory)
    workspace = Workspace(
        has_native_packages=packages.are_native,
        has_prebuilt_packages=packages.are_prebuilt,
        may_take_native_packages=packages.may_be_native,
        has_package_cache=_has_package_cache(directory),
        is_of_action=_is_of_action(directory),
        recipe_sets_platform_in=frozenset(
            name for it in _recipes(directory) for name in _edited_dockerfiles(it, directory)
        ),
        search=search,
        project_uses_cgo=None if search is None else search.uses_cgo,
        scripts=_scripts(package),
        files_for=_architectures_of_files(directory),
        includes=beside.includes,
        set_by_others=beside.set_by_others,
        is_beside_sources=any(it.name.endswith(_SOURCES) or it.name in _READ for it in entries_of(directory)),
    )
    module = read_project_text(directory / "go.mod")
    if module is not None:
        return _with_module(workspace, directory, module)
    if any(_is_source_of_go(it.name) for it in entries_of(directory)) and _Sources(directory).are_plain():
        return workspace._replace(may_use_libc=False)
    return workspace


def _with_module(workspace: Workspace, directory: Path, module: str) -> Workspace:
    """Add the facts about the Go module of a directory, given the text of its go.mod."""
    requires_modules = _REQUIRE.search(module) is not None
    sources = _Sources(directory)
    uses_cgo = True if _CGO_MODULES.search(module) else sources.hold(_IMPORT_C)
    may_use_libc = True if requires_modules or uses_cgo else sources.hold(_IMPORT_LIBC)
    return workspace._replace(
        uses_cgo=uses_cgo,
        may_use_libc=may_use_libc,
        requires_modules=requires_modules,
        has_vendored_modules=read_project_text(directory / "vendor" / "modules.txt") is not None,
    )


_EDITOR: Final = lazy_regex(r"(?<![\w.-])(?:g?sed|perl|[gm]?awk)(?![\w.-])")
_RECIPE: Final = lazy_regex(
    r"(?:GNU)?makefile|.+\.(?:mk|make|mak|sh|bash)|\.?justfile|taskfile\.(?:dist\.)?ya?ml", re.IGNORECASE
)
"""Names of files with commands that people run: of make, shells, just and Task."""
_OF_SCRIPTS: Final = frozenset({"bin", "build", "ci", "docker", "hack", "make", "scripts", "script", "tools"})
_MOST_RECIPES: Final = 50


def _recipes(directory: Path) -> Iterator[Path]:
    """Yield the Makefiles and scripts beside a Dockerfile, in the usual directories of scripts there, and at the root of its repository."""
    root = workspace_root(directory)
    places = [directory, *(it for it in subdirectories(directory) if it.name in _OF_SCRIPTS)]
    if root != directory:
        places.append(root)
    for place in places:
        names = sorted(it.name for it in entries_of(place) if _RECIPE.fullmatch(it.name))
        yield from (place / it for it in names[:_MOST_RECIPES])


_DOCKERFILE: Final = lazy_regex(r"(?<![\w.-])(?:[\w.-]+\.)?(?:Docker|Container)file(?:[._-][\w.-]*)?", re.IGNORECASE)


def _edited_dockerfiles(recipe: Path, directory: Path) -> Iterator[str]:
    r"""Yield the names of the Dockerfiles of a directory that a command edits to write the flag; `*` if it names none.

    `sed -e '1 s/\\(^FROM\\)/FROM --platform=…/' Dockerfile > Dockerfile.cross`. A command in a directory above has to name the directory.
    """
    text = read_project_text(recipe)
    if text is None or "--platform=" not in text:
        return
    is_above = recipe.parent != directory and directory.is_relative_to(recipe.parent)
    named = f"{directory.relative_to(recipe.parent).as_posix()}/" if is_above else ""
    for line in text.replace("\\\n", " ").split("\n"):
        program = None if line.lstrip().startswith("#") else _EDITOR.search(line)
        if program is None or named not in line:
            continue
        # The flag of `docker build` on the same line is in no quotes, or in other ones.
        quoted = (it for quote in "'\"" for it in line[program.end() :].split(quote)[1::2])
        if any("FROM" in it and "--platform=" in it for it in quoted):
            yield from {it[0] for it in _DOCKERFILE.finditer(line, program.end())} or {"*"}


_ACTIONS: Final = ("action.yml", "action.yaml")
_OF_ACTION: Final = lazy_regex(r"^[ \t]+image:[ \t]*[\"']?(?:\./)?Dockerfile[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
"""The image of an action, which GitHub builds. Source: docs.github.com, "Metadata syntax", `runs.image`."""


def _is_of_action(directory: Path) -> bool:
    """True if the Dockerfile of a directory is that of an action of GitHub."""
    text = next(filter(None, (read_project_text(directory / it) for it in _ACTIONS)), "")
    return "docker" in text and _OF_ACTION.search(text) is not None


def has_sources(directory: Path) -> bool:
    """True if `read_workspace` reads files of a directory, or the files of its project have to be searched."""
    return any(exists(directory / it) for it in (*_READ, *_ACTIONS))


def _architectures_of_files(directory: Path) -> frozenset[str]:
    """The architectures in the names of the Dockerfiles of a directory."""
    names = [it.name for it in entries_of(directory)]
    return frozenset(architecture for it in names if is_dockerfile(it) for *_, architecture in named_architectures(it))


class _Sources:
    """The Go files of a module, without its tests."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def hold(self, pattern: re.Pattern[bytes]) -> bool | None:
        """True if a file matches; None if there are too many files."""
        return self._any(lambda source: pattern.search(source) is not None)

    def are_plain(self) -> bool:
        """True if all that the files import are packages of the standard library that never link to a C library."""
        return self._any(lambda source: not _imports_plain_packages(source)) is False

    def _any(self, test: Callable[[bytes], bool]) -> bool | None:
        n_bytes = 0
        for n_files, path in enumerate(_go_files(self._directory)):
            try:
                source = read_bytes(path, _MOST_BYTES - n_bytes, self._directory)
            except ReadError:
                return None
            n_bytes += len(source)
            if n_files >= _MOST_FILES:
                return None
            if test(source):
                return True
        return False


def _imports_plain_packages(source: bytes) -> bool:
    """True if a text of Go imports only packages of the standard library that never link to a C library.

    A word that begins no import, in a comment or a string, counts only if a list of packages may follow it.
    """
    text = _COMMENT.sub(b"", source)
    for word in _IMPORTING.finditer(text):
        found = _IMPORTED.match(text, word.end())
        if found is None and text[word.end() : word.end() + 1] == b"(":
            return False
        paths = () if found is None else _QUOTED.findall(found[0])
        if any(_LINKED.fullmatch(it) or not _STANDARD.match(it) for it in paths):
            return False
    return True


_COMMENT: Final = lazy_regex(rb"//[^\n]*")
_IMPORTING: Final = lazy_regex(rb"\bimport\b[ \t\r\n]*")
_IMPORTED: Final = lazy_regex(rb"\([^()]*\)|(?:[\w.]+[ \t]+)?[\"`][^\"`\n]*[\"`]")
"""The list of packages after the keyword, or one package."""
_QUOTED: Final = lazy_regex(rb"[\"`]([^\"`\n]*)[\"`]")
_LINKED: Final = lazy_regex(
    rb"C|archive/tar|crypto/(?:tls|x509)|expvar|log/syslog|mime/multipart|net|net/(?!netip|url).*|os/user|plugin|runtime/cgo"
)
"""The packages that link to the C library, or import such a package. Source: the imports in src/ of Go 1.24."""
_STANDARD: Final = lazy_regex(
    rb"(?:archive|bufio|bytes|cmp|compress|container|context|crypto|database|embed|encoding|errors|flag|fmt|hash|html|image|index|io|iter|log|maps"
    rb"|math|mime|net|os|path|reflect|regexp|runtime|slices|sort|strconv|strings|sync|syscall|text|time|unicode|unique|unsafe)(?:/|$)"
)
"""The beginnings of the paths of the standard library that programs import."""


def _search(directory: Path) -> ProjectSearch | None:
    """Return a search of the project that a Dockerfile in a directory belongs to; None if the root of the project is unknown.

    The build context may be any directory above the Dockerfile, so the whole repository is searched.
    """
    root = workspace_root(directory)
    is_project = is_repository(root) or any(is_file(root / it) for it in _MANIFESTS)
    return ProjectSearch(root) if is_project else None


_MANIFESTS: Final = ("Cargo.toml", "build.gradle", "go.mod", "package.json", "pom.xml", "pyproject.toml")
_SOURCES: Final = (".cs", ".csproj", ".go", ".html", ".java", ".js", ".jsx", ".php", ".py", ".rb", ".rs", ".sln", ".ts")
"""The ends of names of files of which a Dockerfile beside them makes a program."""
_READ: Final = (*_MANIFESTS, "Gemfile", "Makefile", "requirements.txt", "package-lock.json", "pnpm-lock.yaml")

_Answer = TypeVar("_Answer")


class ProjectSearch:
    """A lazy search of the files below a directory: for the names of platform arguments, and for Go files that need cgo.

    A program of the project may read the variables that its text names; one that reads the whole environment may read all.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: list[frozenset[str] | None] = []
        self._uses_cgo: list[bool | None] = []

    def __call__(self) -> frozenset[str] | None:
        """The names in the files; None if there are too many files, or too large ones."""
        if not self._names:
            listed = self._for_each(_names_in)
            self._names.append(None if listed is None else frozenset().union(*listed))
        return self._names[0]

    def uses_cgo(self) -> bool | None:
        """True if a Go file of the project, other than its tests, needs cgo; None if there are too many files, or too large ones."""
        if not self._uses_cgo:
            listed = self._for_each(_needs_cgo)
            self._uses_cgo.append(None if listed is None else any(listed))
        return self._uses_cgo[0]

    def give_up(self) -> None:
        """Effect: give up a search that takes too long; the project then counts as too large."""
        self._names, self._uses_cgo = [None], [None]

    def _for_each(self, answer: Callable[[_File], _Answer]) -> list[_Answer] | None:
        """The answers for all files; None if there are too many files, or too large ones."""
        answers: list[_Answer] = []
        n_bytes = 0
        for n_files, path in enumerate(_project_files(self._directory)):
            if n_files >= _MOST_SEARCHED_FILES:
                return None
            try:
                status = path.lstat()
                if not stat.S_ISREG(status.st_mode):
                    continue
                n_bytes += status.st_size
                if n_bytes > _MOST_SEARCHED_BYTES:
                    return None
                answers.append(answer(_File(path, self._directory, status.st_mtime_ns, status.st_size)))
            except (OSError, ReadError):
                return None
        return answers


class _File(NamedTuple):
    """One version of a file of a project."""

    path: Path
    root: Path
    modified: int
    """The time of its last change, in nanoseconds."""
    size: int


_MOST_SEARCHED_FILES: Final = 3000
_MOST_SEARCHED_BYTES: Final = 20_000_000
_DEEPEST_SEARCHED: Final = 8
_NAMES: Final = "|".join(it for it in AUTOMATIC_ARGUMENTS if it != "TARGETSTAGE")
_NAME: Final = lazy_regex(rf"\b(?:{_NAMES})\b".encode())
_PROPERTY: Final = lazy_regex(rf"\$\((?:{_NAMES})\)".encode(), re.IGNORECASE)
"""Properties of MSBuild, which environment variables set, without regard to case (MSBuild reference, "Use environment variables in a build")."""
_OF_MSBUILD: Final = (".csproj", ".fsproj", ".vbproj", ".proj", ".props", ".targets")
_ALL_OF_IT: Final = lazy_regex(
    rb"\bprocess\.env\b(?!\s*(?:\.|\?\.|\[\s*['\"`]))|\bos\.environ\b(?!\s*(?:\[|\.(?:get|setdefault|pop)\b))"
    rb"|\bos\.Environ\(\)|\bSystem\.getenv\(\s*\)|\benv::vars(?:_os)?\(|\bENV\.(?:to_h|each|map|select)\b|\bGetEnvironmentVariables\("
    rb"|^[ \t]*(?:printenv|env|export -p)[ \t\r]*(?:$|[|>])|\benvsubst\b",
    re.MULTILINE,
)
"""Expressions that read the whole environment in JavaScript, Python, Go, Java, Rust, Ruby, .NET and shells."""
_IN_ALL_OF_IT: Final = (b"env", b"nviron", b"ENV.", b"export -p")
"""Each text that `_ALL_OF_IT` matches contains one of these; finding out takes a hundredth of the time of the pattern."""
_NOT_RUN: Final = lazy_regex(
    r"^(?:docker|container)file(?:$|[.-](?!.*\.(?:bash|js|py|rb|sh|ts)$))|\.(?:dockerfile|containerfile)$|^(?:docker-)?compose\b|^docker-bake\b|\.dockerignore$"
    r"|(?<!cmakelists)\.txt$|\.(?:md|mdx|rst|adoc|html?|css|scss|less|svg|png|jpe?g|gif|webp|avif|ico|icns|pdf|woff2?|ttf|otf|eot|mp[34]|wav|webm|zip|gz|tgz"
    r"|xz|bz2|tar|jar|wasm|exe|dll|so|dylib|a|o|pyc|class|bin|lock|sum|map|snap|po|pot|mo|csv|tsv|sql|proto|diff|patch)$"
    r"|^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|licen[cs]e|copying|notice)$",
    re.IGNORECASE,
)
"""Data, documents, and files that describe the build: no command of a build runs them."""
_NOT_SEARCHED: Final = frozenset(
    {
        ".circleci",
        ".git",
        ".github",
        ".gitlab",
        ".idea",
        ".venv",
        ".vscode",
        "node_modules",
        "vendor",
        "third_party",
        "testdata",
    }
)


def _project_files(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory that a command of a build may run or read as a program, in order."""
    n_above = len(directory.parts)
    for root, directories, names in walk(directory):
        place = Path(root)
        is_deepest = len(place.parts) - n_above >= _DEEPEST_SEARCHED
        directories[:] = [] if is_deepest else sorted(it for it in directories if it not in _NOT_SEARCHED)
        yield from (place / it for it in sorted(names) if _NOT_RUN.search(it) is None)


@lru_cache(maxsize=1024)
def _names_in(file: _File) -> frozenset[str]:
    """The platform arguments that a file names, or all if it reads the whole environment. Raises `ReadError`."""
    content = read_bytes(file.path, MOST_PROJECT_BYTES, file.root)
    if b"\0" in content[:1024]:
        return frozenset()
    if any(it in content for it in _IN_ALL_OF_IT) and _ALL_OF_IT.search(content):
        return frozenset(AUTOMATIC_ARGUMENTS)
    named = {it.decode() for it in _NAME.findall(content)}
    if file.path.suffix.lower() in _OF_MSBUILD:
        named |= {it[2:-1].decode().upper() for it in _PROPERTY.findall(content)}
    return frozenset(named)


def _needs_cgo(file: _File) -> bool:
    """True for a Go file that needs cgo. Raises `ReadError`."""
    return _is_source_of_go(file.path.name) and _imports_c(file)


@lru_cache(maxsize=1024)
def _imports_c(file: _File) -> bool:
    content = read_bytes(file.path, MOST_PROJECT_BYTES, file.root)
    return b"\0" not in content[:1024] and _IMPORT_C.search(content) is not None


def _package(directory: Path) -> Mapping[str, Any]:
    """The package.json of a directory; empty if it is missing or cannot be read."""
    content = read_project_bytes(directory / "package.json")
    try:
        return {} if content is None else as_mapping(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def read_packages(directory: Path) -> PackagesOfNode:
    """The native code among the packages that the package.json of a directory and the lock file for it name."""
    return _packages(directory, _package(directory))


def _packages(directory: Path, package: Mapping[str, Any]) -> PackagesOfNode:
    native = read_native_packages(directory, package)
    is_optional = native.are_installed is None and (
        native.are_optional or _may_take_native_packages(directory, package)
    )
    return PackagesOfNode(native.are_installed, native.are_prebuilt, is_optional)


def read_scripts(directory: Path) -> tuple[tuple[str, str], ...]:
    """The names and texts of the scripts of the package.json of a directory; empty without one."""
    return _scripts(_package(directory))


def _scripts(package: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The names and texts of the scripts of a package.json."""
    scripts = [*as_mapping(package.get("scripts")).items()]
    return tuple(
        (name, text) for name, text in scripts[:_MOST_SCRIPTS] if isinstance(text, str) and len(text) <= _LONGEST_SCRIPT
    )


_MOST_SCRIPTS: Final = 200
_LONGEST_SCRIPT: Final = 2000
_MOST_PARENTS: Final = 6


def _may_take_native_packages(directory: Path, package: Mapping[str, Any]) -> bool:
    """True if a member of the workspace needs a package with native code, or the engine of Prisma, which its client downloads for a machine."""
    dependencies = [as_mapping(it.get("dependencies")) for it in (package, *_members(directory, package))]
    return any("@prisma/client" in it or not NATIVE_PACKAGES.isdisjoint(it) for it in dependencies)


def _members(directory: Path, package: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The package.json of the members of a workspace of npm, Yarn or pnpm. Source: docs.npmjs.com, package.json, "workspaces"; pnpm.io, pnpm-workspace.yaml."""
    named = package.get("workspaces")
    listed = as_mapping(named).get("packages") if isinstance(named, Mapping) else named
    text = read_project_text(directory / "pnpm-workspace.yaml")
    settings = as_mapping(load_yaml(text)) if text else {}
    patterns = [
        it for of in (listed, settings.get("packages")) if isinstance(of, list) for it in of if isinstance(it, str)
    ]
    n_read = 0
    for pattern in dict.fromkeys(it.removeprefix("./").rstrip("/") for it in patterns[:_MOST_PATTERNS]):
        parent, _, last = pattern.rpartition("/")
        if "*" in parent or ".." in pattern or pattern.startswith(("/", "!")):
            continue
        for place in subdirectories(directory / parent) if "*" in last else [directory / pattern]:
            if n_read >= _MOST_MEMBERS:
                return
            n_read += 1
            yield _package(place)


_MOST_PATTERNS: Final = 20
_MOST_MEMBERS: Final = 100

_CACHES: Final = (".yarn/cache", "npm-packages-offline-cache")
"""The directories in which Yarn keeps packages beside the sources. Source: yarnpkg.com, "Zero-installs"; classic.yarnpkg.com, "Offline mirror"."""
_CACHE_SETTING: Final = lazy_regex(
    r"""^(?:cacheFolder:|yarn-offline-mirror)[ \t]*["']?(?:\./)?(?P<path>[\w.-][\w./-]*)""", re.MULTILINE
)


def _has_package_cache(directory: Path) -> bool:
    """True if a cache of Yarn is part of the repository: the nearest one above a directory, unless Git or Docker ignores it."""
    if not is_file(directory / "package.json") and not is_file(directory / ".yarnrc.yml"):
        return False
    for place in (directory, *directory.parents[:_MOST_PARENTS]):
        texts = [read_project_text(place / it) or "" for it in (".yarnrc.yml", ".yarnrc")]
        named = [match["path"] for it in texts if (match := _CACHE_SETTING.search(it)) is not None]
        if any(_is_in_repository(place, it) for it in (*named, *_CACHES)):
            return True
        if is_repository(place):
            return False
    return False


def _is_in_repository(place: Path, cache: str) -> bool:
    """True if a directory below another one holds packages that neither `.gitignore` nor `.dockerignore` excludes."""
    names = (it.name for it in entries_of(place / cache))
    package = next((it for it in names if it.endswith((".tgz", ".zip"))), None)
    if package is None:
        return False
    texts = (read_project_text(place / it) for it in (".gitignore", ".dockerignore"))
    return not any(IgnorePatterns(it).excludes(f"{cache}/{package}") for it in texts if it is not None)


def _go_files(directory: Path) -> Iterator[Path]:
    for root, directories, names in walk(directory):
        directories[:] = sorted(it for it in directories if it not in _SKIPPED and not it.startswith((".", "_")))
        yield from (Path(root, it) for it in sorted(names) if _is_source_of_go(it))


def _is_source_of_go(name: str) -> bool:
    return name.endswith(".go") and not name.endswith("_test.go")
