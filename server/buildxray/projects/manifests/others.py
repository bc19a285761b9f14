"""The files that lists of Dart, Elixir, Java (Maven) and PHP refer to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Final

from buildxray.projects.manifests.files import IncompleteError, ProjectFiles, joined, json_of
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex


def of_pubspec(context: ProjectFiles, path: str) -> list[str]:
    """The lock file of a package of Dart. Source: dart.dev, "Path packages" and "Pub workspaces"."""
    text = context.text(path)
    package = as_mapping(load_yaml(text))
    required = (it for key in _PUBSPEC_DEPENDENCIES for it in as_mapping(package.get(key)).values())
    is_read = bool(package) or not text.strip()
    if not is_read or {"resolution", "workspace"} & package.keys() or any("path" in as_mapping(it) for it in required):
        raise IncompleteError
    return context.beside(path, "pubspec.lock")


_PUBSPEC_DEPENDENCIES: Final = ("dependencies", "dev_dependencies", "dependency_overrides")
_MIX_MORE: Final = lazy_regex(
    r"\b(?:path|apps_path|config_path|lockfile):|\bin_umbrella\b|\b(?:Code|File|IO|Path|System\.cmd|Mix\.Project)[.(]|__DIR__|:os\.cmd"
    r"|:file\.|\"deps\.get\":"
)
"""What a mix.exs needs from other files and directories."""
DEPENDENCY_OF_MIX: Final = lazy_regex(r"\{[ \t\r\n]*:\w+[ \t\r\n]*,")
COMMENT_OF_MIX: Final = lazy_regex(r"(?m)^[ \t]*#[^\n]*")


def of_mix(context: ProjectFiles, path: str) -> list[str]:
    """The lock file of a project of Mix. Raises `IncompleteError` for an umbrella, a dependency in the repository, or a list that reads files.

    Settings in `config` are not needed for a download. Source: hexdocs.pm, "Mix.Project", "Mix.Tasks.Deps" and "mix loadconfig".
    """
    if _MIX_MORE.search(COMMENT_OF_MIX.sub("", context.text(path))):
        raise IncompleteError
    return context.beside(path, "mix.lock")


XML_COMMENT: Final = lazy_regex(r"<!--[^-]*(?:-[^-]+)*-->")
_POM_MORE: Final = lazy_regex(
    r"<(?:modules|subprojects)>\s*<|<goal>\s*install-file\b|addjars-maven-plugin|<systemPath>|<scope>\s*system\b|<(?:url|file|relativePath)>\s*(?:file:|\$\{(?:(?:project\.)?basedir|maven\.multiModuleProjectDirectory)\})"
)
"""What a pom.xml needs from other directories: modules, jars of the project, a repository in it."""
_POM_PARENT: Final = lazy_regex(r"<parent>(?P<parent>[^<]*(?:<(?!/parent>)[^<]*)*)</parent>")
_RELATIVE_PATH: Final = lazy_regex(r"<relativePath>\s*(?P<path>[^<\s]*)\s*</relativePath>")
_OF_MAVEN: Final = (".mvn/extensions.xml", ".mvn/jvm.config", ".mvn/maven.config")
_MAVEN_MORE: Final = lazy_regex(
    r"(?m)^[ \t]*(?:-s|-gs|-f|--settings|--global-settings|--file)\b|\s(?:-s|--settings)\b|-javaagent:"
)
"""Options in the settings of a project of Maven that name other files of it."""
_OF_WRAPPER: Final = ("mvnw", ".mvn/wrapper/maven-wrapper.properties", ".mvn/wrapper/maven-wrapper.jar")


def of_pom(context: ProjectFiles, path: str) -> list[str]:
    """The settings of a project of Maven, and its wrapper. Raises `IncompleteError` for one that refers to other projects or to files.

    Source: maven.apache.org, "POM Reference" ("Inheritance", "Aggregation", "Dependencies") and "Configuring Apache Maven".
    """
    text = XML_COMMENT.sub("", context.text(path))
    if _POM_MORE.search(text):
        raise IncompleteError
    parent = _POM_PARENT.search(text)
    if parent is not None and "<relativePath/>" not in parent["parent"]:
        written = _RELATIVE_PATH.search(parent["parent"])
        place = joined(posixpath.dirname(path), "../pom.xml" if written is None else written["path"])
        if context.exists(place) or context.exists(f"{place}/pom.xml"):
            raise IncompleteError
    settings = context.beside(path, *_OF_MAVEN)
    if any(_MAVEN_MORE.search(context.text(it)) is not None for it in settings):
        raise IncompleteError
    return context.beside(path, *_OF_MAVEN, *(_OF_WRAPPER if context.manager == "mvnw" else ()))


_OF_COMPOSER: Final = ("composer.lock", "symfony.lock", "auth.json")
_COMPOSER_MORE: Final = ("composer-exit-on-patch-failure", "merge-plugin", "patches", "patches-file", "patches-search")


def of_composer(context: ProjectFiles, path: str) -> list[str]:
    """The lock files of a project of Composer. Raises `IncompleteError` for packages or patches in the project.

    Source: getcomposer.org, "The composer.json schema" and "Repositories"; the README of cweagans/composer-patches and composer-merge-plugin.
    """
    project = json_of(context.text(path))
    repositories = project.get("repositories")
    listed = repositories.values() if isinstance(repositories, Mapping) else repositories
    kinds = {as_mapping(it).get("type") for it in listed} if isinstance(listed, Iterable) else set()
    if (
        not project
        or not kinds.isdisjoint({"artifact", "path"})
        or any(it in as_mapping(project.get("extra")) for it in _COMPOSER_MORE)
    ):
        raise IncompleteError
    return context.beside(path, *_OF_COMPOSER)
