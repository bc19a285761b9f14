"""Queries about the variables of a shell script that several rules share."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command, Script

SOLE_VARIABLE: Final = lazy_regex(r"[\"']?\$\{?(?P<name>\w+)\}?[\"']?")
"""A word that is one variable, perhaps in quotes."""
_READS_A_SCRIPT: Final = frozenset({".", "source", "eval"})
_EXPORTING: Final = frozenset({"declare", "export", "readonly", "typeset"})
SETS_PATHS: Final = lazy_regex(
    r"\.cargo/env|nvm\.sh|/activate\b|\.(?:ba|z)?sh(?:rc|_profile)\b|\.profile\b|ssh-agent|/etc/(?:os-release|profile)\b"
)
"""Files, and programs, whose variables are about paths, the shell or the distribution, and not about an architecture."""


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
    return sets(script, name) or any(sets_unknown_variables(it) or _reads_release(it, name) for it in script.commands)


def _reads_release(command: Command, name: str) -> bool:
    """True for `. /etc/os-release` if the file has the name of a variable. Source: os-release(5)."""
    is_read = command.name in (".", "source") and command.arguments[:1] in (
        ("/etc/os-release",),
        ("/usr/lib/os-release",),
    )
    return is_read and _OF_RELEASE.fullmatch(name) is not None


_OF_RELEASE: Final = lazy_regex(
    r"(?:ID|ID_LIKE|NAME|PRETTY_NAME|VARIANT|VARIANT_ID|VERSION|VERSION_CODENAME|VERSION_ID|BUILD_ID|IMAGE_ID|IMAGE_VERSION|PLATFORM_ID|UBUNTU_CODENAME)"
)


def sets_unknown_variables(command: Command) -> bool:
    """True if a command may set any variable: `. ./env.sh`, `eval "$(detect)"`, `export $(detect)`."""
    if command.name in _EXPORTING:
        return any(it.text.lstrip('"').startswith(("$", "`")) for it in command.words[1:])
    if command.name == "eval" and len(command.words) == 2 and command.words[1].value is not None:
        # Its commands are those of the script.
        return False
    return command.name in _READS_A_SCRIPT and not any(SETS_PATHS.search(it.text) for it in command.words)
