"""The functions of make whose value follows from their arguments and from the files of the project.

Source: GNU make, 8, Functions for Transforming Text. A value that only a run knows is a variable of the shell: `${MAKE_name}`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from buildxray.files.globs import component_pattern
from buildxray.files.reading import entries_of, exists
from buildxray.projects.builds import absolute
from buildxray.syntax.lazy_regex import lazy_regex

FUNCTION: Final = lazy_regex(
    r"\$\((?P<name>abspath|addprefix|addsuffix|basename|dir|filter|filter-out|firstword|foreach|if|lastword|notdir|or|patsubst|realpath|sort|strip|subst"
    r"|wildcard|word|words)[ \t]+(?P<arguments>(?:[^()$]|\$\{\w+\})*)\)"
)
"""A call of a function whose arguments have no other calls."""
_UNSET: Final = lazy_regex(r"\$\{MAKE_\w+\}")
_WILD: Final = lazy_regex(r"[*?\[]")
_MOST_FILES: Final = 200
_MOST_DIRECTORIES: Final = 300
"""Limit for the directories that all wildcards of a Makefile look into."""
_MOST_PATTERNS: Final = 100
_MOST_TEXT: Final = 20_000
"""Limit for the code points that a function adds to its words."""


_COMMA, _BLANK = "\ue000", "\ue001"
"""What a comma of a variable is while a text is expanded, and a blank, if the variable holds nothing else."""
_OF_SHELL: Final = str.maketrans("()$", "\ue002\ue003\ue004")
_AS_WRITTEN: Final = str.maketrans("\ue000\ue001\ue002\ue003\ue004", ", ()$")
_SHELL_SIGN: Final = lazy_regex(r"[()]|\$(?!\{MAKE_)")


def as_separator(value: str) -> str:
    """The value of a variable in the arguments of a function: make divides these first, so that `$(comma)`, `$(space)` and a list of platforms divide nothing."""
    return _BLANK if value and _UNSET.sub("", value) == " " else value.replace(",", _COMMA)


def as_result(text: str) -> str:
    """The text of a called function in the arguments of another one: what is left in it of parentheses and `$` is for the shell."""
    return _SHELL_SIGN.sub(lambda it: it[0].translate(_OF_SHELL), text)


def without_separators(text: str) -> str:
    """An expanded text with its commas, blanks and the signs of `as_result` as they are written."""
    return text if text.isascii() else text.translate(_AS_WRITTEN)


class WildcardFiles:
    """The files below the root of a project that wildcards find, from the directory in which `make` runs."""

    def __init__(self, directory: Path | None, root: Path | None) -> None:
        """Create one that finds nothing without a directory and a root."""
        self._directory = directory
        self._root = root
        self._n_left = _MOST_DIRECTORIES
        self._known: dict[str, tuple[str, ...]] = {}

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The paths, in order, that a pattern matches; as in the shell, `*` matches no leading dot."""
        if pattern not in self._known:
            self._known[pattern] = (*self._matching(pattern),)
        return self._known[pattern]

    def _matching(self, pattern: str) -> list[str]:
        if self._directory is None or self._root is None or posixpath.isabs(pattern):
            return []
        paths = [""]
        for part in pattern.split("/"):
            paths = [it for one in paths for it in self._below(one, part)][:_MOST_FILES]
        return [it for it in paths if exists(absolute(self._directory / it))]

    def _below(self, path: str, part: str) -> list[str]:
        """The paths that one component of a pattern gives below a path."""
        if self._directory is None or self._root is None or not _WILD.search(part):
            return [posixpath.join(path, part)]
        place = absolute(self._directory / path)
        self._n_left -= 1
        if self._n_left < 0 or not place.is_relative_to(self._root):
            return []
        matches = component_pattern(part).fullmatch
        names = [
            it.name for it in entries_of(place) if matches(it.name) and it.name.startswith(".") == part.startswith(".")
        ]
        return [posixpath.join(path, it) for it in sorted(names)]


def applied(match: re.Match[str], files: WildcardFiles) -> str:
    """The value of a function whose arguments have no other references."""
    name = match["name"]
    arguments = match["arguments"].split(",")
    first = arguments[0].strip()
    n_words = _MOST_TEXT // (len(match["arguments"]) - len(arguments[-1]) + 1) + 1
    words = arguments[-1].split()[:n_words]
    simple = _OF_WORDS.get(name)
    if simple is not None:
        return " ".join(simple(words))
    if name in {"if", "or"}:
        return _chosen(name, arguments)
    if name == "wildcard":
        return " ".join(it for word in words if not _UNSET.search(word) for it in files.matching(word)) or unset(name)
    if name == "foreach" and len(arguments) > 2:
        text = ",".join(arguments[2:])
        n_words = _MOST_TEXT // (len(text) + 1) + 1
        return " ".join(text.replace(unset(first), it) for it in arguments[1].split()[:n_words])
    if len(arguments) == 2:
        return _of_two(name, first, words)
    if name == "subst" and len(arguments) == 3:
        old, text = (without_separators(it) for it in (arguments[0], arguments[2]))
        return text.replace(old, arguments[1]) if old else text
    if name == "patsubst" and len(arguments) == 3:
        return with_pattern(first, arguments[1].strip(), words)
    return unset(name)


def _chosen(name: str, arguments: Sequence[str]) -> str:
    """The value of `if` and `or`: a variable that the Makefile does not set is empty unless the environment or the command sets it."""
    if name == "if":
        is_set = _UNSET.sub("", arguments[0]).strip() != ""
        return "".join(arguments[1:2] if is_set else arguments[2:3]).strip()
    return next((it.strip() for it in arguments if _UNSET.sub("", it).strip()), arguments[-1].strip())


def _of_two(name: str, first: str, words: Sequence[str]) -> str:
    """The value of a function of two arguments, the second of which are words."""
    if name == "addprefix":
        return " ".join(f"{first}{it}" for it in words)
    if name == "addsuffix":
        return " ".join(f"{it}{first}" for it in words)
    if name in {"filter", "filter-out"} and not any(map(_UNSET.search, words)):
        patterns = first.split()[:_MOST_PATTERNS]
        exact, open_ends = {it for it in patterns if "%" not in it}, [it for it in patterns if "%" in it]
        kept = (
            it
            for it in words
            if (it in exact or any(stem(one, it) is not None for one in open_ends)) == (name == "filter")
        )
        return " ".join(kept)
    if name == "word" and first.isdecimal() and 0 < len(first) < 5 and not any(map(_UNSET.search, words)):
        return "".join(words[int(first) - 1 : int(first)]) if first != "0" else ""
    return unset(name)


def with_pattern(pattern: str, replacement: str, words: Sequence[str]) -> str:
    """The words with those replaced that a pattern matches: the value of `patsubst`, and of `$(NAME:PATTERN=REPLACEMENT)`."""
    given = ((it, stem(pattern, it) if "%" in pattern else "" if it == pattern else None) for it in words)
    return " ".join(it if part is None else replacement.replace("%", part, 1) for it, part in given)


def stem(pattern: str, word: str) -> str | None:
    """The text for `%` in a pattern that matches a word; None if it does not."""
    before, _percent, after = pattern.partition("%")
    is_matched = len(word) >= len(before) + len(after) and word.startswith(before) and word.endswith(after)
    return word[len(before) : len(word) - len(after)] if is_matched else None


def unset(name: str) -> str:
    """The text for a variable or a function of unknown value."""
    if name in {"CURDIR", "PWD"}:
        return "."
    # The value of an argument that was unset is expanded again.
    return "make" if name == "MAKE" else "${MAKE_" + re.sub(r"\W", "_", name.removeprefix("MAKE_")) + "}"


def _directory(path: str) -> str:
    before, slash, _name = path.rpartition("/")
    return before + slash or "./"


_OF_WORDS: Final[dict[str, Callable[[Sequence[str]], Sequence[str]]]] = {
    "abspath": lambda words: [posixpath.normpath(it) for it in words],
    "basename": lambda words: [posixpath.splitext(it)[0] for it in words],
    "dir": lambda words: [_directory(it) for it in words],
    "firstword": lambda words: words[:1],
    "lastword": lambda words: words[-1:],
    "notdir": lambda words: [it.rpartition("/")[2] for it in words],
    "realpath": lambda words: [posixpath.normpath(it) for it in words],
    "sort": lambda words: sorted({*words}),
    "strip": lambda words: words,
}
"""The functions of one argument, which are applied to its words."""
