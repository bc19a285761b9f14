"""An installation of the project itself (`pip install .`) that downloads what it requires again after each change of the source.

Source: the manuals of pip, "pip install" and "Caching", and of uv, "uv pip install" with `-r pyproject.toml`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import (
    context_paths,
    copies_before,
    first_naming,
    instructions_before,
    path_in_context,
    sources_of,
    takes_directory_with,
)
from buildxray.rules.facts.preparing_commands import own_variables
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Stage
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange
from buildxray.toolchains.scripting import SCRIPTING

CACHE_OF_PIP: Final = "--mount=type=cache,target=/root/.cache/pip"
NO_CACHE: Final = "--no-cache-dir"
_MANIFEST: Final = "pyproject.toml"
_PROJECT: Final = lazy_regex(r"\.(?:/|\[(?P<extras>[\w,. -]+)\])?")
"""The project in the working directory, perhaps with extras."""
_TOOLS: Final = frozenset({"build", "hatchling", "pip", "setuptools", "setuptools-scm", "uv", "wheel"})
"""Packages that bring nothing of what a project requires."""
_IMAGE: Final = lazy_regex(r"docker\.io/library/(?:alpine|debian|python|ubuntu)(?:[:@].*)?|ghcr\.io/astral-sh/uv[:@].*")
"""Images that have no packages of a project."""
_OTHER: Final = (
    "--constraint",
    "--find-links",
    "--index-url",
    "--no-deps",
    "--no-index",
    "--prefix",
    "--root",
    "--target",
    "-c",
    "-f",
    "-i",
    "-t",
)
"""Options with which the same command for the requirements alone would have to be another one, or downloads nothing."""
_SETTINGS: Final = ("HOME", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_NO_DEPS", "XDG_CACHE_HOME")


class InstalledProject(NamedTuple):
    """A command that installs the project and what it requires after a COPY of sources."""

    command: KnownCommand
    copy: Instruction
    """The first COPY of sources before it."""
    manifest: str
    """The path of the list of dependencies in the build context."""
    named: Instruction | None
    """The COPY before that of the sources which names the list; None without one."""
    separate: str
    """The command that installs only what the project requires; empty if the program has none."""
    without_cache: tuple[TextRange, ...]
    """The options that keep pip from using its cache, with the blanks before them."""


def installed_project(ctx: RuleContext, stage: Stage) -> InstalledProject | None:
    """The first command of a stage that installs the project; None if packages are installed before it, or if a mount or a setting may keep them."""
    if _IMAGE.fullmatch(stage.image_name) is None:
        return None
    runs = [run for one in reversed(stage.ancestry) for run in one.runs]
    commands = [it for run in runs for it in run.known_commands if _installs(it)]
    command = next((it for it in commands if not _only_tools(it)), None)
    if command is None or command.run.stage is not stage or command.run.mounts or command.use.manifests:
        return None
    own = [match for it in _operands(command) if (match := _PROJECT.fullmatch(it)) is not None]
    directories = command.invocation.directories
    if len(own) != 1 or len(directories) != 1 or command.invocation.has_option(*_OTHER):
        return None
    lists = [*dict.fromkeys(path for path, _base in context_paths(command, _MANIFEST, directories[0]))]
    find = ctx.build.workspace.needed
    needed = find(lists[0], ".", "pip") if find is not None and len(lists) == 1 else None
    if any(map(_brings_packages, instructions_before(command.run))):
        return None
    copies = copies_before(command.run)
    copy = next(filter(_takes_sources, copies), None)
    if copy is None or needed is None or not needed.requires_packages:
        return None
    named = first_naming([it for it in copies if it.idx < copy.idx], _MANIFEST)
    if command.name == "uv":
        return InstalledProject(command, copy, lists[0], named, _separate(command, own[0]["extras"] or ""), ())
    if (
        not command.run.runs_as_root
        or ".cache" in command.run.node.text
        or any(command.invocation.setting(it).is_set for it in _SETTINGS)
    ):
        return None
    return InstalledProject(command, copy, lists[0], named, "", tuple(options_without_cache(command)))


def _installs(command: KnownCommand) -> bool:
    """True for a command that brings packages of Python."""
    effects = (Effect.DOWNLOAD, Effect.FETCH, Effect.INSTALL)
    is_environment = command.use.title in ("python -m venv", "uv venv")
    return command.use.toolchain is SCRIPTING and command.use.effect in effects and not is_environment


def _operands(command: KnownCommand) -> list[str]:
    """What a command of pip or uv installs; empty for other commands."""
    texts = command.invocation.operand_texts
    is_of_pip = command.use.title in ("pip install", "pip3 install", "uv pip install")
    return texts[texts.index("install") + 1 :] if is_of_pip and "install" in texts else []


def _only_tools(command: KnownCommand) -> bool:
    """True if a command installs nothing but the programs that install and build packages."""
    names = [re.split(r"[\[<>=!~;@ ]", it, maxsplit=1)[0].lower() for it in _operands(command)]
    return bool(names) and _TOOLS.issuperset(names)


def _brings_packages(instruction: Instruction) -> bool:
    """True if a COPY takes something else from a stage or an image than the program uv: packages that were installed there, a virtual environment."""
    node = instruction.node
    return (
        isinstance(node, Copying)
        and node.flag("from") is not None
        and not all(posixpath.basename(it.text) in ("uv", "uvx") for it in node.sources)
    )


def _takes_sources(copy: Instruction) -> bool:
    """True if a COPY takes sources of Python: everything, a usual directory or a package, or a file."""
    paths = [path_in_context(it) for it in sources_of(copy)]
    names = [posixpath.basename(it) for it in paths]
    is_named = any(it == "." or it.endswith(".py") for it in paths) or not {"app", "lib", "src"}.isdisjoint(names)
    return is_named or takes_directory_with(copy, "__init__.py", "__main__.py")


def _separate(command: KnownCommand, extras: str) -> str:
    """The command of uv that installs only what the project requires, with the same options."""
    own = [it for it in command.syntax.words if it.text not in ("-e", "--editable")]
    named = " ".join((f"-r {_MANIFEST}", *(f"--extra {it.strip()}" for it in extras.split(",") if it.strip())))
    return own_variables(command) + " ".join(named if _PROJECT.fullmatch(it.value or "") else it.text for it in own)


def options_without_cache(command: KnownCommand) -> Iterator[TextRange]:
    """The places of `--no-cache-dir`, each with the blanks before it, or after it at the beginning of a line."""
    text = command.run.build.text
    for word in command.syntax.words:
        if word.value == NO_CACHE:
            start, end = command.run.shell_range(word.range)
            before = len(text[:start].rstrip(" \t"))
            after = _TO_NEXT_LINE.match(text, end)
            is_first = text[before - 1] == "\n" and after is not None
            yield TextRange(start, after.end()) if is_first and after is not None else TextRange(before, end)


_TO_NEXT_LINE: Final = lazy_regex(r"[ \t]*\\\r?\n[ \t]*")
