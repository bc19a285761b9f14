"""Generators of static sites and of code, whose output is for any machine.

Source: the command references of Hugo, MkDocs, Jekyll, Sphinx, protoc and Buf.
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_GENERATORS: Final = {
    "buf": frozenset({"build", "generate"}),
    "hugo": frozenset({""}),
    "jekyll": frozenset({"build", "b"}),
    "mdbook": frozenset({"build"}),
    "mkdocs": frozenset({"build"}),
    "protoc": frozenset({""}),
    "sphinx-build": frozenset({""}),
    "zola": frozenset({"build"}),
}
"""Programs and their generating subcommands; an empty subcommand means any arguments."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    generating = _GENERATORS.get(name)
    if generating is None:
        return None
    subcommand = invocation.subcommand
    if "" in generating and not invocation.has_option("--version", "version", "--help"):
        return Use(toolchain, invocation, Effect.BUNDLE, name)
    if subcommand and subcommand in generating:
        return Use(toolchain, invocation, Effect.BUNDLE, f"{name} {subcommand}")
    return Use(toolchain, invocation, Effect.NEUTRAL, name)


def _reads(invocation: Invocation, name: str) -> Reading:
    """Hugo's templates see variables that begin with HUGO_ (gohugo.io, "Security model"), mdBook's with MDBOOK_.

    MkDocs has `!ENV`, Zola `get_env`, and the configuration of Sphinx and Jekyll's plugins are programs.
    """
    program = invocation.command.name
    runs_plugins = any(it.startswith("--plugin") for it in invocation.command.arguments)
    if (program == "protoc" and runs_plugins) or (program == "buf" and invocation.subcommand == "generate"):
        # A plugin may be a program of the project.
        return invocation.reading_by_project(name)
    if program in ("hugo", "mdbook", "protoc", "buf"):
        return Reading.YES if name.startswith(f"{program.upper()}_") else Reading.NO
    return invocation.reading_by_project(name)


SITES: Final = Toolchain("static sites and generated code", _recognize, _reads)
