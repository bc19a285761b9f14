"""The files that a package.json, and the settings beside it, refer to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from buildxray.files.globs import match_text
from buildxray.projects.manifests.files import (
    MOST_MEMBERS,
    OF_PACKAGES,
    IncompleteError,
    ProjectFiles,
    joined,
    json_of,
    path_in_context,
)
from buildxray.projects.yaml import as_mapping, load_yaml
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import INSTALL_SCRIPTS, is_harmless_script

_OF_FILES: Final = ("file:", "link:", "portal:", "patch:", "./", "../")
DEPENDENCIES: Final = ("dependencies", "devDependencies", "optionalDependencies", "resolutions")


def of_package(context: ProjectFiles, path: str) -> list[str]:
    """The files of a package: its lock file, settings, and the package.json of each member of its workspace.

    Source: docs.npmjs.com, package.json, "workspaces", "Local Paths" and "scripts"; pnpm.io, pnpm-workspace.yaml, "patchedDependencies";
    yarnpkg.com, "yarnPath" and "plugins". An installation makes the client of Prisma from its schema, unless a script or the build does; without a schema it only says so
    (prisma.io, "Generating Prisma Client").
    """
    root = _root_of_workspace(context, path) if context.package is None else ""
    if root:
        context.package = root
        return [root]
    package = json_of(context.text(path))
    versions = [it for key in DEPENDENCIES for it in as_mapping(package.get(key)).values() if isinstance(it, str)]
    of_pnpm = as_mapping(package.get("pnpm"))
    tables = (of_pnpm.get("overrides"), package.get("overrides"))
    overrides = [it for table in tables for it in as_mapping(table).values() if isinstance(it, str)]
    if any(it.startswith(_OF_FILES) for it in (*versions, *overrides)):
        raise IncompleteError
    if context.exists(joined(posixpath.dirname(path), "binding.gyp")) and context.runs_scripts:
        # npm then runs `node-gyp rebuild`, which compiles the sources.
        raise IncompleteError
    patches = package.get("patchedDependencies") if context.manager == "bun" else of_pnpm.get("patchedDependencies")
    scripts = {name: it for name, it in as_mapping(package.get("scripts")).items() if isinstance(it, str)}
    at_install = [it for name, it in scripts.items() if context.runs_scripts and name in INSTALL_SCRIPTS]
    if not all(map(is_harmless_script, at_install)):
        raise IncompleteError
    if any("patch-package" in it for it in at_install) and context.names(joined(posixpath.dirname(path), "patches")):
        raise IncompleteError
    has_client = context.runs_scripts and any("@prisma/client" in as_mapping(package.get(it)) for it in DEPENDENCIES)
    if has_client and not context.makes_client and not any("prisma generate" in it for it in scripts.values()):
        raise IncompleteError
    if context.package is None:
        context.package = path
    # The lock files and settings of members have no effect.
    settings = _settings_of_packages(context, path) if context.package == path else []
    members = [] if context.manager == "pnpm" else _patterns(package)
    return [*settings, *_patches(path, patches), *_members(context, path, members)]


def _root_of_workspace(context: ProjectFiles, path: str) -> str:
    """The package.json of the workspace of which a package in a directory below it is a member; empty for another package.

    Source: docs.npmjs.com, "workspaces"; pnpm.io, "Workspace"; yarnpkg.com, "Workspaces"; bun.sh, "Workspaces".
    """
    directory = posixpath.dirname(path)
    while directory not in ("", context.base):
        directory = posixpath.dirname(directory)
        root = joined(directory, "package.json")
        if context.manager == "pnpm":
            if context.exists(joined(directory, "pnpm-workspace.yaml")):
                return root
            continue
        own = posixpath.relpath(posixpath.dirname(path), directory or ".")
        patterns = _patterns(json_of(context.text(root)))
        if any("**" in it or match_text(own, it.removeprefix("./").rstrip("/")) for it in patterns):
            return root
    return ""


def _patterns(package: Mapping[str, Any]) -> list[str]:
    """The patterns of a package.json for the members of its workspace."""
    named = package.get("workspaces")
    listed = as_mapping(named).get("packages") if isinstance(named, Mapping) else named
    return [it for it in listed if isinstance(it, str)] if isinstance(listed, list) else []


def _patches(path: str, patches: object) -> list[str]:
    """The patches that a list names, relative to its directory. Source: pnpm.io, "patchedDependencies"; bun.sh, "bun patch"."""
    return [path_in_context(path, it) for it in as_mapping(patches).values() if isinstance(it, str)]


_RELATIVE: Final = lazy_regex(r"[\"'`]\.{1,2}/")
"""A path to another file of the project in a program."""


def _settings_of_packages(context: ProjectFiles, path: str) -> list[str]:
    """The lock files and the settings beside the package.json of a project. Raises `IncompleteError` if pnpm's hooks load other files."""
    settings = context.beside(path, *OF_PACKAGES)
    names = [*map(posixpath.basename, settings)]
    lock, of_yarn = (joined(posixpath.dirname(path), it) for it in ("yarn.lock", ".yarnrc.yml"))
    if context.manager == "npm" and _LOCKS_OF_NPM.isdisjoint(names) and not context.exists(of_yarn):
        settings += [lock] if context.exists(lock) else []
    if ".yarnrc.yml" in names and ".npmrc" in names:
        # Yarn 1 alone reads it.
        settings.pop(names.index(".npmrc"))
    if any(it.endswith(".pnpmfile.cjs") and _RELATIVE.search(context.text(it)) is not None for it in settings):
        raise IncompleteError
    return settings


_LOCKS_OF_NPM: Final = frozenset({"npm-shrinkwrap.json", "package-lock.json"})
"""Without one of these, npm 7 and later take the versions from the lock file of Yarn 1. Source: blog.npmjs.org, "Why Keep package-lock.json?"."""


def of_pnpm_workspace(context: ProjectFiles, path: str) -> list[str]:
    """The package.json of each member that pnpm's settings list. Raises `IncompleteError` if they name hooks or other directories."""
    text = context.text(path)
    settings = as_mapping(load_yaml(text))
    if (not settings and text.strip()) or settings.get("pnpmfile"):
        raise IncompleteError
    tables = [settings.get("overrides"), settings.get("catalog"), *as_mapping(settings.get("catalogs")).values()]
    versions = (it for table in tables for it in as_mapping(table).values())
    if any(isinstance(it, str) and it.startswith(_OF_FILES) for it in versions):
        raise IncompleteError
    listed = settings.get("packages")
    members = [it for it in listed if isinstance(it, str)] if isinstance(listed, list) else []
    return [*_patches(path, settings.get("patchedDependencies")), *_members(context, path, members)]


_YARN_PATH: Final = lazy_regex(r"(?m)^[ \t]*\"?yarn-path\"?[ \t]+\"?(?P<path>[^\"\s]+)")


def of_yarn_1(context: ProjectFiles, path: str) -> list[str]:
    """The file of Yarn itself that the settings of Yarn 1 name. Raises `IncompleteError` for a directory of packages. Source: classic.yarnpkg.com, "yarnrc"."""
    text = context.text(path)
    if "yarn-offline-mirror" in text:
        raise IncompleteError
    return [path_in_context(path, it["path"]) for it in _YARN_PATH.finditer(text)]


def of_yarn_settings(context: ProjectFiles, path: str) -> list[str]:
    """The files of Yarn itself and of its plug-ins that its settings name. Source: yarnpkg.com, "yarnPath" and "plugins"."""
    settings = as_mapping(load_yaml(context.text(path)))
    listed = settings.get("plugins")
    plugins = [as_mapping(it).get("path", it) for it in listed] if isinstance(listed, list) else []
    return [path_in_context(path, it) for it in (settings.get("yarnPath"), *plugins) if isinstance(it, str)]


def _members(context: ProjectFiles, path: str, patterns: Iterable[str]) -> Iterator[str]:
    """The package.json of each member of a workspace. Raises `IncompleteError` for patterns that leave out members, or look deeper."""
    for pattern in dict.fromkeys(it.removeprefix("./").rstrip("/") for it in patterns):
        if pattern in ("", "."):
            continue
        parent, _, last = pattern.rpartition("/")
        if "*" in parent or "**" in last or pattern.startswith(("/", "!", "..")):
            raise IncompleteError
        directory = joined(posixpath.dirname(path), parent)
        names = [it for it in context.names(directory) if match_text(it, last)]
        if len(names) > MOST_MEMBERS:
            raise IncompleteError
        for name in names:
            manifest = joined(directory, f"{name}/package.json")
            if context.exists(manifest):
                yield manifest
