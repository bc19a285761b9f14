"""The settings that a project keeps in a file: `buildxray.toml`, or `[tool.buildxray]` in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.files.reading import read_project_text, read_text
from buildxray.ide.settings import SettingProblem, Settings, read_settings
from buildxray.localization import _

FILE_NAMES: Final = ("buildxray.toml", "pyproject.toml")


class Configuration(NamedTuple):
    """What the nearest configuration file says."""

    path: Path | None
    """None where there is none."""
    settings: Settings
    problems: tuple[str, ...]
    """Each with file and line; what it is about has its default."""


def find_configuration(directory: Path) -> Configuration:
    """The configuration that is in force in a directory: its own, or that of the nearest directory above it."""
    for candidate in (directory, *directory.parents):
        for name in FILE_NAMES:
            path = candidate / name
            text = read_project_text(path)
            found = None if text is None else _read(path, text)
            if found is not None:
                return found
    return Configuration(None, Settings(), ())


def read_configuration(path: Path) -> Configuration:
    """Read a file that the user has named, whatever its name. Raises `ReadError`."""
    return _read(path, read_text(path)) or Configuration(path, Settings(), ())


def _read(path: Path, text: str) -> Configuration | None:
    """None for a `pyproject.toml` that says nothing of buildxray."""
    is_own = path.name != "pyproject.toml"
    if not is_own and "tool.buildxray" not in text:
        return None
    # Loaded where there is a file to read only.
    import tomlkit  # noqa: PLC0415

    try:
        table: Any = tomlkit.parse(text).unwrap()
    except tomlkit.exceptions.TOMLKitError as error:
        place = f"{path}:{getattr(error, 'line', 1)}"
        return Configuration(path, Settings(), (_("{place}: no valid TOML: {error}", place=place, error=error),))
    if not is_own:
        tools = table.get("tool")
        table = tools.get("buildxray") if isinstance(tools, Mapping) else None
        if table is None:
            return None
    settings, problems = read_settings(table, prefix="")
    if settings.locale:
        settings = replace(settings, locale="")
        message = _("`{name}` is not a setting of a file; it belongs to the editor", name="locale")
        problems += (SettingProblem("locale", message),)
    return Configuration(path, settings, tuple(f"{path}:{_line(text, it.name)}: {it.message}" for it in problems))


def _line(text: str, name: str) -> int:
    """The 1-based line in which a setting is written; the first where it cannot be found."""
    place = re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=", text, re.MULTILINE) if name else None
    return 1 if place is None else text.count("\n", 0, place.end()) + 1
