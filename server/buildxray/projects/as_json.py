"""The JSON of declared builds, as `buildxray builds --format json` prints it."""

from __future__ import annotations

import os
from pathlib import Path

from buildxray.projects.builds import DeclaredBuild


def build_as_json(build: DeclaredBuild, directory: Path) -> dict[str, object]:
    """Convert a build to a JSON object with paths relative to a directory.

    Values of arguments are escaped as by `buildx bake --print`, so that they can be pasted into a Bake file.
    """
    table: dict[str, object] = {
        "name": build.name,
        "source": relative(build.source, directory),
        "line": build.line,
        "dockerfile": relative(build.dockerfile, directory),
        "context": build.remote or relative(build.context, directory),
        "target": build.target,
        "platforms": [*build.platform_names],
        "args": {name: _escaped(value) for name, value in build.arguments},
        "contexts": dict(build.contexts),
        "nodes": {str(target): str(node) for target, node in build.nodes},
        "default": build.is_default,
        "unknown": sorted(build.unknown),
    }
    if build.fallback_platform:
        table["platform"] = build.fallback_platform
    for name, is_set in (
        ("pushes", build.pushes),
        ("check", build.is_check),
        ("remote", bool(build.remote)),
        ("template", build.is_template),
    ):
        if is_set:
            table[name] = True
    return table


def relative(path: Path, directory: Path) -> str:
    """Return a path relative to a directory, with slashes."""
    try:
        return Path(os.path.relpath(path, directory)).as_posix()
    except ValueError:
        return path.as_posix()


def _escaped(value: str) -> str:
    return value.replace("${", "$${").replace("%{", "%%{")
