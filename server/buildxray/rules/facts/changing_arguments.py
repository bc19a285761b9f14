"""Build arguments that have another value in each build, by their names: the commit, the time, the number of the build.

Another value runs each RUN after the declaration again, because the arguments of a stage are in the environment of its RUNs, which is a part of
their cache keys. Source: BuildKit, solver/llbsolver/ops/exec.go, CacheMap; docs.docker.com, "Impact on build caching" of ARG.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import sources_of
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.mentions import CHANGING_NAME
from buildxray.syntax.instructions import Add, Arg, Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.toolchains.common import INSTALLING_NOTHING

_PINNED: Final = lazy_regex(r"[\"']?(?:[0-9a-f]{7,64}|v?\d[\w.:-]*)[\"']?")
"""A default that is a commit, a number or a date: people edit it, and no build gives another one."""
_FETCHING: Final = frozenset({"aria2c", "curl", "git", "wget"})
"""Programs that fetch a revision of another project."""
_SLOW: Final = frozenset({Effect.COMPILE, Effect.DOWNLOAD, Effect.FETCH, Effect.INSTALL})
_RARELY_CHANGED: Final = lazy_regex(
    r"[\w.*-]*(?:lock|requirements|sum)[\w.*-]*|(?:composer|npm-shrinkwrap|package)\*?\.json|package\*|go\.\*|bun\.lockb|Cargo\.toml|Gemfile|Pipfile"
    r"|[\w.*-]+\.(?:asc|cfg|cnf|conf|config|crt|csproj|fsproj|gpg|ini|list|pem|props|repo|sln|toml|xml|ya?ml)|go\.(?:mod|work)|mix\.exs|\.\w[\w.-]*"
)
"""Files that most changes of a project leave alone, by their names: lists of dependencies and settings."""


def changing_names(ctx: RuleContext, instruction: Instruction) -> frozenset[str]:
    """The arguments that an ARG declares and that have another value in each build; empty for other instructions.

    If builds of the project are known, this one gives the value, only a run tells which, and one of them may find steps of earlier builds.
    """
    if not isinstance(instruction.node, Arg):
        return frozenset()
    workspace = ctx.build.workspace
    values = {it.name.text: it.value for it in instruction.pairs if CHANGING_NAME.fullmatch(it.name.text) is not None}
    if workspace.has_build:
        return frozenset(values.keys() & _of_runs(ctx))
    if workspace.is_automated:
        # A build that cannot be read may give none of them.
        return frozenset()
    return frozenset(it for it, value in values.items() if value is None or _PINNED.fullmatch(value.text) is None)


def names_of_runs(ctx: RuleContext, instruction: Instruction) -> frozenset[str]:
    """The arguments that an ARG declares and whose value only a run of a build tells that may find steps of earlier ones, whatever their names."""
    if not isinstance(instruction.node, Arg):
        return frozenset()
    return _of_runs(ctx) & {it.name.text for it in instruction.pairs}


def _of_runs(ctx: RuleContext) -> frozenset[str]:
    """The changing arguments that this build of the project gives, or may give."""
    given, changing = ctx.build.request.unknown_arguments, ctx.build.workspace.changing_arguments
    return changing if "*" in given else changing.intersection(given)


def names_revision_of_another(stage: Stage, name: str) -> bool:
    """True if a command of a stage fetches the files of the revision that an argument names, which is that of another project."""
    if any(isinstance(it.node, Add) and it.uses_variable(name) for it in stage.instructions):
        return True
    fetching = (it for run in stage.runs for it in run.commands if it.name in _FETCHING)
    return any(name in word.text for it in fetching for word in it.syntax.words)


def slow_command(run: Run) -> KnownCommand | None:
    """The command of a RUN that installs or compiles something, or else downloads it; None without one, or if a mount keeps what it downloads."""
    if any(kind == "cache" for kind, _source in _mounts(run)):
        return None
    slow = [it for it in run.known_commands if it.use.effect in _SLOW and _subcommand(it) not in INSTALLING_NOTHING]
    installing = (it for it in slow if it.use.effect is not Effect.DOWNLOAD and _subcommand(it) not in _UPGRADING)
    return next(installing, next(iter(slow), None))


def _subcommand(command: KnownCommand) -> str:
    return next(iter(command.invocation.operand_texts), "")


_UPGRADING: Final = frozenset({"dist-upgrade", "full-upgrade", "upgrade"})


def runs_before_sources(ctx: RuleContext, stage: Stage) -> list[Run]:
    """The RUN instructions of a stage before which nothing is brought that most changes of the project change, so that it runs again anyway."""
    if any(_changes(ctx, one) for one in stage.bases):
        return []
    runs: list[Run] = []
    for it in stage.instructions:
        if _brings_sources(ctx, it):
            break
        if isinstance(it, Run):
            runs.append(it)
    return runs


def _changes(ctx: RuleContext, stage: Stage) -> bool:
    """True if most changes of the project change the files of a stage."""
    return stage in ctx.cached(_changing_stages)


def _changing_stages(ctx: RuleContext) -> frozenset[Stage]:
    changing: set[Stage] = set()
    for stage in ctx.build.stages:
        # The stages that one is built on, or takes files from, come before it.
        if (
            not changing.isdisjoint(stage.bases)
            or any(_takes_from(it, changing) for it in stage.instructions)
            or any(map(_brings_context, stage.instructions))
        ):
            changing.add(stage)
    return frozenset(changing)


def _brings_sources(ctx: RuleContext, instruction: Instruction) -> bool:
    return _takes_from(instruction, ctx.cached(_changing_stages)) or _brings_context(instruction)


def _takes_from(instruction: Instruction, stages: Collection[Stage]) -> bool:
    return bool(stages) and any(instruction.stage_named(it) in stages for it in instruction.sources_named)


def _brings_context(instruction: Instruction) -> bool:
    """True if an instruction takes files of the build context, other than lists of dependencies and settings."""
    if isinstance(instruction.node, Copying):
        if instruction.node.flag("from") is not None:
            return False
        is_add = isinstance(instruction.node, Add)
        paths = [it.text for it in sources_of(instruction) if not (is_add and "://" in it.text)]
        paths = [it for it in paths if not it.startswith("<<")]
    elif isinstance(instruction, Run):
        paths = [source for kind, source in _mounts(instruction) if kind == "bind" and source is not None]
    else:
        return False
    return any(_RARELY_CHANGED.fullmatch(posixpath.basename(posixpath.normpath(it))) is None for it in paths)


def _mounts(run: Run) -> Iterator[tuple[str, str | None]]:
    """The kind of each mount of a RUN, with the path of the build context that it binds; None for that of another stage or image."""
    for flag in run.mounts:
        try:
            options = {it.key: "" if it.value is None else it.value.text for it in mount_options(flag)}
        except MountSyntaxError:
            continue
        kind = options.get("type", "bind")
        source = options.get("source", options.get("src", "."))
        yield kind, None if "from" in options else source
