"""The sources of COPY that a repository surely lacks.

A file that is missing now may be made before a build: by a step of a workflow, a script, a person. So only files that people write and add to
a repository count (lists of dependencies, their lock files, settings of tools, scripts, programs of interpreters), and only if no file that
runs commands shows where they come from. Of any other path it is certain only in a workflow all of whose steps are known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import entries_of, is_entry, is_inside, read_project_text, repository_root, walk
from buildxray.projects.ci import is_nested_workflow
from buildxray.projects.ci.checkouts import may_make
from buildxray.projects.search import FOREIGN_DIRECTORIES, is_ignored
from buildxray.projects.submodules import is_in_missing_submodule
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import FIRST_LISTS, Absence

_TOOLS: Final = {
    "Cargo.lock": "cargo",
    "Gemfile.lock": "bundle",
    "Pipfile.lock": "pipenv",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "composer.lock": "composer",
    "go.sum": "go",
    "mix.lock": "mix",
    "npm-shrinkwrap.json": "npm",
    "package-lock.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "poetry.lock": "poetry",
    "uv.lock": "uv",
    "yarn.lock": "yarn",
}
"""The lock files, each with the program that makes it."""
LOCK_FILES: Final = (*_TOOLS,)
_OF_NODE: Final = (*(name for name, tool in _TOOLS.items() if tool in ("bun", "npm", "pnpm", "yarn")),)
_COMMON: Final = lazy_regex(
    r"CMakeLists\.txt|Cargo\.toml|Gemfile|Makefile|Pipfile|build\.gradle(?:\.kts)?|composer\.json|global\.json|go\.mod|go\.work|gradlew|mix\.exs"
    r"|mvnw|package\.json|pnpm-workspace\.yaml|pom\.xml|pyproject\.toml|requirements[\w.-]*\.(?:in|txt)|rust-toolchain(?:\.toml)?"
    r"|settings\.gradle(?:\.kts)?|setup\.(?:cfg|py)|(?:angular|babel\.config|lerna|nx|tsconfig[\w.-]*|turbo)\.json"
    r"|[\w-]+\.config\.[cm]?[jt]s"
)
"""Lists of dependencies and settings of tools, which every project calls so: that a text has such a name tells nothing of one of them."""
_OTHERS: Final = lazy_regex(r"[\w.-]+\.(?:csproj|fsproj|sh|sln)")
"""Projects of .NET, and scripts."""
_PROGRAMS: Final = lazy_regex(
    r"(?!_?(?:about|build_info|config|credentials|env|local|secrets?|settings|version)\b|local_|\w*_(?:pb2|config|secrets|settings|version)\b|\w*_pb2_)"
    r"\w[\w-]*\.(?:pl|py|rb)"
)
"""Sources of interpreters, but not those that a tool generates or that hold the settings of a machine, by their names."""
_NAMES_FILES: Final = lazy_regex(
    r"(?:GNU)?[Mm]akefile|[Jj]ustfile|Rakefile|Jenkinsfile|Earthfile|Vagrantfile|Tiltfile|package\.json"
    r"|.*\.(?:bash|bat|cmd|fish|hcl|just|md|mk|mjs|ps1|py|rst|sh|ya?ml|zsh)|configure|build|setup|bootstrap"
)
"""Files that run commands, or tell people which ones to run."""
_MAKES: Final = lazy_regex(
    r"(?<![\w-])(?:checkout|copies|copied|copy(?:ing)?|cp|clone|creat(?:e[sd]?|ing)|curl|download(?:s|ed)?|envsubst|export|fetch|freeze|generat(?:e[sd]?|ing)|init"
    r"|ln|mv|nam(?:ed?|ing)|path:|place|provide|put|renam(?:ed?|ing)|render|rsync|save|scp|submodule|symlinks?|sync|tar|tee|templates?|touch|unzip|wget"
    r"|wrapper|writes?|zip|add)(?![\w-])|copyFile|writeFile|write_text|--output|[ \t]-o[ \t]|[\"']w[\"']|[\u0370-\u1fff\u3040-\ud7ff]",
    re.IGNORECASE,
)
"""Words for what makes a file or a directory, in commands and in documents. A document in other letters than Latin ones may tell anything."""
_DOCUMENTS: Final = (".md", ".rst")
_LONGEST_LINE: Final = 1000
"""Characters of a line; what a longer one tells is unknown."""
_SHOWN: Final = lazy_regex(r"^[ \t]*(?:[|+\u2500-\u257f]|`--|(?:ADD|COPY|RUN)[ \t]).*$", re.MULTILINE)
"""A line of a drawing that lists the files of a project, of a table, or of a Dockerfile, in a document."""
_OF_PIP: Final = lazy_regex(r"requirements[\w.-]*\.txt")
_SOURCE_OF_LIST: Final = lazy_regex(
    r"requirements[\w.-]*\.in|Pipfile|pyproject\.toml|setup\.(?:cfg|py)|environment\.ya?ml|.*\.lock"
)
_SOURCE_OF_POM: Final = lazy_regex(
    r"build\.(?:boot|gradle|sbt|sc|xml)(?:\.kts)?|deps\.edn|pom\.(?!xml$).+|project\.clj|settings\.gradle(?:\.kts)?|(?:BUILD|WORKSPACE)(?:\.bazel)?"
)
"""Lists of other programs, which can write a pom.xml; `pom.clj` is one of Polyglot for Maven."""


def _is_first(name: str) -> bool:
    """True for a list of dependencies that a project has from its first day."""
    return name in FIRST_LISTS or _OF_PIP.fullmatch(name) is not None


_MOST_NAMES: Final = 50
"""Paths of one Dockerfile whose names are looked for in the files of the repository; each takes up to 400 readings."""
_MOST_ENTRIES: Final = 20_000
MOST_FILES: Final = 400
"""Files of a repository in which a name is looked for."""


_CODE: Final = lazy_regex(
    r".+\.(?:astro|c|cc|cpp|cs|dart|erl|exs?|fs|go|html?|java|[cm]?jsx?|kt|php|pl|py|rb|rs|scala|svelte|swift|[cm]?tsx?|vb|vue)"
)
_MOST_LOOKED_AT: Final = 2_000


def has_code(directory: Path) -> bool:
    """True if a directory, or one below it, holds sources of a program, or if it has too many entries to tell; templates for other projects have none."""
    return any(
        it is None or any(_CODE.fullmatch(name) is not None for name in it.names)
        for it in _own_directories(directory, _MOST_LOOKED_AT)
    )


class _Listed(NamedTuple):
    """The files in a directory."""

    place: str
    names: list[str]


def _own_directories(directory: Path, most: int) -> Iterator[_Listed | None]:
    """Yield a directory and those below it, without those of other projects; None, at the end, if they have more than `most` entries."""
    n_entries = 0
    for place, directories, names in walk(directory):
        n_entries += len(directories) + len(names)
        if n_entries > most:
            yield None
            return
        directories[:] = [it for it in directories if it not in FOREIGN_DIRECTORIES and it != ".git"]
        yield _Listed(place, names)


class AbsentSources:
    """Finds out which paths no directory that may be the build context can have; never raises."""

    def __init__(
        self, directories: tuple[Path, ...], jobs: tuple[tuple[Path, str], ...] = (), place: Path | None = None
    ) -> None:
        """`directories` are those that may be the context, `jobs` those that build, each as its workflow and its name; `place` has the Dockerfile."""
        self._directories = directories
        self._place = (
            place if len(directories) == 1 and place is not None and place.is_relative_to(*directories) else None
        )
        self._jobs = jobs
        self._root = repository_root(directories[0]) if directories else None
        self._named: dict[str, bool] = {}
        """What `_is_known` has answered."""
        self._unmade: dict[str, bool] = {}
        """What `_is_made_by_no_step` has answered."""
        self._documents: dict[Path, object] = {}

    def absence(self, path: str) -> Absence | None:
        """Why a build from a checkout stops at a path; None if it may exist then.

        None outside of a repository too, and for files that a checkout may lack although the build needs them, by their names.
        """
        clean = posixpath.normpath(path.lstrip("/"))
        name = posixpath.basename(clean)
        if self._repeats_context(path, clean):
            return Absence.REPEATED
        if self._is_from_root(clean):
            return Absence.FROM_ROOT
        is_program = _PROGRAMS.fullmatch(name) is not None
        is_common = name in _TOOLS or _COMMON.fullmatch(name) is not None
        is_of_checkout = is_common or _OTHERS.fullmatch(name) is not None or is_program
        if self._root is None or clean.startswith("..") or not clean.strip("."):
            return None
        root, places = self._root, [it / clean for it in self._directories]
        if any(is_entry(it) or not is_inside(it, root) or is_in_missing_submodule(root, it) for it in places):
            return None
        is_ignored_by_git = any(is_ignored(it, root) for it in places)
        if is_ignored_by_git and (
            self._is_made_nowhere(name)
            or self._is_given_up(clean)
            or (self._is_only_list(clean) and not self._is_known(clean, is_common=True, is_program=False))
        ):
            return Absence.IGNORED
        if not is_ignored_by_git and self._is_below(clean, is_common=is_common):
            return Absence.BELOW
        is_unmade = self._is_made_by_no_step(clean)
        if is_of_checkout and not is_ignored_by_git:
            is_in_root = clean == name and is_common and self._is_part_of(root, name)
            is_missing = is_unmade or not self._is_known(clean, is_common=is_common, is_program=is_program)
            needs_code = _is_first(name) or (name in _TOOLS and not self._has_list(clean))
            is_missing = is_missing and (not needs_code or any(map(has_code, self._directories)))
            if is_missing and (is_in_root or not is_unmade):
                return Absence.IN_ROOT if is_in_root else Absence.MISSING
        if is_unmade:
            return Absence.UNMADE
        return None if is_ignored_by_git else self._above(clean)

    def _is_known(self, path: str, *, is_common: bool, is_program: bool) -> bool:
        """True if the files of the repository may tell where the file at a path comes from."""
        root = self._root
        if path not in self._named:
            name = posixpath.basename(path)
            # A program of that name elsewhere shows that another context, or a step that copies it, may be meant.
            self._named[path] = (
                root is None
                or len(self._named) >= _MOST_NAMES
                or _is_named(root, name, self._lacking(path), is_common=is_common, with_nested=not self._jobs)
                or (is_program and _is_anywhere(root, name))
                or (name in _TOOLS and self._is_made_by_job(_TOOLS[name]))
            )
        return self._named[path]

    def _lacking(self, path: str) -> set[str]:
        """The parts of a path, each a directory or the file, that one of the directories lacks."""
        parts = path.split("/")
        return {
            name
            for directory in self._directories
            for n, name in enumerate(parts)
            if not is_entry(directory.joinpath(*parts[: n + 1]))
        }

    def _is_made_by_job(self, tool: str) -> bool:
        """True if a job that builds has the name of a program in its steps, which may make the lock file before the build."""
        jobs = [as_mapping(as_mapping(self._document(it)).get("jobs")).get(name) for it, name in self._jobs]
        return any(re.search(rf"\b{tool}\b", str(as_mapping(it).get("steps"))) is not None for it in jobs)

    def _repeats_context(self, path: str, clean: str) -> bool:
        """True if a path begins with the name of the only context, and exists from the directory above it: `COPY api/app.py` with the context `api`.

        `COPY api .` may mean a program that a script compiles there.
        """
        if self._root is None or len(self._directories) != 1 or self._directories[0] == self._root:
            return False
        (directory,) = self._directories
        first, _slash, rest = clean.partition("/")
        is_named = first == directory.name and bool(rest or path.endswith("/"))
        above = directory.parent / clean
        places = (directory / first, above)
        return (
            is_named
            and not is_entry(directory / first)
            and is_entry(above)
            and all(is_inside(it, self._root) and not is_in_missing_submodule(self._root, it) for it in places)
            and not is_ignored(directory / first, self._root)
        )

    def _is_from_root(self, clean: str) -> bool:
        """True if a path leads from the root of the repository into the only context, which is deeper: `COPY apps/api/src` with the context `apps/api`."""
        if self._root is None or len(self._directories) != 1 or not self._directories[0].is_relative_to(self._root):
            return False
        (directory,), root = self._directories, self._root
        own = directory.relative_to(root).as_posix()
        place = directory / clean.partition("/")[0]
        is_through = "/" in own and f"{clean}/".startswith(f"{own}/")
        return is_through and self._is_part_of(root, clean) and not is_entry(place) and not is_ignored(place, root)

    def _is_below(self, clean: str, *, is_common: bool) -> bool:
        """True if the directory of the Dockerfile has a path as a part of the repository, and nothing may copy it from there into the only context."""
        is_there = self._place is not None and self._is_part_of(self._place, clean)
        return is_there and not self._is_known(clean, is_common=is_common, is_program=False)

    def _above(self, clean: str) -> Absence | None:
        """`ABOVE` or `BESIDE` if the directory above the only context, or the root of the repository, has a path as a part of it; otherwise None."""
        if self._root is None or len(self._directories) != 1 or self._directories[0] == self._root:
            return None
        if self._is_part_of(self._directories[0].parent, clean):
            return Absence.ABOVE
        return Absence.BESIDE if self._is_part_of(self._root, clean) else None

    def _is_part_of(self, directory: Path, path: str) -> bool:
        """True if a directory has a path as a part of the repository."""
        place, root = directory / path, self._root
        return root is not None and is_inside(place, root) and is_entry(place) and not is_ignored(place, root)

    def _is_made_nowhere(self, name: str) -> bool:
        """True for a lock file if the text of a workflow that builds does not name the program that makes it: a checkout has none then."""
        tool = _TOOLS.get(name)
        if tool is None:
            return False
        pattern = re.compile(rf"\b(?:{re.escape(name)}|{tool})\b")
        texts = filter(None, map(read_project_text, dict.fromkeys(it for it, _job in self._jobs)))
        return any(pattern.search(it) is None for it in texts)

    def _is_only_list(self, path: str) -> bool:
        """True for a list of packages of pip, or a pom.xml, beside sources, and without another list from which a program may make it."""
        name = posixpath.basename(path)
        makers = _SOURCE_OF_LIST if _OF_PIP.fullmatch(name) else _SOURCE_OF_POM if name == "pom.xml" else None
        if makers is None:
            return False
        above = [one for it in self._directories for one in (it, (it / path).parent)]
        others = (it.name for one in dict.fromkeys(above) for it in entries_of(one))
        return not any(makers.fullmatch(it) is not None for it in others) and any(map(has_code, above))

    def _has_list(self, path: str) -> bool:
        """True if the directory of a path has a list of dependencies or the settings of a tool: a template for other projects has none."""
        places = ((it / path).parent for it in self._directories)
        return any(_COMMON.fullmatch(it.name) is not None for place in places for it in entries_of(place))

    def _is_given_up(self, path: str) -> bool:
        """True for a lock file of a package manager for Node.js if the repository keeps that of another one there, or in a directory above."""
        if self._root is None or posixpath.basename(path) not in _OF_NODE:
            return False
        root, places = self._root, [(it / path).parent for it in self._directories]
        above = dict.fromkeys(one for it in places for one in (it, *it.parents) if one.is_relative_to(root))
        return any(is_entry(it / name) and not is_ignored(it / name, root) for it in above for name in _OF_NODE)

    def _is_made_by_no_step(self, path: str) -> bool:
        """True if no job that builds has a step that may make a path, relative to the context, which its checkout lacks."""
        if path not in self._unmade:
            lacking = self._lacking(path) if self._jobs else set()
            self._unmade[path] = bool(self._jobs) and not any(
                may_make(self._document(workflow), job, lacking) for workflow, job in self._jobs
            )
        return self._unmade[path]

    def _document(self, workflow: Path) -> object:
        """The content of a workflow; None if it cannot be read."""
        if workflow not in self._documents:
            self._documents[workflow] = load_yaml(read_project_text(workflow) or "")
        return self._documents[workflow]


def _is_named(root: Path, name: str, lacking: set[str], *, is_common: bool, with_nested: bool) -> bool:
    """True if a file of the repository that runs commands, or a document, tells of a name, or if there are too many of them to tell.

    A common name has to be in a line that makes something, and so has a lacking directory, and each name in a document; any other one counts
    wherever a file that runs commands has it. `with_nested` adds workflows that GitHub does not run here.
    """
    # `packages: write` is a key, and what writes to `packages/other` does not make `packages`.
    ends = r"(?!:|[/\\][\w-])"
    names = "|".join((re.escape(name), *(f"{re.escape(it)}{ends}" for it in sorted(lacking - {name}))))
    pattern = re.compile(rf"(?P<redirection>>[ \t]{{0,9}}[\"']?[\w./$-]{{0,200}})?(?<![\w-])(?P<name>{names})(?![\w-])")
    for n_files, path in enumerate(naming_files(root)):
        if path is None or n_files >= MOST_FILES:
            return True
        if not with_nested and is_nested_workflow(path, root):
            continue
        text = read_project_text(path) or ""
        if any(it in text for it in (name, *lacking)) and any(
            (it["name"] == name and not is_common and path.suffix not in _DOCUMENTS)
            or it["redirection"]
            or _MAKES.search(line) is not None
            for line in _lines(path, text)
            for it in pattern.finditer(line)
        ):
            return True
    return False


def may_be_copied(root: Path, context: Path, paths: Iterable[str]) -> bool:
    """True if a file of the repository that runs commands, or a document, may copy some paths to a build context from a directory above it.

    That is so if a line copies to the context, or something from above: `cp -r app docker/`, `cp ../package.json .`.
    """
    firsts = "|".join(sorted({re.escape(it.split("/")[0]) for it in paths}))
    end = r"[\"'`]?(?:[\s,;&|)]|$)"
    there = re.compile(rf"[\s\"'/]{re.escape(context.name)}(?:/(?:{firsts}))?/?{end}|\.\./(?:{firsts}|\*)?/?{end}")
    for n_files, path in enumerate(naming_files(root)):
        if path is None or n_files >= _MOST_COPYING_FILES:
            return True
        is_script = path.suffix not in _DOCUMENTS
        text = read_project_text(path) or ""
        if any(_may_copy(it, there, is_script=is_script) for it in _lines(path, text)):
            return True
    return False


def _may_copy(line: str, there: re.Pattern[str], *, is_script: bool) -> bool:
    """True if a line may copy something to what a pattern finds: a command that copies is before it. A long line may copy anything."""
    if len(line) > _LONGEST_LINE:
        return True
    command = (_COPYING_OF_SCRIPTS if is_script else _COPYING).search(line)
    if command is None:
        return False
    if there.search(line, command.end()) is not None:
        return True
    of_directories = _COPYING_DIRECTORIES.search(line, command.start()) if is_script else None
    return of_directories is not None and _VARIABLE_AT_END.search(line, of_directories.end() - 1) is not None


_COPYING_PROGRAMS: Final = r"(?<![\w-])(?:cp|ln|mv|rsync|tar|unzip)(?![\w-])"
_COPYING: Final = lazy_regex(_COPYING_PROGRAMS)
"""A command that copies or links files."""
_COPYING_OF_SCRIPTS: Final = lazy_regex(
    rf"{_COPYING_PROGRAMS}|(?<![\w-])(?i:copy|copytree|copyfile(?:sync)?|symlink|sync)(?![\w-])"
)
"""Such a command, or a function of a script that does the same."""
_COPYING_DIRECTORIES: Final = lazy_regex(r"(?<![\w-])(?:cp[ \t]{1,9}-\w{0,9}[arR]\w{0,9}|rsync)[ \t]")
"""A command that copies directories."""
_VARIABLE_AT_END: Final = lazy_regex(r"\s[\"']?\$[({]?\w{1,99}[)}]?/?[\"']?\s*$")
"""A directory that only a variable tells, as the last word of a line."""
_MOST_COPYING_FILES: Final = 1_000


def _lines(path: Path, text: str) -> Iterator[str]:
    """Yield the lines of a file, those that a backslash continues as one, without what a document only shows.

    Of a line that is too long, the words count, and the word `copy`: it may make anything.
    """
    if path.suffix in _DOCUMENTS:
        text = _SHOWN.sub("", text)
    lines = text.replace("\\\n", " ").splitlines()
    yield from (it if len(it) <= _LONGEST_LINE else f"copy {it}" for it in lines)


def naming_files(root: Path) -> Iterator[Path | None]:
    """Yield the files of a repository that run commands and its documents; None, at the end, if it has too many entries."""
    for it in _own_directories(root, _MOST_ENTRIES):
        if it is None:
            yield None
        else:
            yield from (Path(it.place, name) for name in it.names if _NAMES_FILES.fullmatch(name) is not None)


def _is_anywhere(root: Path, name: str) -> bool:
    """True if a directory of the repository has a file of that name, or if there are too many entries to tell."""
    return any(it is None or name in it.names for it in _own_directories(root, _MOST_ENTRIES))
