"""The variables that the scripts of a package.json read, command by command, as in a RUN."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from buildxray.caching import cached
from buildxray.records import replace
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import Command, read_script
from buildxray.toolchains.base import Invocation, Reading, Use
from buildxray.toolchains.node import READING_NOTHING, package_scripts

_DEEPEST: Final = 5
"""Nesting depth of scripts that call other scripts."""

Recognizer = Callable[[Invocation], Use | None]


def reading_of_scripts(invocation: Invocation, name: str, recognize: Recognizer, depth: int = 0) -> Reading | None:
    """The certainty that the scripts of `npm run …` read a variable: the highest one of their commands.

    None for a command that runs no known script. An unknown program is presumed to come from a package of the project.
    """
    scripts = package_scripts(invocation)
    if not scripts or depth > _DEEPEST:
        return None
    strongest = Reading.NO
    for command in _commands(scripts):
        inner = replace(invocation, command=command, _settings={}, _values={}, _operands=[])
        reading = reading_of_scripts(inner, name, recognize, depth + 1)
        if reading is None:
            use = recognize(inner)
            if use is not None:
                reading = use.toolchain.reads(inner, name)
            else:
                is_data = command.name in READING_NOTHING
                reading = Reading.NO if is_data else invocation.reading_by_project(name)
        strongest = max(strongest, reading, key=lambda it: it.value)
    return strongest


@cached(256)
def _commands(scripts: Iterable[str]) -> tuple[Command, ...]:
    """The commands of these scripts, in order."""
    lines = "".join(f"RUN {' '.join(it.split())}\n" for it in scripts)
    instructions = parse(f"FROM scratch\n{lines}").instructions
    return tuple(command for it in instructions[1:] for command in read_script(it.node).commands if command.words)
