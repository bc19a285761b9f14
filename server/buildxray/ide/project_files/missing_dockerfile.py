"""Builds of Dockerfiles that do not exist."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from buildxray.files.reading import (
    ReadError,
    exists,
    is_directory,
    list_directory,
    read_project_text,
    repository_root,
)
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import (
    diagnostic,
    is_in_missing_submodule,
    is_of_other_project,
    path_from,
    runs_it,
    written,
)
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.ide.project_files.similar_files import similar_dockerfile
from buildxray.localization import _
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.search import is_ignored
from buildxray.rules.base import Fix, Safety, Severity
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_OF_MATRIX: Final = lazy_regex(r"\$\{\{[ \t]*matrix\.[\w.-]+[ \t]*\}\}")
"""A value of the matrix alone, which the file itself lists, unlike an input or a secret."""


def missing_dockerfile(entry: BuildEntry) -> Iterator[Diagnostic]:
    """Find the Dockerfile of a build if it does not exist, and nothing in the repository may make it."""
    declared, own = entry.declared, entry.own
    named = next((it for it in ("dockerfile", "context") if it in own.own), None)
    if (named is None and not declared.is_default) or exists(declared.dockerfile):
        return
    if declared.is_overridden or _is_elsewhere(declared) or _depends_on_machine(entry) or _may_run_elsewhere(entry):
        return
    place = own.name if named is None else own.fields.get(named, own.name)
    close = similar_dockerfile(declared.dockerfile, lambda it: _has_stage(entry, it))
    fixes = written(entry.file.text, place, declared.dockerfile.name, close)
    elsewhere = None if close is not None else _elsewhere(entry)
    if elsewhere is not None:
        close = path_from(declared.source, elsewhere)
        fixes = _moved(entry, place, elsewhere) if named == "dockerfile" else ()
    path = path_from(declared.source, declared.dockerfile)
    yield diagnostic("missing-dockerfile", Severity.WARNING, place, _message(path, close), fixes)


def missing_in_script(path: Path, text: str, place: TextRange, dockerfile: Path) -> Diagnostic:
    """The finding for a Dockerfile that a script names at a place, with the file beside it that may be meant."""
    close = similar_dockerfile(dockerfile, lambda _path: True)
    fixes = written(text, place, dockerfile.name, close)
    return diagnostic(
        "missing-dockerfile", Severity.WARNING, place, _message(path_from(path, dockerfile), close), fixes
    )


def _message(path: str, close: str | None) -> str:
    """The message for a Dockerfile that does not exist, and the one that may be meant."""
    if close is None:
        return _("`{path}` does not exist", path=path)
    return _("`{path}` does not exist; did you mean `{close}`?", path=path, close=close)


def _is_elsewhere(declared: DeclaredBuild) -> bool:
    """True if the Dockerfile of a build may exist where the build runs, although it is not in this checkout."""
    dockerfile = declared.dockerfile
    if _is_in_empty_directory(dockerfile) or declared.may_be_written or is_of_other_project(declared.source):
        # Git keeps no empty directories: this is a submodule that is not checked out here.
        return True
    root = repository_root(declared.source.parent)
    if root is None:
        return False
    # Another repository may be beside this one, or in a directory that Git ignores; there a program may make files too.
    is_outside = not dockerfile.is_relative_to(root)
    return is_outside or is_in_missing_submodule(root, dockerfile) or is_ignored(dockerfile, root)


def _depends_on_machine(entry: BuildEntry) -> bool:
    """True if the path contains a variable whose value is known on the machine that builds only, or is a sentence that says to set one."""
    if entry.declared.source.suffix in (".hcl", ".json") and len(entry.declared.dockerfile.name.split()) > 2:
        return True
    paths = (it for key, it in entry.own.fields.items() if key in ("context", "dockerfile"))
    return any("$" in _OF_MATRIX.sub("", entry.file.text[slice(*it)]) for it in paths)


def _elsewhere(entry: BuildEntry) -> Path | None:
    """The only Dockerfile of this name in another directory of the repository, if no build of the file names it.

    A Dockerfile of the usual name has to be the only one, because many directories may have one, and to be below the context or
    above the missing one: elsewhere it is that of something else.
    """
    declared, candidates = entry.declared, entry.file.dockerfiles
    name = declared.dockerfile.name.lower()
    is_usual = name in {"containerfile", "dockerfile"}
    if not is_usual:
        candidates = tuple(it for it in candidates if it.name.lower() == name)
    (only,) = candidates if len(candidates) == 1 else (None,)
    if only is None or only.name.lower() != name or entry.file.names(only) or not _has_stage(entry, only):
        return None
    is_near = only.is_relative_to(declared.context) or declared.dockerfile.is_relative_to(only.parent)
    return only if is_near or not is_usual else None


def _moved(entry: BuildEntry, place: TextRange, dockerfile: Path) -> tuple[Fix, ...]:
    """The fix that writes the path of another Dockerfile; none if the text at a place is not the path of the one that is built."""
    text = entry.file.text[slice(*place)]
    parts = PurePosixPath(text).parts
    missing = entry.declared.dockerfile.parts
    if not parts or ".." in parts or missing[-len(parts) :] != parts:
        return ()
    base = Path(*missing[: -len(parts)])
    path = Path(os.path.relpath(dockerfile, base)).as_posix()
    return (Fix(_("Write `{name}`", name=path), (Edit(place, path),), Safety.SUGGESTION),)


def _may_run_elsewhere(entry: BuildEntry) -> bool:
    """True if paths of a Bake or Compose file are meant from another directory than that of the file.

    A platform may run Compose with the repository as project directory: then paths of the file exist from there, and
    none from its own directory. A target of Bake without a context takes the directory where people and jobs run Bake.
    """
    declared = entry.declared
    if not entry.file.are_below_root or runs_it(declared) != declared.source:
        return False
    if declared.is_of_service:
        return entry.file.is_from_root(declared.dockerfile)
    is_bake = declared.source.suffix in (".hcl", ".json")
    return is_bake and "context" not in entry.own.fields and "dockerfile" not in entry.own.fields


def _has_stage(entry: BuildEntry, dockerfile: Path) -> bool:
    """True if a Dockerfile has the stage that is built, as far as both are known."""
    wanted = entry.declared.target
    text = read_project_text(dockerfile)
    if not wanted or "target" in entry.declared.unknown or text is None:
        return True
    return re.search(rf"(?im)^[ \t]*FROM[ \t].*[ \t]AS[ \t]+{re.escape(wanted)}[ \t]*$", text) is not None


def _is_in_empty_directory(path: Path) -> bool:
    """True if the nearest directory above a path that exists is empty."""
    nearest = next((it for it in path.parents if is_directory(it)), None)
    try:
        return nearest is not None and not list_directory(nearest)
    except ReadError:
        return False
