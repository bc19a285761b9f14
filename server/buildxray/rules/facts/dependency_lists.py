"""The lists of dependencies that a download reads, and the files of the build context that they need."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import context_paths, copies_before, first_naming, first_taking
from buildxray.semantics.build import Instruction, KnownCommand, Run
from buildxray.semantics.mentions import takes_whole_context
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import IGNORING_SCRIPTS, MAKING_CLIENT, WITHOUT_WORKSPACE, NeededFiles
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.native_compilers import LISTS_OF_CABAL, LISTS_OF_SWIFT
from buildxray.toolchains.node import LOCK_FILES, NODE, runs_no_scripts
from buildxray.toolchains.rust import RUST

LOCKS: Final = frozenset((*LOCK_FILES.values(), "bun.lockb", "npm-shrinkwrap.json"))
"""The lock files of the package managers of Node.js."""
OPTIONS_WITHOUT_PROJECT: Final = {
    "poetry install": ("--no-root",),
    "uv sync": ("--no-install-project", "--no-install-workspace"),
}
"""The options with which these commands do not install the project, which needs its sources."""
_OPTIONAL_LOCKS: Final = frozenset(
    {"Gemfile.lock", "Package.resolved", "Pipfile.lock", "mix.lock", "poetry.lock", "pubspec.lock", "uv.lock"}
)
"""Lock files that their program writes if they are missing."""
_WITH_MEMBERS: Final = (BUN, DOTNET, GO, NODE)
"""The toolchains of which each list of dependencies is in the directory of its own sources."""
_SHARING_DOWNLOADS: Final = (DOTNET, GO, JAVA, RUST)
"""The toolchains of which all projects of an image share one directory of downloads, and of which a later command often needs nothing more."""
_RETURNING: Final = lazy_regex(r"(?<!\$)\(|\bpopd\b|\bcd[ \t]+-")
"""What may end the effect of a `cd` before the next command."""


def needed_files(ctx: RuleContext, command: KnownCommand) -> NeededFiles | None:
    """The files of the build context that a download needs; None if its manifests are not known."""
    known = ctx.cached(_needed_by_command)
    key = command.run.idx, command.syntax.range
    if key not in known:
        known[key] = _find_needed(ctx, command)
    return known[key]


def _needed_by_command(_ctx: RuleContext) -> dict[tuple[int, TextRange], NeededFiles | None]:
    """What `needed_files` has found, by the RUN and the place of a command."""
    return {}


def _find_needed(ctx: RuleContext, command: KnownCommand) -> NeededFiles | None:
    find = ctx.build.workspace.needed
    if find is None:
        return None
    manager = command.use.title.partition(" ")[0]
    manager = "pip" if manager == "pip3" else manager
    if runs_no_scripts(command.invocation):
        manager = f"{manager} {IGNORING_SCRIPTS}"
    if command.use.toolchain in (NODE, BUN) and _makes_client(command):
        manager = f"{manager} {MAKING_CLIENT}"
    manifests = command.use.manifests
    if "*.csproj" in manifests:
        manifests = (*manifests, "*.sln", "*.slnx")
    answered = _answers(command, manifests, manager)
    if not answered and command.use.toolchain is GO and not ignores_go_work(command):
        # Where there is a go.mod, the list of its workspace is found from there, in the same build context.
        answered = _answers(command, ("go.work",), manager)
    elif command.use.toolchain is GO and not all(_has_workspace(command, it) for it in answered):
        answered = _answers(command, manifests, f"{manager} {WITHOUT_WORKSPACE}")
    if not answered:
        return None
    if len(answered) > 1 and _RETURNING.search(command.run.node.whole_text) is not None:
        return NeededFiles((), is_complete=False)
    answers = answered[0]
    files = tuple(dict.fromkeys(path for it in answers for path in it.files if is_copied(command.run, path)))
    if command.use.toolchain is DOTNET and any(it.endswith("*.csproj") for it in command.syntax.arguments):
        # The shell finds the projects, and not a solution beside them.
        files = tuple(it for it in files if not it.endswith((".sln", ".slnx")))
    has_list = any(posixpath.basename(it) == "go.work" for it in files)
    if command.use.toolchain is GO and has_list and ignores_go_work(command):
        # The list of the workspace is not read, and what it names cannot be told apart.
        return None
    return NeededFiles(
        files,
        is_complete=all(it.is_complete for it in answers),
        installs_itself=any(it.installs_itself for it in answers),
        requires_nothing=all(it.requires_nothing for it in answers),
        names_targets=any(it.names_targets for it in answers),
        vendored=tuple(dict.fromkeys(path for it in answers for path in it.vendored)),
    )


def _has_workspace(command: KnownCommand, answers: Iterable[NeededFiles]) -> bool:
    """True if the build copies each list of a workspace of Go that lists of modules are part of."""
    ignored = command.run.build.workspace.ignored
    lists = (path for it in answers for path in it.files if posixpath.basename(path) == "go.work")
    return all(is_copied(command.run, it) and not (ignored is not None and ignored.excludes(it)) for it in lists)


def _answers(command: KnownCommand, manifests: Iterable[str], manager: str) -> list[list[NeededFiles]]:
    """What the lists of a command need, for each directory in which it may run that has some: the one after a `cd` first."""
    find = command.run.build.workspace.needed
    if find is None:
        return []
    by_directory = (
        {it: None for manifest in manifests for it in context_paths(command, manifest, directory)}
        for directory in command.invocation.directories
    )
    listed = ([it for path, base in places if (it := find(path, base, manager)) is not None] for places in by_directory)
    return [it for it in listed if it]


_CLIENT: Final = lazy_regex(r"\bprisma\b[^\n;&|]*\bgenerate\b|\b(?:db|prisma):generate\b")
"""A command that makes the client of Prisma, or a script of package.json that does so by its usual name."""


def _makes_client(command: KnownCommand) -> bool:
    """True if the RUN of an installation, or a later one of its stage, makes the client of Prisma."""
    stage, run = command.run.stage, command.run
    if stage is None:
        return False
    later = (it.node.whole_text for it in stage.runs if it.idx > run.idx)
    own = run.build.text[command.range.end : run.range.end]
    return any(_CLIENT.search(it) is not None for it in (own, *later))


def is_copied(run: Run, path: str) -> bool:
    """True if a COPY before a RUN takes a file of the build context, alone, with its directory or with everything."""
    is_whole = any(isinstance(it.node, Copying) and takes_whole_context(it.node) for it in copies_before(run))
    return is_whole or copy_taking(run, path) is not None


def missing_files(ctx: RuleContext, whole: Instruction, needed: NeededFiles) -> list[str]:
    """The needed files that no COPY before the whole source takes from the build context."""
    ignored = ctx.build.workspace.ignored
    is_sent = (it for it in needed.files if ignored is None or not ignored.excludes(it))
    return [it for it in is_sent if copy_taking(whole, it) is None]


def required_lists(command: KnownCommand) -> list[str]:
    """The manifests without which a download fails. Source: docs.astral.sh/uv, "sync"; python-poetry.org, "install"; the manuals of Bundler and Pipenv."""
    if command.invocation.has_option("--deploy", "--deployment", "--frozen", "--ignore-pipfile", "--locked"):
        return [*command.use.manifests]
    return [it for it in command.use.manifests if posixpath.basename(it) not in _OPTIONAL_LOCKS]


def names_of_lists(command: KnownCommand) -> tuple[str, ...]:
    """The names of the manifests, and of the lock file where it is optional."""
    names = dict.fromkeys(posixpath.basename(it) for it in command.use.manifests)
    if "package.json" in names:
        names |= dict.fromkeys(("package-lock.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock"))
    return (*names,)


def member_directories(ctx: RuleContext, command: KnownCommand) -> frozenset[str]:
    """The directories with further lists of dependencies that a download needs, and those above them: members of a workspace, referenced projects.

    Without those of copied modules of other projects, which do not change like sources.
    """
    needed = needed_files(ctx, command) if command.use.toolchain in _WITH_MEMBERS else None
    files = () if needed is None else [it for it in needed.files if it not in needed.vendored]
    # A patch, or Yarn itself in `.yarn/releases`, is not a project.
    directories = [posixpath.dirname(it) for it in files if LIST_OF_PROJECT.fullmatch(posixpath.basename(it))]
    parts = (it.split("/") for it in directories if it)
    return frozenset("/".join(it[:length]) for it in parts for length in range(1, len(it) + 1))


LIST_OF_PROJECT: Final = lazy_regex(
    r"composer\.json|go\.mod|mix\.exs|package\.json|pom\.xml|pubspec\.yaml|.*\.(?:cs|fs|vb)proj"
)
"""The name of a list of dependencies that is in the directory of its own sources."""


def needs_manifests_only(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a download works without the source of the project.

    Cargo fails without a source file; scripts of package.json may need anything.
    """
    if command.use.toolchain is JAVA or command.use.title == "composer install" or builds_by_itself(command):
        return needed_files(ctx, command) is not None
    if command.use.toolchain is NODE or command.use.toolchain is BUN:
        is_plain = runs_no_scripts(command.invocation) or not command.invocation.workspace.runs_scripts_at_install
        return is_plain or needed_files(ctx, command) is not None
    is_known = command.use.toolchain is GO or command.use.toolchain is DOTNET
    if command.use.title in OPTIONS_WITHOUT_PROJECT:
        # An option leaves the project out, or the message names one.
        return True
    return is_known or command.use.title.startswith(
        ("bundle install", "dart pub", "mix ", "pip install", "pip3 install", "pipenv install", "pipenv sync")
    )


def list_in_context(command: KnownCommand, manifest: str) -> str:
    """The path of a manifest in the build context, where a COPY tells it; otherwise as the command names it."""
    paths = (path for it in command.invocation.directories for path, _base in context_paths(command, manifest, it))
    return next(paths, manifest)


def copy_naming(whole: Instruction, manifest: str) -> Instruction | None:
    """The first COPY or ADD before the whole source that copies a manifest from the build context."""
    return first_naming(copies_before(whole), manifest)


def builds_by_itself(command: KnownCommand) -> bool:
    """True for a command of Swift or Haskell that downloads and builds in one step, of which only the lists tell if it downloads anything."""
    return command.use.manifests in (LISTS_OF_CABAL, LISTS_OF_SWIFT)


def restores_first(command: KnownCommand) -> bool:
    """True for a build of .NET that restores the packages itself."""
    return command.use.toolchain is DOTNET and command.use.title != "dotnet restore"


def directories_of_lists(ctx: RuleContext, command: KnownCommand) -> tuple[str, ...]:
    """The directories in which a command may look for its lists of dependencies: the one after a `cd` alone if the build context has a list there."""
    first, *others = command.invocation.directories or ("",)
    find = ctx.build.workspace.needed
    if not others or find is None:
        return command.invocation.directories
    paths = (it for manifest in command.use.manifests for it in context_paths(command, manifest, first))
    is_there = any(find(path, base, command.use.title.partition(" ")[0]) is not None for path, base in paths)
    return (first,) if is_there else command.invocation.directories


def is_of_another_project(ctx: RuleContext, command: KnownCommand, others: Iterable[KnownCommand]) -> bool:
    """True if an installation reads lists of other directories than some others do, and nothing that they have downloaded serves it."""
    needed = needed_files(ctx, command)
    if needed is None or not needed.is_complete or command.use.toolchain in _SHARING_DOWNLOADS:
        return False
    directories = {posixpath.dirname(it) for it in needed.files}
    known = [needed_files(ctx, it) for it in others]
    return all(
        it is not None and it.is_complete and directories.isdisjoint(map(posixpath.dirname, it.files)) for it in known
    )


def ignores_go_work(command: KnownCommand) -> bool:
    """True if a command of Go does not look for a workspace. Source: go.dev/ref/mod, "GOWORK"."""
    return all(it == "off" for it in command.invocation.setting("GOWORK").values)


def copy_taking(whole: Instruction, path: str) -> Instruction | None:
    """The first COPY before the whole source that takes a file of the build context."""
    return first_taking(copies_before(whole), path)
