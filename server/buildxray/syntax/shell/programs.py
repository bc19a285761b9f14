"""Recognise shells whose scripts are read, by the names and paths under which a text calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHELLS: Final = frozenset({"ash", "bash", "dash", "ksh", "ksh93", "mksh", "oksh", "rbash", "sh", "yash", "zsh"})
"""Shells that read scripts as `sh` does. Source: POSIX.1-2024, Shell Command Language; their manuals."""
MULTI_CALL_BINARIES: Final = frozenset({"busybox", "toybox"})
"""Programs that run the command named by their first argument."""


def program_name(path: str) -> str:
    """The lower-case name of a program without its directories: `sh` for `/bin/sh`."""
    return path.replace("\\", "/").rpartition("/")[2].lower()


def is_posix_shell(command: Sequence[str]) -> bool:
    """True if a command, such as that of SHELL, starts a shell that reads scripts like `sh`; False for PowerShell and cmd."""
    names = [program_name(it) for it in command[:2]]
    if names and names[0] in MULTI_CALL_BINARIES:
        del names[0]
    return bool(names) and names[0] in SHELLS
