"""What lists of dependencies require, and what an installation from them does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from buildxray.files.globs import match_text
from buildxray.projects.manifests.built import downloads_packages
from buildxray.projects.manifests.files import ProjectFiles, json_of, toml_of
from buildxray.projects.manifests.node import DEPENDENCIES
from buildxray.projects.manifests.others import COMMENT_OF_MIX, DEPENDENCY_OF_MIX
from buildxray.projects.manifests.ruby import COMMENT_OF_RUBY
from buildxray.projects.manifests.rust import lists_of_members
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex


def lists_packages(context: ProjectFiles, path: str) -> bool:
    """True if a pyproject.toml itself lists packages, which no build backend has to tell. Source: packaging.python.org, "pyproject.toml", `dependencies`."""
    if posixpath.basename(path) != "pyproject.toml":
        return False
    table = toml_of(context.text(path))
    listed = as_mapping(table.get("project")).get("dependencies")
    return isinstance(listed, list) and bool(listed)


def names_targets(context: ProjectFiles, path: str) -> bool:
    """True if a Cargo.toml names the file of its library or of a program, which need not exist for a download. Tried with Cargo 1.95."""
    if posixpath.basename(path) != "Cargo.toml":
        return False
    table = toml_of(context.text(path))
    programs = table.get("bin")
    targets = [table.get("lib"), *(programs if isinstance(programs, list) else ())]
    return any("path" in as_mapping(it) for it in targets)


_SOURCE_OF_CRATE: Final = lazy_regex(r"^source[ \t]*=[ \t]*\"(?:git|registry|sparse)\+", re.MULTILINE)
_OTHER_SOURCE: Final = lazy_regex(
    r"^[ \t]*(?:\[source\b|source\.|offline\b|directory\b|include\b|paths\b)", re.MULTILINE
)
"""Settings of Cargo that replace registries, or may do so in another file."""


def requires_crates(context: ProjectFiles, path: str) -> bool:
    """True if the lock file beside a Cargo.toml names a crate of a registry or of a repository, or the Cargo.toml a dependency that is one.

    False where settings may name a directory with the crates. Source: the Cargo book, "Specifying Dependencies" and "Source Replacement".
    """
    above = dict.fromkeys((posixpath.dirname(path), ""))
    settings = (context.text(posixpath.join(it, ".cargo", name)) for it in above for name in ("config", "config.toml"))
    if any(map(_OTHER_SOURCE.search, settings)):
        return False
    if _SOURCE_OF_CRATE.search(context.text(posixpath.join(posixpath.dirname(path), "Cargo.lock"))):
        return True
    table = toml_of(context.text(path))
    members = lists_of_members(context, path, as_mapping(table.get("workspace")))
    return any(map(_names_crates, (table, *(toml_of(context.text(it)) for it in members))))


def _names_crates(table: Mapping[str, Any]) -> bool:
    """True if a Cargo.toml has a dependency that is neither in the project nor named by the workspace alone."""
    systems = as_mapping(table.get("target")).values()
    tables = (table, as_mapping(table.get("workspace")), *map(as_mapping, systems))
    kinds = ("dependencies", "build-dependencies")
    named = (it for one in tables for kind in kinds for it in as_mapping(one.get(kind)).values())
    return any(isinstance(it, str) or (isinstance(it, dict) and not {"path", "workspace"} & it.keys()) for it in named)


_SETTINGS: Final = frozenset(
    {
        "go.sum",
        "go.work",
        "go.work.sum",
        "mix.lock",
        "package-lock.json",
        "yarn.lock",
        ".npmrc",
        ".yarnrc",
        "pnpm-lock.yaml",
        "bun.lock",
        "bunfig.toml",
        "composer.lock",
        "symfony.lock",
        "Gemfile.lock",
        "poetry.lock",
        "poetry.toml",
        "uv.lock",
        "uv.toml",
        ".python-version",
        "pubspec.lock",
        "Package.resolved",
        "cabal.project.freeze",
        "cabal.project.local",
        "mirrors.json",
        "registries.json",
    }
)
"""Files beside a list, which name nothing that it does not require."""
_REQUIREMENT: Final = lazy_regex(
    r"^[ \t]*(?:[^\s#-]|(?:-e|--editable)\b|(?:-r|--requirement)\b[^\n]*://)", re.MULTILINE
)
"""A line of a list of pip that names a package. Source: pip.pypa.io, "Requirements File Format"."""
_REQUIRE: Final = lazy_regex(r"^[ \t]*(?:require|tool)\b", re.MULTILINE)
_OF_DOTNET: Final = ("proj", ".config", ".props", ".sln", ".slnf", ".slnx", ".targets")
_PACKAGE: Final = lazy_regex(
    r"<(?:PackageDownload|PackageReference|GlobalPackageReference)\b|\bSdk[ \t]*=[ \t]*\"[^\"]*/"
)
"""A package of .NET, or an SDK that is one. Source: learn.microsoft.com, "PackageReference" and "MSBuild project SDKs"."""


def requires_nothing(context: ProjectFiles, path: str) -> bool:
    """True if a list of pip, Go, .NET or Node.js surely names no dependency, or if a file only accompanies a list."""
    name, text = posixpath.basename(path), context.text(path)
    if name in _SETTINGS:
        return True
    if name == "go.mod":
        return _REQUIRE.search(text) is None
    if name == "package.json":
        package = json_of(text)
        return bool(package) and not any(package.get(it) for it in (*DEPENDENCIES, "peerDependencies", "workspaces"))
    if name == "pyproject.toml":
        return context.manager in ("poetry", "uv") and _requires_no_package_of_python(toml_of(text), context.manager)
    if name == "composer.json":
        project = json_of(text)
        required = (it for key in ("require", "require-dev") for it in as_mapping(project.get(key)))
        return bool(project) and all(map(_OF_PHP_ITSELF.fullmatch, required))
    if name == "Gemfile":
        return _GEM.search(COMMENT_OF_RUBY.sub("", text)) is None
    if name.endswith((".cabal", ".swift", "cabal.project")):
        return not downloads_packages(name, text)
    if name == "mix.exs":
        return DEPENDENCY_OF_MIX.search(COMMENT_OF_MIX.sub("", text)) is None
    if name.lower().endswith(_OF_DOTNET):
        return _PACKAGE.search(text) is None
    return name.endswith((".txt", ".in")) and _REQUIREMENT.search(text) is None


_OF_PHP_ITSELF: Final = lazy_regex(r"(?:php|hhvm|composer)(?:-[\w-]+)?|(?:ext|lib)-.*")
"""What Composer calls a platform package, and does not download. Source: getcomposer.org, "Platform packages"."""
_GEM: Final = lazy_regex(r"\bgem\b|\bgemspec\b|\beval|\beach\b")


def _requires_no_package_of_python(table: Mapping[str, Any], manager: str) -> bool:
    """True if a pyproject.toml names no package, of any kind. To install the project itself, uv downloads what builds it."""
    project, tools = as_mapping(table.get("project")), as_mapping(table.get("tool"))
    of_poetry, of_uv = as_mapping(tools.get("poetry")), as_mapping(tools.get("uv"))
    listed = (
        project.get("dependencies"),
        project.get("dynamic"),
        project.get("optional-dependencies"),
        table.get("dependency-groups"),
        of_poetry.get("dev-dependencies"),
        of_poetry.get("group"),
        of_uv.get("dev-dependencies"),
        as_mapping(of_poetry.get("dependencies")).keys() - {"python"},
    )
    return bool(table) and not any(listed) and (manager == "poetry" or "build-system" not in table)


def installs_itself(context: ProjectFiles, path: str) -> bool:
    """True if the command installs or builds the project too, not only what a list of dependencies names.

    Source: python-poetry.org, "package-mode"; docs.astral.sh/uv, "Build systems" and "Project packaging"; getcomposer.org, "install";
    maven.apache.org, "Introduction to the Build Lifecycle"; docs.swift.org, "swift build"; cabal.readthedocs.io, "cabal build".
    """
    name = posixpath.basename(path)
    if name != "pyproject.toml":
        return name in ("Package.swift", "composer.json") or name.endswith(".cabal") or match_text(name, "*pom*.xml")
    # An installation from a file that is not TOML fails.
    table = toml_of(context.text(path))
    tools = as_mapping(table.get("tool"))
    if context.manager == "poetry":
        return as_mapping(tools.get("poetry")).get("package-mode", True) is not False
    chosen = as_mapping(tools.get("uv")).get("package")
    return "build-system" in table if chosen is None else chosen is True
