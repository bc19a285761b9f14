"""The operands of programs that copy, move or link files.

Source: the manuals of GNU coreutils (cp, install, ln, mv; "Target directory") and rsync.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import Command, ShellWord

COPYING: Final = frozenset({"cp", "install", "ln", "mv", "rsync"})
"""Programs that put their sources, or links to them, at a destination."""
_TARGET_DIRECTORY: Final = ("-t", "--target-directory")
_WITH_VALUE: Final = {
    "cp": frozenset({"-S", "--suffix"}),
    "install": frozenset({"-S", "-g", "-m", "-o", "--group", "--mode", "--owner", "--suffix"}),
    "ln": frozenset({"-S", "--suffix"}),
    "mv": frozenset({"-S", "--suffix"}),
    "rsync": frozenset({"-e", "-f", "--chmod", "--chown", "--exclude", "--filter", "--include", "--rsh"}),
}
"""Options whose value is a separate word."""
_MAKES_DIRECTORIES: Final = lazy_regex(r"-[bcCDpsTvZ]*d\w*|--directory")
"""The option with which `install` creates directories and copies nothing."""


class CopiedWords(NamedTuple):
    """The words that name the sources and the destination of a copy."""

    sources: tuple[ShellWord, ...]
    destination: ShellWord
    is_directory: bool
    """True if `--target-directory` gives the destination."""


def copied_words(command: Command) -> CopiedWords | None:
    """The operands of a command of `COPYING`; None for other commands, and for one without a source or a destination."""
    if command.name not in COPYING:
        return None
    if command.name == "install" and any(_MAKES_DIRECTORIES.fullmatch(it.text) for it in command.words[1:]):
        return None
    with_value = _WITH_VALUE.get(command.name, frozenset())
    operands: list[ShellWord] = []
    directory: ShellWord | None = None
    words = iter(command.words[1:])
    for word in words:
        option = word.text.partition("=")[0]
        if option in _TARGET_DIRECTORY and command.name != "rsync":
            directory = word.after(f"{option}=") if "=" in word.text else next(words, None)
        elif word.text in with_value:
            next(words, None)
        elif not word.text.startswith("-"):
            operands.append(word)
    if directory is not None:
        return CopiedWords(tuple(operands), directory, is_directory=True) if operands else None
    return CopiedWords(tuple(operands[:-1]), operands[-1], is_directory=False) if len(operands) > 1 else None
