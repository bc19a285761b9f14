"""What the findings in files that declare builds have in common."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from buildxray.files.reading import path_below, repository_root
from buildxray.ide.diagnostics import Diagnostic, project_address
from buildxray.localization import _
from buildxray.projects.ci import is_nested_workflow
from buildxray.rules.base import Fix, Related, Safety, Severity
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange


class ProjectDiagnostic(Diagnostic):
    """A problem of a build, in the file that declares it."""

    @property
    def documentation_url(self) -> str:
        """The page on builds."""
        return project_address(self.rule)


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


def shown_path(source: Path, path: Path) -> str:
    """A path for messages: relative to the root of the repository if it is below it."""
    is_workflow = source.parent.parts[-2:] == (".github", "workflows")
    root = repository_root(source.parent) or (source.parents[2] if is_workflow else source.parent)
    # Never a path of this machine: it says nothing about the project.
    return path_below(path, root) or Path(os.path.relpath(path, root)).as_posix()


def is_of_other_project(workflow: Path) -> bool:
    """True if a workflow came with the copy of another project: GitHub runs those at the root of a repository only."""
    root = repository_root(workflow.parent)
    return root is not None and is_nested_workflow(workflow, root)


def context_fix(
    text: str, directory: Path, context: Path, places: Mapping[str, TextRange], dockerfile: Path | None = None
) -> tuple[Fix, ...]:
    """The fix that writes a build context, whose path is relative to a directory, and the path of a Dockerfile in that context.

    `places` are those of the fields `context` and `dockerfile`. Empty if a field that is to be written is missing, or is not a plain path.
    """
    values = {"context": Path(os.path.relpath(context, directory)).as_posix()}
    if dockerfile is not None:
        values["dockerfile"] = Path(os.path.relpath(dockerfile, context)).as_posix()
    if any(it not in places or _PLAIN_PATH.fullmatch(text, *places[it]) is None for it in values):
        return ()
    edits = tuple(Edit(places[name], value) for name, value in values.items())
    changed = [f"{name}: {value}" for name, value in values.items() if text[slice(*places[name])] != value]
    if not changed:
        return ()
    name, *others = changed
    title = _("Write `{name}` and `{other}`", name=name, other=others[0]) if others else _("Write `{name}`", name=name)
    return (Fix(title, edits, Safety.SUGGESTION),)


_PLAIN_PATH: Final = lazy_regex(r"[\w./-]+")
"""A path without quotation marks and variables."""


def written(text: str, place: TextRange, name: str, close: str | None) -> tuple[Fix, ...]:
    """The fix that writes a known name in a place of a text; none if the place contains no name, as with a variable."""
    start = text.rfind(name, place.start, place.end)
    if close is None or start < 0:
        return ()
    edit = Edit(TextRange(start, start + len(name)), close)
    return (Fix(_("Write `{name}`", name=close), (edit,), Safety.SUGGESTION),)
