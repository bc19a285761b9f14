"""The files that lists of Python refer to."""

from __future__ import annotations

import re
from typing import Final

from buildxray.projects.manifests.files import IncompleteError, ProjectFiles, path_in_context, toml_of
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_OTHER_LIST: Final = lazy_regex(
    r"^[ \t]*(?:-[rc][ \t=]*|--(?:requirement|constraint)[ \t=]+)(?!\S*://)(?P<path>[^\s#]+)", re.MULTILINE
)
_LOCAL_PACKAGE: Final = lazy_regex(
    r"^[ \t]*(?:(?:-e|--editable)[ \t=]+(?!\S*://)|[./]|(?:-f|--find-links)[ \t=]+(?!\S*://)|[\w.,\[\]-]+[ \t]*@[ \t]*file:)",
    re.MULTILINE,
)
_TOML_PATH: Final = lazy_regex(
    r"^[^#\n]*\bpath[ \t]*=[ \t]*[\"']|^[^#\n]*\bworkspace[ \t]*=[ \t]*true\b|^[ \t]*\[[\w.-]*\bworkspace(?:\.[\w.-]+)?\]"
    r"|^[^#\n]*@[ \t]*file:|^[^#\n]*\beditable[ \t]*=[ \t]*true\b",
    re.MULTILINE,
)


def of_requirements(context: ProjectFiles, path: str) -> list[str]:
    """The other lists that a list of pip names. Source: pip.pypa.io, "Requirements File Format"."""
    text = context.text(path)
    if _LOCAL_PACKAGE.search(text):
        raise IncompleteError
    return [path_in_context(path, it["path"]) for it in _OTHER_LIST.finditer(text)]


def of_pipfile(context: ProjectFiles, path: str) -> list[str]:
    """The lock file of a project of Pipenv. Source: pipenv.pypa.io."""
    if _TOML_PATH.search(context.text(path)):
        raise IncompleteError
    return context.beside(path, "Pipfile.lock")


def of_pyproject(context: ProjectFiles, path: str) -> list[str]:
    """The lock files of a project of Poetry or uv, and the licence that Poetry reads. Raises `IncompleteError` for packages of the repository.

    Source: python-poetry.org, "path dependencies"; poetry-core, factory.py, which reads `project.license.file` of each project, even for `--no-root`;
    docs.astral.sh/uv, "Workspaces", "find-links", and "sync", which builds a project to learn dependencies that its pyproject.toml does not list.
    """
    text = context.text(path)
    if _TOML_PATH.search(text):
        raise IncompleteError
    table = toml_of(text)
    project, of_uv = as_mapping(table.get("project")), as_mapping(as_mapping(table.get("tool")).get("uv"))
    files = context.beside(path, "poetry.lock", "poetry.toml", "uv.lock", "uv.toml", ".python-version")
    if context.manager == "uv":
        dynamic = project.get("dynamic")
        is_built = isinstance(dynamic, list) and any("dependencies" in it for it in dynamic if isinstance(it, str))
        roots = (it for it in context.above(path, "pyproject.toml") if it != path)
        if is_built or of_uv.get("find-links") or any("[tool.uv.workspace]" in context.text(it) for it in roots):
            raise IncompleteError
    if context.manager == "poetry":
        license_ = as_mapping(project.get("license"))
        named = license_.get("file")
        files += [path_in_context(path, named)] if isinstance(named, str) and not license_.get("text") else []
    return files
