"""The COPY instructions that take the sources of a project, after whose changes a later download runs again."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import (
    copies_before,
    first_naming,
    first_taking,
    instructions_before,
    path_in_context,
    sources_of,
    takes,
    takes_directory_with,
)
from buildxray.rules.facts.dependency_lists import (
    LIST_OF_PROJECT,
    copy_naming,
    member_directories,
    needed_files,
    required_lists,
)
from buildxray.rules.facts.read_sources import names_other_file_of
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import clean
from buildxray.semantics.mentions import takes_whole_context
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import NeededFiles
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import NODE
from buildxray.toolchains.scripting import local_packages


def copy_of_everything(stage: Stage) -> Instruction | None:
    """The first COPY or ADD of the whole build context, in a stage or one that it is built on."""
    for instruction in (it for one in stage.chain for it in one.instructions):
        node = instruction.node
        if isinstance(node, Copying) and takes_whole_context(node):
            return instruction
    return None


def copy_of_project(ctx: RuleContext, stage: Stage) -> Instruction | None:
    """The first COPY of one directory of the build context to the directory in which a later RUN builds the project; None without one."""
    building = {Effect.BUNDLE, Effect.COMPILE}
    commands = [it for run in stage.runs for it in run.known_commands if it.use.manifests or it.use.effect in building]
    last_in = {tuple(dict.fromkeys(map(clean, it.invocation.directories))): it for it in commands}
    for copy in (it for it in copies_before(stage.last) if it.stage is stage):
        sources, known = sources_of(copy), ctx.build.workspace.holds
        if len(sources) != 1 or not copy.destinations:
            continue
        command = last_in.get(copy.destinations)
        source = sources[0].text.rstrip("/")
        is_file = known is not None and known(source) and not known(f"{source}/")
        if command is not None and copy.idx < command.run.idx and not is_file and _takes_project(copy, command):
            return copy
    return None


def copy_of_sources(ctx: RuleContext, command: KnownCommand) -> Instruction | None:
    """The COPY of a source directory beside that of the manifests, or of a whole project with them; None without one."""
    copies = copies_before(command.run)
    members = member_directories(ctx, command)
    with_lists = _copy_of_sources_with_lists(ctx, command)
    if with_lists is not None:
        return with_lists
    manifests = [copy_naming(command.run, it) for it in required_lists(command)]
    copied = [it.idx for it in manifests if it is not None]
    if len(copied) == len(manifests):
        # A change of a source that is copied before the manifests, or with them, repeats the download too.
        return next((it for it in copies if _takes_source(it, members) or _takes_package(it, command)), None)
    return None if copied else next((it for it in copies if _takes_project(it, command)), None)


def _copy_of_sources_with_lists(ctx: RuleContext, command: KnownCommand) -> Instruction | None:
    """The first COPY of a directory with a list of dependencies that no COPY names, where each list is beside the sources of its own project."""
    is_beside = command.use.toolchain in _LISTS_BESIDE_SOURCES or command.use.title in _TITLES_BESIDE_SOURCES
    is_of_pip = command.use.title in ("pip install", "pip3 install")
    needed = needed_files(ctx, command) if is_beside or is_of_pip else None
    copies = copies_before(command.run)
    pattern = _LIST_OF_PIP if is_of_pip else LIST_OF_PROJECT
    files = () if needed is None else [it for it in needed.files if it not in needed.vendored]
    lists = [it for it in files if pattern.fullmatch(posixpath.basename(it))]
    unnamed = [it for it in lists if not any(_names(copy, it) for copy in copies)]
    with_list = (copy for copy in copies if any(_takes_directory_of(copy, it) for it in unnamed))
    return next((it for it in with_list if is_beside or takes_directory_with(it, *_PROGRAMS_OF_PYTHON)), None)


def _names(instruction: Instruction, path: str) -> bool:
    """True if a COPY takes a file by its name, perhaps with wildcards in it, and not with its directory."""
    sources = map(path_in_context, sources_of(instruction))
    return any(it.count("/") == path.count("/") for it in sources) and takes(instruction, path)


def _takes_directory_of(instruction: Instruction, path: str) -> bool:
    """True if a COPY takes one of the directories above a file, which is named as it is, and not for lists of dependencies only."""
    paths = map(path_in_context, sources_of(instruction))
    return any(
        path.startswith(f"{it}/") and posixpath.basename(it) not in _MANIFESTS_ONLY and not _is_vendored(it)
        for it in paths
    )


_LISTS_BESIDE_SOURCES: Final = (BUN, DOTNET, GO, JAVA, NODE)
_TITLES_BESIDE_SOURCES: Final = ("composer install", "dart pub get", "mix deps.get")
_LIST_OF_PIP: Final = lazy_regex(r"requirements[\w.-]*\.(?:in|txt)")
_PROGRAMS_OF_PYTHON: Final = (
    "__init__.py",
    "__main__.py",
    "app.py",
    "bot.py",
    "main.py",
    "manage.py",
    "run.py",
    "server.py",
    "wsgi.py",
)
"""Files with which a program of Python begins, beside its list of dependencies."""


def _takes_package(instruction: Instruction, command: KnownCommand) -> bool:
    """True if a COPY takes a package of Python, before a command that installs what its project needs.

    Source: docs.python.org, "Regular packages".
    """
    is_of_python = command.use.title.startswith(_INSTALLERS_OF_PYTHON)
    return is_of_python and takes_directory_with(instruction, "__init__.py", "__main__.py")


_INSTALLERS_OF_PYTHON: Final = ("pip ", "pip3 ", "pipenv ", "poetry ", "uv ")


def early_copies(ctx: RuleContext, part: Instruction, command: KnownCommand) -> list[Instruction]:
    """The COPYs of sources before a download if the others take all manifests, some of them after such a COPY; empty otherwise."""
    members = member_directories(ctx, command)
    copies = copies_before(command.run)
    needed = needed_files(ctx, command)
    early = [
        it
        for it in copies
        if (_takes_source(it, members) or _takes_package(it, command)) and not reads_other_files(ctx, it, command)
    ]
    others = [it for it in copies if it not in early]
    of_lists = (
        [first_naming(others, it) for it in required_lists(command)]
        if needed is None
        else [first_taking(others, it) for it in needed.files]
    )
    copying = [it for it in of_lists if it is not None]
    if len(copying) < len(of_lists) or not any(it.idx > part.idx for it in copying):
        return []
    more = [] if needed is None or not early else [it for it in others if _is_unneeded_directory(it, command, needed)]
    return sorted((*early, *more), key=lambda it: it.idx)


def reads_other_files(ctx: RuleContext, copy: Instruction, command: KnownCommand) -> bool:
    """True if a download names files that a COPY brings, other than its lists: a directory of packages, settings.

    What pip installs from files can be left out, as can what a compiler reads.
    """
    if command.use.effect not in (Effect.FETCH, Effect.INSTALL) or local_packages(command.invocation):
        return False
    needed = needed_files(ctx, command)
    return names_other_file_of(command, copy, () if needed is None else needed.files)


def _is_unneeded_directory(instruction: Instruction, command: KnownCommand, needed: NeededFiles) -> bool:
    """True if a COPY takes directories without a needed file to where the program is, which no RUN until the download names."""
    holds, node = instruction.build.workspace.holds, instruction.node
    if holds is None or not needed.is_complete or not isinstance(node, Copying) or node.destination is None:
        return False
    paths = [path_in_context(it) for it in sources_of(instruction)]
    is_program = all(holds(f"{it}/") and not set(it) & set("*?[$") for it in paths)
    runs = [it for it in instructions_before(command.run) if isinstance(it, Run)]
    texts = [it.node.whole_text for it in (*runs, command.run) if it.idx > instruction.idx]
    names = {posixpath.basename(it) for it in (*paths, node.destination.text.rstrip("/"))} - {"", "."}
    # At its own place in the project, as `cmd/web` is, or directly where the command works.
    places = {posixpath.join(directory, it) for it in {*names, *paths} for directory in command.invocation.directories}
    return (
        is_program
        and "." not in paths
        and names.isdisjoint(_MANIFESTS_ONLY)
        and not any(it.startswith(f"{path}/") for it in needed.files for path in paths)
        and {*instruction.destinations} <= {clean(it) for it in (*places, *command.invocation.directories)}
        and not any(name in text for name in names for text in texts)
    )


def only_with_sources(ctx: RuleContext, part: Instruction, command: KnownCommand, needed: NeededFiles) -> list[str]:
    """The needed files that only a COPY of a directory of sources takes; none if everything is copied."""
    if isinstance(part.node, Copying) and takes_whole_context(part.node):
        return []
    members = member_directories(ctx, command)
    of_lists = [it for it in copies_before(command.run) if it is not part and not _takes_source(it, members)]
    return [path for path in needed.files if first_taking(of_lists, path) is None]


def _takes_source(instruction: Instruction, members: Container[str]) -> bool:
    """True if a COPY takes sources: by the usual names of their directories and files, or in a directory with a further list of dependencies."""
    sources = [it for it in sources_of(instruction) if not _is_vendored(path_in_context(it))]
    return any(_SOURCE.fullmatch(it.text) for it in sources) or any(
        (it in members or _is_program_of_go(instruction, it)) and posixpath.basename(it) not in _MANIFESTS_ONLY
        for it in map(path_in_context, sources)
    )


def _is_program_of_go(instruction: Instruction, path: str) -> bool:
    """True for a directory of the known build context with one program or package of a project of Go: `cmd/web`.

    Source: go.dev, "Organizing a Go module".
    """
    known = instruction.build.workspace.holds
    return _PROGRAM_OF_GO.fullmatch(path) is not None and known is not None and known(f"{path}/")


def _is_vendored(path: str) -> bool:
    """True if a path is in a directory that holds copies of other projects by its name, which do not change like sources."""
    return not _VENDORED.isdisjoint(path.lower().split("/"))


def _takes_project(instruction: Instruction, command: KnownCommand) -> bool:
    """True if a COPY puts one directory of the build context where a command works."""
    sources = sources_of(instruction)
    if len(sources) != 1:
        return False
    source = sources[0].text
    name = posixpath.basename(source.rstrip("/"))
    is_directory = re.fullmatch(r"[\w/@-]+|\./[\w/@-]+", source) is not None and name not in _MANIFESTS_ONLY
    return is_directory and {*instruction.destinations} == {*map(clean, command.invocation.directories)}


_SOURCE: Final = lazy_regex(
    r"(?:[\w./@-]*/)?(?:(?:app|cmd|internal|lib|pkg|[Ss]ources?|src)/?|(?:app|bot|index|main|manage|server|wsgi|\*)\.(?:[cm]?[jt]s|go|py|rb)"
    r"|(?:Program|\*)\.(?:cs|dart|exs?|fs|java|kt|php|vb))"
)
"""A directory of sources, or a file with the beginning of a program."""
_PROGRAM_OF_GO: Final = lazy_regex(r"(?:[\w.@-]+/)*(?:cmd|internal)(?:/[\w.@-]+)+")
_VENDORED: Final = frozenset({"3rdparty", "third-party", "third_party", "thirdparty", "vendor", "vendored"})
_MANIFESTS_ONLY: Final = frozenset(
    {"build", "config", "dependencies", "deps", "docker", "lock", "manifests", "requirements"}
)
"""Names of directories that may hold lists of dependencies only."""
