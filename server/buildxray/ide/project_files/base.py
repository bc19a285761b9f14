"""What the findings in files that declare builds have in common."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from buildxray.files.reading import exists, path_below, read_project_text, repository_root
from buildxray.ide.diagnostics import Diagnostic
from buildxray.localization import _
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.ci import WORKFLOWS
from buildxray.rules.base import Fix, Related, Safety, Severity
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_PAGE: Final = "https://github.com/buildxray/buildxray/blob/main/docs/builds.md"
_SUBMODULE: Final = lazy_regex(r"^[ \t]*path[ \t]*=[ \t]*(?P<path>\S+)", re.MULTILINE)


class ProjectDiagnostic(Diagnostic):
    """A problem of a build, in the file that declares it."""

    @property
    def documentation_url(self) -> str:
        """The page on builds."""
        return f"{_PAGE}#{self.rule}"


def diagnostic(
    rule: str,
    severity: Severity,
    place: TextRange,
    message: str,
    fixes: tuple[Fix, ...] = (),
    *,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """A finding about the whole of a place in a file of a project."""
    return ProjectDiagnostic(rule, severity, place, message, fixes, related, is_unnecessary=False)


def path_from(source: Path, path: Path) -> str:
    """A path for messages: relative to the root of the repository if it is below it."""
    is_workflow = source.parent.parts[-2:] == (".github", "workflows")
    root = repository_root(source.parent) or (source.parents[2] if is_workflow else source.parent)
    # Never a path of this machine: it says nothing about the project.
    return path_below(path, root) or Path(os.path.relpath(path, root)).as_posix()


def is_of_other_project(workflow: Path) -> bool:
    """True if a workflow came with the copy of another project: GitHub runs those at the root of a repository only."""
    directory = workflow.parent
    if directory.parts[-2:] != WORKFLOWS.parts:
        return False
    root = repository_root(directory)
    return root is not None and directory != root / WORKFLOWS


def is_in_missing_submodule(root: Path, path: Path) -> bool:
    """True if a path is in a submodule that is not checked out here."""
    text = read_project_text(root / ".gitmodules") or ""
    modules = (root / match["path"] for match in _SUBMODULE.finditer(text))
    return any(path.is_relative_to(it) and not exists(it / ".git") for it in modules)


def runs_it(build: DeclaredBuild) -> Path:
    """The file that runs a build: the one that declares it, or the one that calls Bake."""
    return build.source if build.caller is None else build.caller.source


def written(text: str, place: TextRange, name: str, close: str | None) -> tuple[Fix, ...]:
    """The fix that writes a known name in a place of a text; none if the place contains no name, as with a variable."""
    start = text.rfind(name, place.start, place.end)
    if close is None or start < 0:
        return ()
    edit = Edit(TextRange(start, start + len(name)), close)
    return (Fix(_("Write `{name}`", name=close), (edit,), Safety.SUGGESTION),)
