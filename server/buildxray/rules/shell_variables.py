"""Queries about the variables of a shell script that several rules share."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.shell import Script

_READS_A_SCRIPT: Final = frozenset({".", "source", "eval"})


def sets(script: Script, name: str) -> bool:
    """True if the script sets a shell variable of that name."""
    for command in script.commands:
        loops = (it for it in command.conditions if it.kind == "for")
        if name in command.variables or any(name in it.variables for it in loops):
            return True
        if command.name == "read" and name in command.arguments:
            return True
    return False


def may_set(script: Script, name: str) -> bool:
    """True if the script sets a shell variable of that name, or executes text that may set any."""
    return sets(script, name) or any(it.name in _READS_A_SCRIPT for it in script.commands)
