"""Facts from the other Dockerfiles of a directory and the one above it, which are read as text."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import entries_of, read_project_text
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.projects.file_names import is_dockerfile
from buildxray.records import cached_property
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_FILES: Final = 50
_INCLUDE: Final = lazy_regex(r"(?im)^[ \t]*INCLUDE\+?[ \t]+(?P<path>\S+)")
"""The instruction of the frontends `edrevo/dockerfile-plus` (`INCLUDE+`) and `devthefuture/dockerfile-x` that inserts another file."""
_ENV: Final = lazy_regex(r"(?im)^[ \t]*ENV[ \t]+(?P<pairs>[^\n]*)")


class _Facts(NamedTuple):
    """What one Dockerfile tells about others."""

    name: str
    included: frozenset[str]
    """The base names of the files that it includes, perhaps without `.dockerfile`, which dockerfile-x adds."""
    variables: frozenset[str]
    """The automatic platform arguments that one of its ENV sets."""


class FilesBeside:
    """A lazy reading of the Dockerfiles in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def includes(self, name: str) -> bool:
        """True if another Dockerfile, here or in the directory above, includes the file with this base name, which then is a part of it."""
        names = {name, name.removesuffix(".dockerfile")}
        return any(not names.isdisjoint(it.included) for it in (*self._facts, *_facts_in(self._directory.parent)))

    def set_by_others(self, name: str) -> frozenset[str]:
        """The automatic platform arguments that images built from the other Dockerfiles have in their environment."""
        return frozenset(variable for it in self._facts if it.name != name for variable in it.variables)

    @cached_property
    def _facts(self) -> tuple[_Facts, ...]:
        return _facts_in(self._directory)


def _facts_in(directory: Path) -> tuple[_Facts, ...]:
    names = sorted(it.name for it in entries_of(directory) if is_dockerfile(it.name))
    texts = ((name, read_project_text(directory / name)) for name in names[:_MOST_FILES])
    return tuple(_facts_of(name, text) for name, text in texts if text is not None)


def _facts_of(name: str, text: str) -> _Facts:
    included = frozenset(it["path"].rpartition("/")[2] for it in _INCLUDE.finditer(text))
    words = (it["pairs"].split() for it in _ENV.finditer(text))
    # `ENV NAME=value …`, or `ENV NAME value`, whose other words are the value.
    variables = {name.partition("=")[0] for pairs in words for name in pairs if "=" in name or name is pairs[0]}
    return _Facts(name, included, frozenset(variables.intersection(AUTOMATIC_ARGUMENTS)))
