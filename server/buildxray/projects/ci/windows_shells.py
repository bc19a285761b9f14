"""Scripts of PowerShell and of the Windows command line as text for the shell.

Source: learn.microsoft.com, "about_Special_Characters", "about_Automatic_Variables" and "call" (`%~dp0`).
"""

from __future__ import annotations

import re


def from_powershell(text: str, directory: str) -> str:
    """The text of a script of PowerShell, which is in this directory, with the continuations and paths of the shell."""
    text = re.sub(r"\$(?:PSScriptRoot|\{PSScriptRoot\})", lambda _match: directory, text)
    return _with_slashes(text, r"`(?=[ \t]*\r?\n)")


def from_batch(text: str, directory: str) -> str:
    """The text of a script of the Windows command line, which is in this directory, with the variables and paths of the shell."""
    text = re.sub(r"%(\w+)%", r"${\1}", text.replace("%~dp0", f"{directory}/"))
    return _with_slashes(text, r"\^(?=[ \t]*\r?\n)")


def _with_slashes(text: str, joining: str) -> str:
    return re.sub(joining, r"\\", re.sub(r"\\(?!\r?\n)", "/", text))
