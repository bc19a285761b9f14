"""The Compose files that the settings of development containers name.

Source: containers.dev, "Dev Container metadata reference", `dockerComposeFile`; "Dev Container specification", `devcontainer.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, is_file, read_project_text
from buildxray.projects.builds import DeclaredBuild, Note, absolute
from buildxray.syntax.lazy_regex import lazy_regex

_DIRECTORY: Final = ".devcontainer"
_NAME: Final = "devcontainer.json"
_MOST_FILES: Final = 20
_COMMENT: Final = lazy_regex(r"(?P<text>\"[^\"\n]*\")|//[^\n]*|/\*[^*\n]*\*/")
"""A text in quotes, or a comment, which JSON has not but these files may have."""
_COMPOSE_FILES: Final = lazy_regex(
    r"\"dockerComposeFile\"\s*:\s*(?:(?P<one>\"[^\"\\\n]*\")|\[(?P<several>[^\[\]{}]*)\])"
)


def dev_container_files(root: Path) -> list[Path]:
    """The settings of development containers, given the root of a project; at most `_MOST_FILES`."""
    directory = root / _DIRECTORY
    below = (directory / it.name / _NAME for it in entries_of(directory))
    files = (root / f".{_NAME}", directory / _NAME, *islice(below, _MOST_FILES))
    return [it for it in files if is_file(it)]


def read_dev_containers(files: Iterable[Path], root: Path) -> tuple[list[DeclaredBuild], list[Note]]:
    """Read the builds of the services that start with development containers, and notes with absolute paths."""
    builds: list[DeclaredBuild] = []
    notes: list[Note] = []
    for file in files:
        paths = [*_named_files(file)]
        if not paths or not all(it.is_relative_to(root) and is_file(it) for it in paths):
            continue
        from buildxray.projects.compose_builds import read_compose  # noqa: PLC0415 - few projects have such a file

        # Paths in all files are relative to the first one, as in `docker compose -f`.
        directory = paths[0].parent
        project, services = read_compose(directory, [*map(str, paths)])
        builds += services
        notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    return builds, notes


def _named_files(file: Path) -> Iterator[Path]:
    """The absolute paths of the Compose files that the settings name."""
    text = read_project_text(file) or ""
    if "dockerComposeFile" not in text:
        return
    named = _COMPOSE_FILES.search(_COMMENT.sub(lambda it: it["text"] or " ", text))
    for path in re.findall(r"\"([^\"\\\n]+)\"", named["one"] or named["several"] or "") if named is not None else ():
        yield absolute(file.parent / path)
