"""The commands of scripts and Makefiles in the build context that a command of the Dockerfile runs, as far as their texts tell."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.records import replace
from buildxray.rules.facts.context_files import context_paths, copies_before
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Use
from buildxray.semantics.commands import is_nothing, is_preparing, recognize
from buildxray.semantics.file_flow import holds
from buildxray.semantics.image_paths import PROGRAM_DIRECTORIES
from buildxray.syntax.instructions import Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import SHELLS, Command, read_script
from buildxray.toolchains.base import MAKE, Invocation

_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
_END: Final = "END_OF_THE_SCRIPT_OF_THE_PROJECT"
_RUN_ANYWAY: Final = frozenset({"and", "exit", "for"})
"""Conditions of commands that a script runs if nothing before them fails."""
_TELLS_MACHINE: Final = lazy_regex(
    r"GOARCH|GOENV|TARGET|CROSS|\bCC\b|--target|CARGO_BUILD|(?i:arch\b)|uname|[a-z0-9_]+-linux-(?:gnu|musl)"
)
"""Signs that a script or a Makefile may choose the machine for which it compiles."""
_PARAMETER: Final = lazy_regex(r"\$\{?[1-9@*]")
_MOST_COMMANDS: Final = 300
"""Commands of a script that are read, the first ones, because each RUN that starts it looks at all."""
_MOST_TEXT: Final = 100_000
"""The longest script that is read, because it is read while a Dockerfile is edited."""


class InnerCommand(NamedTuple):
    """A command of a script or a recipe."""

    syntax: Command
    use: Use | None
    """Its use, of `make` that of the compiler in its recipes; None if no toolchain knows it."""


class ProjectScript(NamedTuple):
    """A script or the recipes of a Makefile, which a command of the Dockerfile runs."""

    text: str
    """The script, or the recipes as the shell gets them."""
    commands: tuple[InnerCommand, ...]
    file: str
    """The text of the whole file."""
    is_whole: bool = True
    """False if it has more commands than are read."""

    @property
    def compiler(self) -> Use | None:
        """The first command that surely compiles for its own machine; None without one."""
        return next(
            (
                it.use
                for it in self.commands
                if it.use is not None
                and it.use.effect in (Effect.COMPILE, Effect.BUNDLE)
                and not it.use.is_targeted
                and self.surely_runs(it)
            ),
            None,
        )

    @property
    def may_choose_machine(self) -> bool:
        """True if something in the file may choose the machine for which it compiles, or if it is too long to tell."""
        return not self.is_whole or _TELLS_MACHINE.search(self.file) is not None

    @property
    def enters_directories(self) -> bool:
        """True if it changes its working directory, so that it writes to other places than its commands tell."""
        return any(it.syntax.changes_directory for it in self.commands)

    def outputs(self, command: KnownCommand, use: Use) -> tuple[str, ...]:
        """The paths that a command of it may write; what the script is given by the command that runs it, where it reads its parameters."""
        if _PARAMETER.search(self.text) is None or command.name in MAKE:
            return use.outputs
        return tuple(path for it in command.syntax.words[1:] for path in command.invocation.paths(it))

    def surely_runs(self, command: InnerCommand) -> bool:
        """True if the script runs a command if nothing before it fails."""
        return all(it.kind in _RUN_ANYWAY for it in command.syntax.conditions)

    @property
    def compiles(self) -> bool | None:
        """True if it compiles for its own machine; False if it surely compiles nothing; None if that is unknown."""
        if self.compiler is not None:
            return True
        is_known = (
            self.is_whole
            and bool(self.commands)
            and all(
                is_nothing(it.syntax)
                if it.use is None
                else it.use.effect not in (Effect.COMPILE, Effect.UNKNOWN, Effect.EXECUTE)
                for it in self.commands
            )
        )
        return False if is_known else None


def takes(consumer: Instruction, outputs: Iterable[str]) -> bool:
    """True if a COPY of the image takes one of some files, by its name or with its directory."""
    if not isinstance(consumer.node, Copy) or consumer.stage is None or not consumer.stage.is_image:
        return False
    return any(
        holds(it, one) or (one.rstrip("/") and holds(one, it)) for it in outputs for one in consumer.copied_paths
    )


def project_script(command: KnownCommand) -> ProjectScript | None:
    """The script that a command runs (`./build.sh`, `sh build.sh`, `make goal`), if it is known which file of the build context that is."""
    return command.invocation.remembered("script of the project", lambda: _find(command))


def _find(command: KnownCommand) -> ProjectScript | None:
    is_make = command.name in MAKE
    found = _recipes(command, command.invocation) if is_make else _text_of_script(command)
    script = None if found is None else _read(command.invocation, *found)
    return script if script is None or is_make else _with_recipes(command, script)


def _read(invocation: Invocation, text: str, file: str) -> ProjectScript | None:
    """The commands of a script or of recipes that a command runs."""
    commands = _commands_of(text)
    if commands is None:
        return None
    read = commands[:_MOST_COMMANDS]
    inner = _invocations(invocation, read)
    return ProjectScript(
        text,
        tuple(InnerCommand(it.command, recognize(it)) for it in inner),
        file,
        is_whole=len(read) == len(commands),
    )


def _with_recipes(command: KnownCommand, script: ProjectScript) -> ProjectScript:
    """A script in which each of the first calls of `make` has the compiler that its recipes surely run; the same after `cd`, which leads elsewhere."""
    n_read = 0
    commands = [*script.commands]
    for idx, it in enumerate(commands):
        if it.syntax.changes_directory or n_read == _MOST_MAKES:
            break
        if it.syntax.name in MAKE and it.use is not None and it.use.effect is Effect.UNKNOWN:
            n_read += 1
            invocation = command.invocation.of_script(it.syntax)
            found = _recipes(command, invocation)
            recipes = None if found is None else _read(invocation, *found)
            compiler = None if recipes is None else recipes.compiler
            commands[idx] = it if compiler is None else InnerCommand(it.syntax, compiler)
    return script._replace(commands=(*commands,))


_MOST_MAKES: Final = 5
"""Calls of `make` in one script whose recipes are read."""


def _invocations(outer: Invocation, commands: Iterable[Command]) -> Iterator[Invocation]:
    """The commands of a script, each with those before it that decide how it compiles: `./configure` and later `make`."""
    preparations = outer.preparations
    for it in commands:
        invocation = outer.of_script(it)
        yield invocation if preparations == invocation.preparations else replace(invocation, preparations=preparations)
        if is_preparing(it):
            preparations = (*preparations, it)


def _text_of_script(command: KnownCommand) -> tuple[str, str] | None:
    """The text of a script, twice."""
    texts, words = command.run.build.workspace.texts, command.syntax.words
    if texts is None:
        return None
    if command.name in SHELLS:
        operands = [it for it in words[1:] if not it.text.startswith(("-", "+"))]
        if any(it.startswith("-") and "c" in it for it in command.syntax.arguments) or not operands:
            return None
        word = operands[0]
    else:
        word = words[0]
    is_program = word is words[0] and "/" not in word.text
    paths = _copied_programs(command, word.text) if is_program else command.invocation.paths(word)
    found = {text for path in paths for place in _places(command, path) for text in texts(place)}
    return (text := found.pop(), text) if len(found) == 1 else None


def _copied_programs(command: KnownCommand, name: str) -> list[str]:
    """The paths of a program among those of the image to which a COPY surely writes it: `COPY build.sh /usr/local/bin/`."""
    written = {it for copy in copies_before(command.run) for it in copy.destinations}
    return [path for it in PROGRAM_DIRECTORIES if not written.isdisjoint((it, path := f"{it}/{name}"))]


def _recipes(command: KnownCommand, invocation: Invocation) -> tuple[str, str] | None:
    """The recipes of the goals of `make`, and the text of the Makefile, for a call of it in the RUN of a command."""
    workspace = command.run.build.workspace
    recipes, texts = workspace.recipes, workspace.texts
    if recipes is None or texts is None or invocation.argument("-f", "--file", "--makefile") is not None:
        return None
    inside = invocation.argument("-C", "--directory")
    directories = invocation.directories if inside is None else invocation.paths(inside)
    operands = [it for it in _operands(invocation.command) if it]
    goals = tuple(it for it in operands if "=" not in it)
    given = tuple(it for it in operands if "=" in it)
    if len(directories) != 1 or any("$" in it for it in goals):
        return None
    places = (place for name in _MAKEFILES for place in _places(command, posixpath.join(directories[0], name)))
    found = {(text, "\n".join(texts(place))) for place in places if (text := recipes(place, goals, given)) is not None}
    return found.pop() if len(found) == 1 else None


def _places(command: KnownCommand, path: str) -> Iterator[str]:
    """The paths in the build context of a file that a command finds at a path: by a mount of its RUN, or else by a COPY."""
    mounted = command.run.mounted_from_context(path)
    if mounted:
        yield from mounted
        return
    for place, _base in context_paths(command, posixpath.basename(path), posixpath.dirname(path)):
        yield place


_WITH_VALUE: Final = frozenset({"-C", "-f", "-I", "-j", "-l", "-o", "-W", "--directory", "--file"})


def _operands(command: Command) -> Iterator[str]:
    """The operands of `make`: goals and variables. `-j 4` takes a number only if one follows. Source: GNU make manual, "Options Summary"."""
    before = ""
    for word in command.words[1:]:
        is_value = before in _WITH_VALUE and (before != "-j" or word.text.isdigit())
        if not word.text.startswith("-") and not is_value:
            yield (word.value if word.value is not None else word.text).strip("\"'")
        before = word.text


@cached(64)
def _commands_of(text: str) -> tuple[Command, ...] | None:
    """The commands of a shell script; None if another interpreter runs it."""
    if _END in text or "\0" in text or len(text) > _MOST_TEXT:
        return None
    node = parse(f"FROM scratch\nRUN <<'{_END}'\n{text}\n{_END}\n").instructions[-1].node
    script = read_script(node)
    return None if script.has_errors else tuple(it for it in script.commands if it.words)
