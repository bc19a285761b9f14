"""The files that a project or a solution of .NET refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from buildxray.projects.manifests.files import MOST_FILES, IncompleteError, ProjectFiles, json_of, path_in_context
from buildxray.projects.manifests.others import XML_COMMENT
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_PROJECT_REFERENCE: Final = lazy_regex(
    r"<ProjectReference\b[^>]*?\bInclude\s*=\s*[\"'](?P<path>[^\"']*)", re.IGNORECASE
)
_IMPORT: Final = lazy_regex(r"<Import\b[^>]*?\bProject\s*=\s*[\"'](?P<path>[^\"']*)", re.IGNORECASE)
_OF_SOLUTION: Final = lazy_regex(
    r"^Project\(.*?\)\s*=\s*\"[^\"]*\",\s*\"(?P<path>[^\"]*\.\w+proj)\"|<Project\b[^>]*?\bPath\s*=\s*\"(?P<other>[^\"]*)",
    re.MULTILINE,
)
_FEEDS: Final = lazy_regex(r"<packageSources\b[^<]*(?:<(?!/packageSources>)[^<]*)*", re.IGNORECASE)
_LOCAL_FEED: Final = lazy_regex(r"<add\b[^>]*?\bvalue[ \t]*=[ \t]*[\"'](?!https?:)", re.IGNORECASE)
"""A source of packages of NuGet that is a directory. Source: learn.microsoft.com, "nuget.config reference", packageSources."""
_OTHER_FEEDS: Final = lazy_regex(r"<Restore(?:AdditionalProject)?Sources>", re.IGNORECASE)
_OF_ALL_PROJECTS: Final = (
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
    "NuGet.Config",
    "NuGet.config",
    "nuget.config",
    "global.json",
)


def of_dotnet_project(context: ProjectFiles, path: str) -> list[str]:
    """The projects that a project of .NET refers to, and the files of MSBuild and NuGet in the directories above it.

    Source: learn.microsoft.com, "ProjectReference", "Directory.Build.props", "nuget.config reference", "Central Package Management".
    """
    of_all = context.above(path, *_OF_ALL_PROJECTS)
    feeds = (it[0] for one in of_all if one.endswith(".config") for it in _FEEDS.finditer(context.text(one)))
    if any(_LOCAL_FEED.search(XML_COMMENT.sub("", it)) is not None for it in feeds):
        raise IncompleteError
    imported = _imported_by_msbuild(context, (path, *of_all))
    # What an imported file refers to is relative to the project, and what it imports to itself.
    texts = [context.text(it) for it in (path, *(one for one in of_all if one.endswith(_IMPORTED)), *imported)]
    if any(_OTHER_FEEDS.search(it) is not None for it in texts):
        raise IncompleteError
    references = [
        path_in_context(path, _msbuild_path(it["path"])) for one in texts for it in _PROJECT_REFERENCE.finditer(one)
    ]
    return [*context.beside(path, "packages.lock.json"), *of_all, *imported, *references]


def _imported_by_msbuild(context: ProjectFiles, files: Iterable[str]) -> list[str]:
    """The files that files of MSBuild import, directly or through others. Raises `IncompleteError`."""
    imported: dict[str, None] = {}
    pending = [*files]
    while pending:
        path = pending.pop()
        text = context.text(path)
        for it in _IMPORT.finditer(text):
            written = it["path"].replace("$(MSBuildThisFileDirectory)", "")
            if "GetPathOfFileAbove" in written:
                # Those above are among the files of all projects.
                continue
            file = path_in_context(path, _msbuild_path(written))
            is_optional = "Exists" in text[it.start() : text.find(">", it.end())]
            if file not in imported and not (is_optional and not context.exists(file)):
                imported[file] = None
                pending.append(file)
        if len(imported) > MOST_FILES:
            raise IncompleteError
    return [*imported]


def _msbuild_path(written: str) -> str:
    """A path as other systems write it. Raises `IncompleteError` for one with a variable, a wildcard or several paths."""
    if set("$*;") & {*written}:
        raise IncompleteError
    return written.replace("\\", "/")


_IMPORTED: Final = (".props", ".targets")


def of_solution(context: ProjectFiles, path: str) -> list[str]:
    """The projects of a solution; none if a filter of it was read, which names those that count."""
    if path in context.filtered:
        return []
    text = context.text(path)
    return [path_in_context(path, (it["path"] or it["other"]).replace("\\", "/")) for it in _OF_SOLUTION.finditer(text)]


def of_solution_filter(context: ProjectFiles, path: str) -> list[str]:
    """The solution of a filter, and the projects in it that the filter names. Raises `IncompleteError`, also for a file that is not a filter.

    Source: learn.microsoft.com, "Filtered solutions": the paths of projects are relative to the solution, which is not read for others.
    """
    solution = as_mapping(json_of(context.text(path)).get("solution"))
    named, projects = solution.get("path"), solution.get("projects")
    if not isinstance(named, str) or not isinstance(projects, list):
        raise IncompleteError
    file = path_in_context(path, named.replace("\\", "/"))
    # The solution itself has to be there, but the other projects that it names need not.
    if not context.exists(file):
        raise IncompleteError
    context.filtered.add(file)
    return [file, *(path_in_context(file, it.replace("\\", "/")) for it in projects if isinstance(it, str))]
