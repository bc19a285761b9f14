"""Downloads that depend on more than their lists, so that they would not do the same before the source is copied."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import (
    context_paths,
    copies_before,
    instructions_before,
    path_in_context,
    sources_of,
)
from buildxray.rules.facts.dependency_lists import (
    LOCKS,
    builds_by_itself,
    copy_naming,
    directories_of_lists,
    ignores_go_work,
    is_copied,
    list_in_context,
    missing_files,
    names_of_lists,
    needed_files,
    restores_first,
)
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.image_paths import has_no_workdir
from buildxray.semantics.manifest_changes import may_change_manifests, may_name
from buildxray.semantics.mentions import takes_whole_context
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.toolchains.base import INSTALL_SCRIPTS, is_harmless_script
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import LOCK_FILES, NODE, replaces_packages, runs_no_scripts
from buildxray.toolchains.rust import RUST


def runs_own_scripts(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if the installation runs a script of package.json that works on the sources, such as a build in `postinstall`."""
    if (
        command.use.toolchain not in (NODE, BUN)
        or runs_no_scripts(command.invocation)
        or needed_files(ctx, command) is not None
    ):
        # The needed files include what the scripts need.
        return False
    scripts = command.invocation.workspace.scripts
    return any(name in INSTALL_SCRIPTS and not is_harmless_script(text) for name, text in scripts)


def may_have_no_module(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a command of Go may download nothing, or nothing that is used: no module is known where it compiles, or its modules are vendored."""
    workspace = ctx.build.workspace
    if command.use.title == "go mod download":
        # Later commands read the vendored modules, and not the downloaded ones. Source: go.dev/ref/mod, "Vendoring".
        beside = posixpath.join(posixpath.dirname(list_in_context(command, "go.mod")), "vendor/modules.txt")
        return workspace.holds is not None and workspace.holds(beside)
    is_told = command.invocation.command.arguments[:1] == ("mod",) or workspace.requires_modules is not None
    if command.use.toolchain is not GO or is_told:
        return False
    needed, holds = needed_files(ctx, command), workspace.holds
    if needed is None or holds is None:
        return True
    directories = {posixpath.dirname(it) for it in needed.files}
    return any(holds(posixpath.join(it, "vendor/modules.txt")) for it in directories)


def lacks_imports(command: KnownCommand) -> bool:
    """True for a `go work sync` before which only lists of modules are copied: it reads the go.mod files of what they require, and downloads no module.

    It downloads those of the packages that sources import (cmd/go/internal/workcmd/sync.go, `LoadPackages` of `all`). Tried with Go 1.27.
    """
    if command.use.title != "go work sync" or command.run.mounts:
        return False
    copies = (it for it in instructions_before(command.run) if isinstance(it.node, Copying))
    return all(_LIST_OF_GO.fullmatch(posixpath.basename(one.text)) for it in copies for one in sources_of(it))


_LIST_OF_GO: Final = lazy_regex(r"go\.(?!go$)[\w.*?\[\]]+")
"""A list of modules, perhaps written so that it may be missing."""


def are_brought_otherwise(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if a command does not read its manifests from the build context: it has none of them, or the build fetches them."""
    known = ctx.build.workspace.holds
    destinations = whole.known_destinations or whole.destinations
    if len(destinations) != 1:
        return False
    (destination,) = destinations
    directories = command.invocation.directories
    if _fetches_sources(command):
        # The directory after `cd` comes first: the fetched sources may be in it, unless the context has it too.
        directories = directories[:1]
    names = (*command.use.manifests, "go.work") if command.use.toolchain is GO else command.use.manifests
    manifests = [clean(posixpath.join(directory, it)) for directory in directories for it in names]
    copied = [posixpath.relpath(it, destination) for it in manifests if holds(destination, it)]
    if known is not None and copied:
        # Whether there is a project, whose name is not known, tells the search for what it needs.
        named = [it for it in copied if "*" not in it]
        return not any(map(known, named)) and (len(named) == len(copied) or _has_no_project(ctx, command))
    if whole.known_destinations and not copied and not _may_come_from_context(ctx, command):
        return True
    # An unknown context may have the directory.
    return _fetches_sources(command) and {*directories} != {destination}


def _may_come_from_context(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a command may find its manifests in the build context's files, although the COPY of all of them writes to another directory."""
    places = [(it, one) for it in command.use.manifests for one in command.invocation.directories]
    if any(context_paths(command, *it) for it in places):
        return True
    return _may_start_there(ctx, command)


def _may_start_there(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if the working directory of a command, which its base image sets, may be the one to which the whole build context is copied."""
    stage, known = command.run.stage, ctx.build.workspace.holds
    is_told = all(it.working_directory for it in command.run.scopes)
    if stage is None or is_told or has_no_workdir(stage.image_name):
        return False
    names = [it for it in command.use.manifests if not it.startswith("/")]
    return known is None or any("*" in it or known(it) for it in names)


def _has_no_project(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if the known build context has no project of .NET where a command looks for one: another directory is the context, or the build stops."""
    return ctx.build.workspace.needed is not None and needed_files(ctx, command) is None


def lacks_manifests(ctx: RuleContext, part: Instruction, command: KnownCommand) -> bool:
    """True if a directory of the build context, of which a COPY takes the whole, has none of the manifests, nor does a COPY before the download name one."""
    known, node = ctx.build.workspace.holds, part.node
    if (
        known is None
        or not isinstance(node, Copying)
        or needed_files(ctx, command) is not None
        or any(copy_naming(command.run, it) for it in command.use.manifests)
    ):
        return False
    paths = [
        posixpath.normpath(f"{path_in_context(source)}/{it}") for source in node.sources for it in command.use.manifests
    ]
    return not any(map(known, paths))


def _fetches_sources(command: KnownCommand) -> bool:
    """True if the stage of a command clones a repository or downloads an archive, in the same RUN or an earlier one."""
    earlier = runs_until(command)
    return any(
        (it.name == "git" and "clone" in it.syntax.arguments)
        or (isinstance(it, KnownCommand) and it.use.effect is Effect.DOWNLOAD)
        for run in earlier
        for it in run.commands
    )


def changing_arguments(ctx: RuleContext, run: Run) -> list[str]:
    """The arguments that a RUN uses and that each build, or its author, gives another value, so that it runs again whatever is copied before it."""
    changing = ctx.build.workspace.changing_arguments
    return [it for it in run.variable_names if it in changing or _BUSTING.fullmatch(it)]


_BUSTING: Final = lazy_regex(r"(?i)(?:\w*_)?cache_?bust(?:er)?(?:_\w*)?")
"""An argument that is there to run a step again."""


def may_differ(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if the manifests as they are copied may not be enough for a download: the build changes them, or they refer to more files."""
    return _has_too_many_lists(ctx, whole, command) or _needs_what_is_unknown(ctx, whole, command)


def needs_only_many_lists(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if the manifests as they are copied are enough for a download, and are too many to be copied one by one."""
    return _has_too_many_lists(ctx, whole, command) and not _needs_what_is_unknown(ctx, whole, command)


def _needs_what_is_unknown(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if the build may change the manifests, or if they refer to files of which the names are unknown."""
    return (
        _needs_more(ctx, command)
        or _has_packages(ctx, command)
        or _is_generated(whole, command)
        or _may_be_changed(ctx, whole, command)
    )


def _has_packages(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if packages come from another stage, from the repository, or perhaps from the base image, also by its triggers: the command downloads what these lack."""
    stage = command.run.stage
    if stage is None:
        return False
    if stage.is_on_unread_image:
        return True
    if "onbuild" in stage.image_name:
        # Source: docs.docker.com, ONBUILD: tags such as `ruby:1.9-onbuild` name the images whose triggers install dependencies.
        return True
    if _IMAGE_WITH_PACKAGES.search(stage.image_name) is not None:
        return True
    if any(_VENDORED.fullmatch(one.text) for it in stage.instructions for one in sources_of(it)):
        return True
    if _are_in_repository(ctx, command):
        return True
    copies = [it for it in instructions_before(command.run) if isinstance(it.node, Copying)]
    return any(
        it.node.flag("from") is not None
        and (any(_PACKAGES.fullmatch(one.text) for one in sources_of(it)) or _brings_installed(it, command))
        for it in copies
    )


def _brings_installed(copy: Instruction, command: KnownCommand) -> bool:
    """True if a COPY may take packages that the same program has installed in another stage."""
    stage = next(filter(None, map(copy.stage_named, copy.sources_named)), None)
    if stage is None:
        return False
    installing = (it for one in stage.chain for run in one.runs for it in run.known_commands)
    outputs = [it.use.outputs for it in installing if it.use.toolchain is command.use.toolchain and it.use.manifests]
    taken = copy.copied_paths
    # A program that does not say where it writes may write anywhere.
    return any(not places or any(holds(path, it) for path in taken for it in places) for places in outputs)


def _are_in_repository(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a directory of packages beside the list of dependencies is a part of the repository, and comes with the sources.

    `npm ci` deletes it, and Cargo is told by its settings to use one. Source: the manuals of npm, Yarn, pnpm and Bun, "install"; getcomposer.org,
    "install"; bundler.io, "bundle cache"; the Cargo book, "Source Replacement".
    """
    workspace = ctx.build.workspace
    if workspace.keeps is None:
        return False
    toolchain = command.use.toolchain
    kept: tuple[str, ...]
    if toolchain is NODE or toolchain is BUN:
        manifest, kept = "package.json", () if replaces_packages(command.invocation) else ("node_modules/",)
    elif toolchain is RUST:
        manifest, kept = "Cargo.toml", (".cargo/config", ".cargo/config.toml")
    else:
        manifest, kept = _KEPT.get(command.use.title, ("", ()))
    directory = posixpath.dirname(list_in_context(command, manifest))
    above = (directory, "") if toolchain is RUST else (directory,)
    paths = [posixpath.join(it, one) for it in above for one in kept]
    ignored = workspace.ignored
    # A file in the directory is left out if the directory is.
    sent = [it for it in paths if ignored is None or not ignored.excludes(f"{it}x" if it.endswith("/") else it)]
    return any(is_copied(command.run, it.rstrip("/")) and workspace.keeps(it) for it in sent)


_KEPT: Final = {
    "bundle install": ("Gemfile", ("vendor/cache/",)),
    "composer install": ("composer.json", ("vendor/autoload.php",)),
}
"""The list of dependencies of a command, and what is beside it if its packages are in the repository."""
_VENDORED: Final = lazy_regex(r"(?:\./)?vendor[*?\[][\w*?\]]*/?")
"""A directory of packages that a COPY takes if there is one: another build of the file has it."""
_IMAGE_WITH_PACKAGES: Final = lazy_regex(
    r"^(?!docker\.io/library/)\S*/(?:[^/:@]*[._-])?(?:base|cache|dependencies|deps|modules|packages|vendor)(?:[._-][^/:@]*)?(?:[:@]|$)"
)
"""An image that a project makes for its own builds by its name, such as `acme/shop-base`: its packages may be there already."""
_PACKAGES: Final = lazy_regex(
    r"(?:.*/)?(?:node_modules|vendor|site-packages|\.?venv|\.m2|\.gradle|\.nuget|\.cargo|\.local|pkg/mod|registry|wheels|__pypackages__)(?:/.*)?"
)
"""Directories in which package managers keep what they have downloaded."""


def _has_too_many_lists(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True if a download needs more files than anybody copies one by one."""
    needed = needed_files(ctx, command)
    return needed is not None and len(missing_files(ctx, whole, needed)) > _MOST_COPIED


def _needs_more(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if a download needs files whose names are unknown; also if it downloads nothing."""
    needed = needed_files(ctx, command)
    if needed is not None:
        # An installation that fails without a lock file is for another build context than one without any.
        if needed.requires_nothing:
            return True
        is_locked = command.use.toolchain is NODE and len(command.use.manifests) > 1
        locks = LOCKS - {LOCK_FILES["yarn"]} if command.name == "npm" else LOCKS
        is_other = is_locked and not any(posixpath.basename(it) in locks for it in needed.files)
        return is_other or not needed.is_complete
    is_of_project = command.use.title == "composer install" or builds_by_itself(command) or restores_first(command)
    if command.use.toolchain is JAVA or is_of_project:
        return True
    if command.use.toolchain is not GO:
        return False
    # Source: go.dev/ref/mod, "Workspaces".
    known = ctx.build.workspace.holds
    has_list = known is not None and known("go.work")
    is_copied = any(
        posixpath.basename(one.text) == "go.work" for it in copies_before(command.run) for one in sources_of(it)
    )
    return not ignores_go_work(command) and (has_list or is_copied)


_MOST_COPIED: Final = 12
"""Nobody copies more files one by one without a tool that lists them."""


def _is_generated(whole: Instruction, command: KnownCommand) -> bool:
    """True if the build itself writes the list of dependencies: `poetry export -o requirements.txt`."""
    names = "|".join(re.escape(posixpath.basename(it)).replace(r"\*", r"[\w.-]*") for it in names_of_lists(command))
    writes = re.compile(rf"""(?:>|-o|--output|--output-file)[\s=]*["']?(?:[\w./$-]*/)?(?:{names})(?![\w.])""")
    runs = runs_until(command)
    return any(whole.idx < it.idx and writes.search(it.node.whole_text) for it in runs)


def _may_be_changed(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> bool:
    """True unless all instructions from the COPY of the source to a download leave the manifests alone."""
    names = names_of_lists(command)
    places = tuple(
        clean(posixpath.join(it, posixpath.dirname(one)))
        for it in directories_of_lists(ctx, command)
        for one in command.use.manifests
    )
    for it in (*instructions_before(command.run), command.run):
        if it.idx <= whole.idx:
            continue
        if isinstance(it, Run):
            # What follows the download in its own RUN comes too late.
            end = command.syntax.range[0] if it.idx == command.run.idx else None
            before = [one for one in it.commands if end is None or one.syntax.range[0] < end]
            changes = any(
                may_change_manifests(
                    one.invocation,
                    one.use,
                    command.use.toolchain,
                    # Without an optional lock file, which does not come with the manifests either, nothing changes.
                    tuple(map(posixpath.basename, command.use.manifests)) if one.name == "rm" else names,
                    places,
                )
                for one in before
            )
            if changes or it.script.has_errors:
                return True
        elif (
            isinstance(it.node, Copying)
            and isinstance(whole.node, Copying)
            and takes_whole_context(whole.node)
            and it.node.destination is not None
        ):
            # Another file may take the place of the manifest; one that came with the source is only copied twice.
            is_of_stage = it.node.flag("from") is not None
            copied = [one.text for one in it.node.sources if is_of_stage or "/" in posixpath.normpath(one.text)]
            copied += [it.node.destination.text] if copied or len(it.node.sources) == 1 else []
            same = {posixpath.normpath(one.text) for one in it.node.sources} if not is_of_stage else set()
            if any(may_name(posixpath.basename(one), name) and name not in same for name in names for one in copied):
                return True
    return False


def runs_until(command: KnownCommand) -> Sequence[Run]:
    """The RUN instructions up to that of a command, in its stage and those that it is built on."""
    return [it for it in (*instructions_before(command.run), command.run) if isinstance(it, Run)]


def is_mounted(run: Run) -> bool:
    """True if a mount supplies the files of the RUN or keeps its downloads."""
    for flag in run.mounts:
        try:
            kinds = [it.value.text for it in mount_options(flag) if it.key == "type" and it.value is not None]
        except MountSyntaxError:
            return True
        if not kinds or kinds[-1] in ("bind", "cache"):
            return True
    return False
