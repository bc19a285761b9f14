"""RUN instructions that install published packages and read no file of the build context, so that they could come before it.

Source: the manuals of apt-get, apk, dnf, pip, gem, cargo, rustup, Playwright and npm ("npmrc": the file of the project has no effect when installing globally);
`go help install`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.dependency_lists import OPTIONS_WITHOUT_PROJECT, needed_files, needs_manifests_only
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.syntax.instructions import Arg, Copying, Env, Expose, Label, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.common import INSTALLING_NOTHING, REMOVING
from buildxray.toolchains.node import NODE

_DISTRIBUTION: Final = frozenset({"apk", "apt", "apt-get", "dnf", "microdnf", "yum", "zypper"})
_INSTALLING: Final = frozenset({"add", "in", "install"})
_WORDS: Final = _INSTALLING | {"ci", "i", "sync"}
"""The words of all commands that install something."""
_UPDATING: Final = INSTALLING_NOTHING | {"dist-upgrade", "full-upgrade", "refresh", "upgrade"}
_FILE: Final = lazy_regex(r"[./~].*|.*\.(?:apk|deb|gem|rpm|tar|tgz|gz|whl|xz|zip)|(?:file|git\+file):.*")
"""Words that name a file or a directory."""
_PIP_OPTIONS: Final = frozenset(
    {
        "-U",
        "--upgrade",
        "--no-cache-dir",
        "--no-input",
        "--quiet",
        "-q",
        "--break-system-packages",
        "--root-user-action",
    }
)
_PIP_ITSELF: Final = frozenset({"pip", "setuptools", "wheel"})
_GLOBAL: Final = frozenset({"-g", "--global", "--location=global"})
_APART: Final = frozenset({*_DISTRIBUTION, "npm"})
"""Programs whose installations do not depend on the packages that a project has installed before."""
_QUOTED: Final = lazy_regex(r"'[^']*'|\"[^\"]*\"")
_OF_INSTALLERS: Final = lazy_regex(
    r"(?i:\w*proxy|(?:apt|deb|debian|gem|go|cargo|rustup|ld|node|npm|pip|playwright|python|xdg)_\w+)|HOME|PATH|PREFIX|TMPDIR"
)
"""Variables that package managers read."""
_OF_COMPILERS: Final = frozenset({"CC", "CFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "RUSTFLAGS"})
"""Variables of the compilers that an installation may start, other than one of compiled packages."""
_MOST_NAMES: Final = 40
"""Variables between the source and an installation, each of which is looked for in all later RUN instructions."""
_JOINED: Final = lazy_regex(r"(?:[ \t]|\\\n)*(?:&&|;)")
_DELETED: Final = lazy_regex(r"-\w+|/(?:root/\.(?:cache|npm)|tmp|usr/share/(?:doc|man)|var)/[\w./*-]*")
_SETTINGS_OF_RUST: Final = ("rust-toolchain", "rust-toolchain.toml", ".cargo/config", ".cargo/config.toml")
"""Files in the working directory from which rustup and Cargo choose a toolchain and a target."""
_SYSTEM: Final = lazy_regex(
    r"/(?:etc|usr|lib\d*|s?bin|root|opt|usr/local|usr/(?:local/)?(?:s?bin|lib|share)/?.*|etc/.*|home/[^/]+)?"
)
"""Directories from which installations read settings and programs."""


def installs_after_copy(stage: Stage) -> bool:
    """True if a RUN after a COPY may install packages; it is quick, for the stages of which nothing else has to be asked."""
    last = next((run for run in reversed(stage.runs) if any(map(_names_installation, run.known_commands))), None)
    return last is not None and any(isinstance(it.node, Copying) and it.idx < last.idx for it in stage.instructions)


def _names_installation(command: KnownCommand) -> bool:
    return not _WORDS.isdisjoint(command.syntax.arguments)


def independent_runs(ctx: RuleContext, whole: Instruction) -> list[tuple[Run, KnownCommand]]:
    """The RUN instructions after a COPY of the source that would install the same before it, each with its first installation.

    Between are only instructions that change nothing for them, such as a RUN that builds the project with npm.
    """
    if whole.stage is None:
        return []
    if _may_install_elsewhere(whole) or _knows_revision(whole):
        return []
    independent: list[tuple[Run, KnownCommand]] = []
    updating: list[tuple[Run, KnownCommand]] = []
    is_built = False
    names: set[str] = set()
    for it in whole.stage.instructions:
        if it.idx <= whole.idx or isinstance(it.node, Expose | Label | Workdir):
            continue
        if isinstance(it.node, Arg | Env):
            names.update(pair.name.text for pair in it.pairs)
            continue
        if not isinstance(it, Run) or len(names) > _MOST_NAMES:
            break
        installing = _installing_mounted(ctx, whole, it) if it.mounts else _installing(ctx, it)
        if installing is not None and any(_may_matter(it, name) for name in names):
            installing = None
        if installing is not None and (not is_built or all(one.name in _APART for one in installing)):
            independent += [*updating, *((it, one) for one in installing[:1])]
            updating.clear()
        elif _only_prepares(it) and not is_built:
            # Alone it is not worth a change; it moves with the installations after it.
            updating += [(it, one) for one in it.known_commands[:1]]
        elif _builds_with_npm(it):
            is_built = True
        else:
            break
    return independent


def first_of_chain(ctx: RuleContext, whole: Instruction) -> KnownCommand | None:
    """The first command of the RUN directly after a COPY of the source if it installs what needs no file of it; other commands follow in that RUN.

    None if a later one reads a list of dependencies, whose download is repeated by the same cause, or removes packages again.
    """
    stage = whole.stage
    after = () if stage is None else (it for it in stage.runs if it.idx > whole.idx)
    run = next(iter(after), None)
    if run is None or run.mounts or run.node.heredocs or run.script.has_errors:
        return None
    commands = run.commands
    if any(it.use.manifests or _removes(it) for it in run.known_commands) or _may_install_elsewhere(whole):
        return None
    if _knows_revision(whole) or any(it.name in _OTHER_MANAGERS for it in commands):
        return None
    own = next((it for it in commands if not _prepares(it)), None)
    text = whole.build.text
    if not isinstance(own, KnownCommand) or not _installs(ctx, own) or own is commands[-1]:
        return None
    before = text[run.keyword_range.end : own.range.end]
    is_plain = not any(it in _QUOTED.sub("", before) for it in "<>|`$(){}")
    is_joined = _JOINED.match(text, own.range.end) is not None
    is_between_plain = all(isinstance(it.node, Expose | Label | Workdir) for it in _between(whole, run))
    return own if is_plain and is_joined and is_between_plain and not own.syntax.conditions else None


_OTHER_MANAGERS: Final = frozenset({"cnpm", "nypm", "tnpm"})
"""Programs that install what a package.json names, as npm does."""
_REVISION: Final = lazy_regex(
    r"(?i:(?:\w+_)?(?:build_(?:date|id|number|time|timestamp)|commit(?:_\w+)?|git_\w+|revision|sha|vcs_ref)|builddate|date"
    r"|(?:(?:app|build|image|package|project)_)?version)"
)
"""An argument whose value is another one for each revision of the project."""


def _knows_revision(whole: Instruction) -> bool:
    """True if an argument before a COPY has another value for each revision: every RUN of the stage then runs again anyway, wherever it is.

    BuildKit: solver/llbsolver/ops/exec.go, CacheMap, whose key contains the environment with the arguments.
    """
    nodes = [it for it in instructions_before(whole) if isinstance(it.node, Arg)]
    return any(_REVISION.fullmatch(pair.name.text) is not None for it in nodes for pair in it.pairs)


def _may_matter(run: Run, name: str) -> bool:
    """True if a variable may change what the commands of a RUN install."""
    if _OF_INSTALLERS.fullmatch(name) or run.may_read(name):
        return True
    return name in _OF_COMPILERS and any(it.name not in _DISTRIBUTION for it in run.commands)


def _removes(command: Command) -> bool:
    return command.name in _DISTRIBUTION and not REMOVING.isdisjoint(command.syntax.arguments)


def _between(first: Instruction, last: Instruction) -> tuple[Instruction, ...]:
    return first.build.instructions[first.idx + 1 : last.idx]


def _may_install_elsewhere(whole: Instruction) -> bool:
    """True if a COPY may write files that change what a package manager does, because they are for the system."""
    node = whole.node
    if not isinstance(node, Copying) or node.destination is None:
        return True
    return "$" in node.destination.text or any(map(_SYSTEM.fullmatch, whole.destinations))


def _builds_with_npm(run: Run) -> bool:
    """True if a RUN only installs the packages of the project with npm or a similar program, and builds it with them."""
    commands = run.commands
    return bool(commands) and all(
        isinstance(it, KnownCommand)
        and it.use.toolchain in (BUN, NODE)
        and (it.use.effect is Effect.BUNDLE or (it.use.effect is Effect.INSTALL and bool(it.use.manifests)))
        for it in commands
        if it.name != "cd"
    )


def shown(command: KnownCommand) -> str:
    """A command for messages, with its first package where the title alone would not tell it: `npm install -g pnpm`."""
    if command.name in _DISTRIBUTION:
        return command.title
    words = [it.value or it.text for it in command.syntax.words]
    text = " ".join(words)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rpartition(' ')[0]} …"


_LONGEST_SHOWN: Final = 60


def _installing(ctx: RuleContext, run: Run) -> list[KnownCommand] | None:
    """The commands of a RUN that install packages; None if it does anything else, or reads a file, a variable or a mount."""
    unquoted = _QUOTED.sub("", run.node.text)
    if run.mounts or run.node.heredocs or run.script.has_errors or any(it in unquoted for it in "<>|`$"):
        return None
    commands = run.commands
    if any(word.value is None for it in commands for word in it.syntax.words):
        return None
    installing = [it for it in commands if isinstance(it, KnownCommand) and _installs(ctx, it)]
    is_all = all(it in installing or _prepares(it) for it in commands)
    return installing if is_all and installing else None


def _only_prepares(run: Run) -> bool:
    """True if a RUN only updates lists of packages, or pip itself, as it may before another one that installs packages."""
    commands = run.commands
    is_plain = not (run.mounts or run.node.heredocs or run.script.has_errors or "$" in run.node.text)
    return is_plain and bool(commands) and all(_program(it)[0] in _UPDATED and _prepares(it) for it in commands)


_UPDATED: Final = _DISTRIBUTION | {"pip", "pip3"}


def _installing_mounted(ctx: RuleContext, whole: Instruction, run: Run) -> list[KnownCommand] | None:
    """The command of a RUN that installs what lists of dependencies name, all of which it mounts; None if it does anything else, or needs the project."""
    command = next(iter(run.known_commands), None)
    if command is None or len(run.commands) != 1 or run.node.heredocs or run.script.has_errors:
        return None
    needed = needed_files(ctx, command) if command.use.manifests else None
    if (
        needed is None
        or not needed.is_complete
        or needed.requires_nothing
        or {*run.directories} != {*whole.directories}
    ):
        return None
    needs_project = needed.installs_itself and not command.invocation.has_option(
        *OPTIONS_WITHOUT_PROJECT.get(command.use.title, ("--no-install-project",))
    )
    is_plain = "$" not in run.node.text and not needs_project and needs_manifests_only(ctx, command)
    return [command] if is_plain and {*needed.files} <= _mounted_in_place(run) else None


def _mounted_in_place(run: Run) -> set[str]:
    """The files of the build context that a RUN mounts at the same path below its working directory."""
    mounted: set[str] = set()
    for flag in run.mounts:
        try:
            options = {it.key: "" if it.value is None else it.value.text for it in mount_options(flag)}
        except MountSyntaxError:
            return set()
        source = options.get("source", options.get("src", ""))
        target = options.get("target", options.get("dst", options.get("destination", "")))
        places = {posixpath.normpath(posixpath.join(it, target)) for it in run.directories}
        expected = {posixpath.normpath(posixpath.join(it, source)) for it in run.directories}
        if options.get("type", "bind") == "bind" and "from" not in options and places == expected:
            mounted.add(posixpath.normpath(source))
    return mounted


def _program(command: Command) -> tuple[str, tuple[str, ...]]:
    """The name of the program that a command runs and its arguments; the module that Python runs as one: `python3 -m pip`."""
    arguments = command.syntax.arguments
    is_module = command.name in ("python", "python3") and arguments[:1] == ("-m",) and len(arguments) > 1
    return (arguments[1], arguments[2:]) if is_module else (command.name, arguments)


def _prepares(command: Command) -> bool:
    """True for a command beside an installation that only updates lists of packages, or deletes what it leaves."""
    name, arguments = _program(command)
    match name:
        case name if name in _DISTRIBUTION:
            return next((it for it in arguments if not it.startswith("-")), "") in _UPDATING
        case "rm":
            return all(map(_DELETED.fullmatch, arguments))
        case "set" | "true":
            return True
        case "npm":
            return arguments[:2] == ("cache", "clean")
        case "pip" | "pip3":
            return _of_pip(arguments) is not None
        case _:
            return False


def _installs(ctx: RuleContext, command: KnownCommand) -> bool:
    name, arguments = _program(command)
    operands = [it for it in arguments if not it.startswith("-")]
    if any(map(_FILE.fullmatch, arguments)) or not operands:
        return False
    match name:
        case name if name in _DISTRIBUTION:
            return operands[0] in _INSTALLING and len(operands) > 1
        case "npm":
            is_global = not _GLOBAL.isdisjoint(arguments)
            return is_global and operands[0] in ("add", "i", "install") and len(operands) > 1
        case "pip" | "pip3":
            packages = _of_pip(arguments)
            return packages is not None and not packages <= _PIP_ITSELF
        case "playwright":
            # The browsers for its own version, which an earlier command installs.
            return operands[0] in ("install", "install-deps")
        case "gem":
            return operands[0] == "install" and len(operands) > 1
        case "go":
            return operands[0] == "install" and len(operands) > 1 and all("@" in it for it in operands[1:])
        case "cargo":
            is_own = command.invocation.has_option("--path")
            return operands[0] == "install" and len(operands) > 1 and not is_own and _has_no_settings(ctx)
        case "rustup":
            return operands[:2] in (["target", "add"], ["component", "add"]) and _has_no_settings(ctx)
        case _:
            return False


def _of_pip(arguments: Iterable[str]) -> set[str] | None:
    """The packages that `pip install` takes from an index; None if it reads files, or takes options that may name some."""
    subcommand, *words = [it for it in arguments if it.partition("=")[0] not in _PIP_OPTIONS] or [""]
    if subcommand != "install" or any(it.startswith("-") or _FILE.fullmatch(it) for it in words):
        return None
    return {re.split(r"[\[<>=!~;@ ]", it, maxsplit=1)[0].lower() for it in words}


def _has_no_settings(ctx: RuleContext) -> bool:
    """True if no file of the build context tells rustup or Cargo what to install or to compile for."""
    holds = ctx.build.workspace.holds
    return holds is not None and not any(map(holds, _SETTINGS_OF_RUST))
