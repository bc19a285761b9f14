"""Compose files: what `docker compose build` builds.

Source: docs.docker.com, "Compose Build Specification".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.builds import DeclaredBuild, dockerfile_path, read_platform_list
from buildxray.projects.yaml import load_yaml

FILE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_VARIABLE: Final = re.compile(r"\$\{\w+:?-([^${}]*)\}")


def read_compose(directory: Path) -> Iterator[DeclaredBuild]:
    """The builds of the first Compose file of a directory."""
    for name in FILE_NAMES:
        text = read_project_text(directory / name)
        if text is not None:
            document = load_yaml(text)
            services = document.get("services") if isinstance(document, Mapping) else None
            for service, body in services.items() if isinstance(services, Mapping) else ():
                if isinstance(body, Mapping) and body.get("build") is not None:
                    yield from _builds(directory, name, str(service), body)
            return


def _builds(directory: Path, name: str, service: str, body: Mapping[object, object]) -> Iterator[DeclaredBuild]:
    build = body["build"]
    build = {"context": build} if isinstance(build, str) else build
    if not isinstance(build, Mapping) or "dockerfile_inline" in build:
        return
    context, dockerfile = _text(build.get("context"), "."), _text(build.get("dockerfile"), "Dockerfile")
    path = None if context is None or dockerfile is None else dockerfile_path(directory, context, dockerfile)
    platforms = build.get("platforms") or [body.get("platform")]
    if path is not None:
        yield DeclaredBuild(
            path,
            read_platform_list(_text(it, "") for it in platforms) if isinstance(platforms, list) else (),
            _text(build.get("target"), "") or "",
            tuple(_arguments(build.get("args"))),
            _("{file}, service `{service}`", file=name, service=service),
            is_default=True,
        )


def _arguments(arguments: object) -> Iterator[tuple[str, str]]:
    if isinstance(arguments, Mapping):
        pairs = [(str(key), value) for key, value in arguments.items()]
    else:
        listed = [str(it).partition("=") for it in arguments] if isinstance(arguments, list) else []
        pairs = [(name, value) for name, separator, value in listed if separator]
    for name, value in pairs:
        text = _text(value, None)
        if text is not None:
            yield name, text


def _text(value: object, default: str | None) -> str | None:
    """A scalar with the defaults of its variables; None where the text cannot tell."""
    if value is None:
        return default
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return None
    text = _VARIABLE.sub(r"\1", str(value))
    return None if "$" in text.replace("$$", "") else text.replace("$$", "$")
