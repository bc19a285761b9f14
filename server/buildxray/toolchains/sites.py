"""Generators of static sites and of code, whose output is for any machine.

Source: the command references of Antora, Asciidoctor, Doxygen, Hexo, Hugo, MkDocs, Jekyll, Middleman, Sphinx, protoc and Buf; those of Bundler,
npm, Poetry, uv and Python for the commands that run them.
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_GENERATORS: Final = {
    "antora": frozenset({""}),
    "asciidoctor": frozenset({""}),
    "buf": frozenset({"build", "generate"}),
    "doxygen": frozenset({""}),
    "elm": frozenset({"make"}),
    "hexo": frozenset({"g", "generate"}),
    "hugo": frozenset({""}),
    "jekyll": frozenset({"build", "b"}),
    "mdbook": frozenset({"build"}),
    "middleman": frozenset({"build"}),
    "mkdocs": frozenset({"build"}),
    "protoc": frozenset({""}),
    "sphinx": frozenset({""}),
    "sphinx-build": frozenset({""}),
    "zola": frozenset({"build"}),
}
"""Programs and their generating subcommands; an empty subcommand means any arguments."""


_RUNNERS: Final = {
    "bundle": "exec",
    "bunx": "",
    "bundler": "exec",
    "npx": "",
    "pdm": "run",
    "pipenv": "run",
    "pnpx": "",
    "poetry": "run",
    "python": "-m",
    "python3": "-m",
    "uv": "run",
}
"""Programs that run a generator of a package, with the word between them, if any: `bundle exec jekyll build`, `python -m mkdocs build`."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    if invocation.command.name not in _GENERATORS and invocation.command.name not in _RUNNERS:
        return None
    words = _words(invocation)
    name = words[0] if words else ""
    generating = _GENERATORS.get(name)
    if generating is None:
        return None
    subcommand = next(iter(words[1:]), "")
    if "" in generating and not invocation.has_option("--version", "version", "--help"):
        return Use(toolchain, invocation, Effect.BUNDLE, name)
    if subcommand and subcommand in generating:
        return Use(toolchain, invocation, Effect.BUNDLE, f"{name} {subcommand}")
    return Use(toolchain, invocation, Effect.NEUTRAL, name)


def _words(invocation: Invocation) -> list[str]:
    """The generator and its operands, without a program that runs it."""
    operands = invocation.operand_texts
    name = invocation.command.name
    running = _RUNNERS.get(name)
    if running is None:
        return [name, *operands]
    if running == "-m":
        return operands if invocation.command.arguments[:1] == ("-m",) else []
    return operands[1:] if operands[:1] == [running] else [] if running else operands


def _reads(invocation: Invocation, name: str) -> Reading:
    """Hugo's templates see variables that begin with HUGO_ (gohugo.io, "Security model"), mdBook's with MDBOOK_.

    MkDocs has `!ENV`, Zola `get_env`, and the configuration of Sphinx and Jekyll's plugins are programs.
    """
    words = _words(invocation)
    program = words[0]
    runs_plugins = any(it.startswith("--plugin") for it in invocation.command.arguments)
    if (program == "protoc" and runs_plugins) or words[:2] == ["buf", "generate"]:
        # A plugin may be a program of the project.
        return invocation.reading_by_project(name)
    if program in ("hugo", "mdbook", "protoc", "buf"):
        return Reading.YES if name.startswith(f"{program.upper()}_") else Reading.NO
    return invocation.reading_by_project(name)


SITES: Final = Toolchain("static sites and generated code", _recognize, _reads)
