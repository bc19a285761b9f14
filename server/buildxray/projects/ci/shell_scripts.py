"""The shell scripts of a repository, known by what is in them and not by their names.

A file that a shell is given as an operand is a script, whatever is in it. A program that is started by its path is one if its first line names a
shell, or, without such a line, if its mode lets a person start it: then the shell that has started it reads it.
Source: POSIX.1-2024, Shell Command Language, 2.9.1.6 "Non-built-in Utility Execution".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, is_executable, read_project_text
from buildxray.projects.ci.script_files import has_shell_ending, names_shell, searched_directories
from buildxray.records import cached_property
from buildxray.syntax.lazy_regex import lazy_regex

_ENDING: Final = lazy_regex(r"\.(?:sh|bash|zsh|ksh)\b")
_PATH: Final = lazy_regex(r"/[\"']?(?P<name>[\w.+-]+)(?![\w/+-])")
"""The last component of a path, which may be that of a script."""
_OPERAND: Final = lazy_regex(
    r"(?<![\w./-])(?:(?:/\w+){0,3}/)?(?:(?:a|ba|da|k|mk|z)?sh|source|\.)[ \t]+(?:[-+][\w-]+[ \t]+){0,4}[\"']?(?P<path>[^\s\"'();|&<>-][^\s\"'();|&<>]*)"
)
"""A word that a shell is given, mostly the path of a script."""
_MOST_BYTES: Final = 100_000
"""Limit for a script."""
_MOST_SAME: Final = 20
"""The files of one name that are looked at."""


class ShellScripts:
    """A lazy reading of the shell scripts of a repository, or of a directory outside of one, given its root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[tuple[Path, bool], str | None] = {}
        self._are_names: dict[tuple[str, bool], bool] = {}
        """What `_is_name` has answered."""

    def may_be_started_in(self, text: str) -> bool:
        """True if the commands of a text may start a script of the repository: by its ending, or by the name of one that there is."""
        if _ENDING.search(text) is not None:
            return True
        given = {it["path"].rpartition("/")[2] for it in _OPERAND.finditer(text)}
        started = {it["name"] for it in _PATH.finditer(text)}
        return any(self._is_name(it, is_operand=True) for it in given) or any(map(self._is_name, started))

    def started_in(self, text: str) -> Iterator[str]:
        """Yield the texts of the scripts whose names are among those of the programs that a text starts by their paths; those with an ending are left out."""
        for name in dict.fromkeys(it["name"] for it in _PATH.finditer(text)):
            texts = map(self.text, self._files.get(name, ())[:_MOST_SAME]) if "." not in name else ()
            yield from (it for it in texts if it is not None)

    def text(self, path: Path, *, is_operand: bool = False) -> str | None:
        """The text of the script at a path, absolute or not normalised; None if no shell reads it. `is_operand` is True if a shell is given its path."""
        key = path, is_operand
        if key not in self._texts:
            self._texts[key] = _script(path, is_operand=is_operand)
        return self._texts[key]

    def _is_name(self, name: str, *, is_operand: bool = False) -> bool:
        """True if a file of this name is a script."""
        key = name, is_operand
        if key not in self._are_names:
            paths = self._files.get(name, ())
            self._are_names[key] = any(self.text(it, is_operand=is_operand) is not None for it in paths[:_MOST_SAME])
        return self._are_names[key]

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """The entries of the directories that are searched for scripts, by their names."""
        files: dict[str, list[Path]] = {}
        for directory in searched_directories(self._root):
            for it in entries_of(directory):
                files.setdefault(it.name, []).append(Path(it.path))
        return files


def _script(path: Path, *, is_operand: bool) -> str | None:
    text = read_project_text(path, _MOST_BYTES)
    if text is None or "\0" in text:
        return None
    if is_operand or names_shell(text):
        return text
    return text if not text.startswith("#!") and (has_shell_ending(path) or is_executable(path)) else None
