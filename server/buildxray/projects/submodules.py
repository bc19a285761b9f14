"""The submodules of a repository, which a checkout may lack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, read_project_text
from buildxray.syntax.lazy_regex import lazy_regex

_SUBMODULE: Final = lazy_regex(r"^[ \t]*path[ \t]*=[ \t]*(?P<path>\S+)", re.MULTILINE)


def is_in_missing_submodule(root: Path, path: Path) -> bool:
    """True if a path is in a submodule that is not checked out here."""
    text = read_project_text(root / ".gitmodules") or ""
    modules = (root / match["path"] for match in _SUBMODULE.finditer(text))
    return any(path.is_relative_to(it) and not exists(it / ".git") for it in modules)
