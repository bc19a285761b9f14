"""Directories that a checkout lacks because a workflow, a script or a person fetches another repository into them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import is_directory, read_project_text
from buildxray.projects.absent_sources import MOST_FILES, naming_files
from buildxray.projects.ci import workflow_files
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex

_CLONE: Final = lazy_regex(r"\b(?:git[ \t]+clone|gh[ \t]+repo[ \t]+clone)\b(?P<words>[^\n;&|`#]{0,300})")
_CHECKOUT: Final = "actions/checkout@"


def is_fetched(root: Path, path: Path) -> bool:
    """True if a path in a repository is in a missing directory into which a workflow checks out another repository, or with the name of one that a command clones.

    Source: the `action.yml` of actions/checkout, `repository` and `path`; git-clone(1): without a directory, that has the last part of the address.
    """
    missing = [it for it in path.parents if it != root and it.is_relative_to(root) and not is_directory(it)]
    names = {it.name for it in missing}
    if not names:
        return False
    # Of a large repository the first files count: the workflows, and what is near its root.
    for file in islice(filter(None, chain(workflow_files(root), naming_files(root))), MOST_FILES):
        text = read_project_text(file) or ""
        if not any(it in text for it in names):
            continue
        if not names.isdisjoint(_cloned(text)):
            return True
        if _CHECKOUT in text and any(root / it in missing for it in _checked_out(text)):
            return True
    return False


def _cloned(text: str) -> Iterator[str]:
    """Yield the names of the directories into which commands of a text clone repositories."""
    for match in _CLONE.finditer(text):
        words = [it.strip("\"'") for it in match["words"].split()]
        for n, word in enumerate(words):
            if not word.startswith("-") and not {"/", ":"}.isdisjoint(word):
                directory = next(iter(words[n + 1 :]), word)
                yield posixpath.basename(directory.rpartition(":")[2].rstrip("/").removesuffix(".git"))
                break


def _checked_out(text: str) -> Iterator[str]:
    """Yield the directories into which the steps of a workflow check out other repositories, relative to the root."""
    for job in map(as_mapping, as_mapping(as_mapping(load_yaml(text)).get("jobs")).values()):
        steps: Any = job.get("steps")
        for step in map(as_mapping, steps if isinstance(steps, list) else ()):
            given = as_mapping(step.get("with"))
            if str(step.get("uses")).startswith(_CHECKOUT) and "repository" in given:
                yield posixpath.normpath(str(given.get("path", ".")))
