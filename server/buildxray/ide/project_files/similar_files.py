"""The file that the name of a missing Dockerfile is meant for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, read_project_text
from buildxray.projects.file_names import similar_name
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_ENTRIES: Final = 1_000
_FROM: Final = lazy_regex(r"^[ \t]*FROM[ \t]+\S", re.IGNORECASE | re.MULTILINE)


def similar_dockerfile(dockerfile: Path, is_meant: Callable[[Path], bool]) -> str | None:
    """The name of the file beside a missing Dockerfile that is spelled nearly as this; None without one.

    A name that differs in case only comes first. A file without `Dockerfile` in its name has to hold an instruction FROM.
    """
    name = dockerfile.name
    listed = [it.name for it in entries_of(dockerfile.parent)[:_MOST_ENTRIES]]
    listed.sort(key=lambda it: it.lower() != name.lower())
    similar = (it for it in listed if similar_name(name, [it]) is not None)
    return next(
        (it for it in similar if _is_dockerfile(dockerfile.with_name(it)) and is_meant(dockerfile.with_name(it))), None
    )


def _is_dockerfile(path: Path) -> bool:
    name = path.name.lower()
    return "dockerfile" in name or "containerfile" in name or _FROM.search(read_project_text(path) or "") is not None
