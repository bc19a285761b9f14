"""The settings that a project keeps in a file: `buildxray.toml`, or `[tool.buildxray]` in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.files.reading import exists, read_project_text, read_text
from buildxray.ide.settings import SettingProblem, Settings, read_settings
from buildxray.localization import _
from buildxray.projects.toml import parse_toml
from buildxray.records import replace
from buildxray.syntax.lazy_regex import lazy_regex

FILE_NAMES: Final = ("buildxray.toml", "pyproject.toml")
_KEYS: Final = r"""(?P<keys>(?:[\w-]+|"[^"]*"|'[^']*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"]*"|'[^']*'))*)"""
_HEADER: Final = lazy_regex(rf"[ \t]*\[[ \t]*{_KEYS}[ \t]*\]")
_ASSIGNMENT: Final = lazy_regex(rf"[ \t]*{_KEYS}[ \t]*=")


_MOST_PROBLEMS: Final = 20
"""Messages about one file; each looks for its line in the text."""


class Configuration(NamedTuple):
    """The settings of the nearest configuration file."""

    path: Path | None
    """The configuration file; None if there is none."""
    settings: Settings
    problems: tuple[str, ...]
    """Messages with file and line; the settings named in them keep their defaults."""


def find_configuration(directory: Path) -> Configuration:
    """The configuration in force in a directory: its own, or that of the nearest parent directory."""
    for candidate in (directory, *directory.parents):
        for name in FILE_NAMES:
            path = candidate / name
            text = read_project_text(path)
            configuration = None if text is None else _read(path, text)
            if configuration is not None:
                return configuration
    return Configuration(None, Settings(), ())


def has_configuration(directory: Path) -> bool:
    """True if `find_configuration` reads a file for this directory."""
    return any(exists(it / name) for it in (directory, *directory.parents) for name in FILE_NAMES)


def read_configuration(path: Path) -> Configuration:
    """Read a file that the user has named, whatever its name. Raises `ReadError`."""
    return _read(path, read_text(path)) or Configuration(path, Settings(), ())


def _read(path: Path, text: str) -> Configuration | None:
    """Read one file; None for a `pyproject.toml` without a table for buildxray. Raises `ReadError`."""
    is_own = path.name != "pyproject.toml"
    if not is_own and "buildxray" not in text:
        return None
    try:
        table: Any = parse_toml(text)
    except ValueError as error:
        place = f"{path}:{_line_of_error(text, str(error))}"
        return Configuration(path, Settings(), (_("{place}: invalid TOML: {error}", place=place, error=error),))
    if not is_own:
        tools = table.get("tool")
        table = tools.get("buildxray") if isinstance(tools, Mapping) else None
        if table is None:
            return None
    settings, problems = read_settings(table, prefix="")
    if settings.locale:
        settings = replace(settings, locale="")
        message = _("`{name}` can be set in an editor, but not in a file", name="locale")
        problems += (SettingProblem("locale", message),)
    header = () if is_own else ("tool", "buildxray")
    return Configuration(
        path,
        settings,
        tuple(f"{path}:{_line(text, header, it.name)}: {it.message}" for it in problems[:_MOST_PROBLEMS]),
    )


def _line_of_error(text: str, message: str) -> int:
    """The 1-based line that a message of the TOML parser names; the last line of the text for its end."""
    line = re.search(r"\(at line (\d+), column \d+\)$", message)
    return int(line[1]) if line is not None else text.rstrip("\n").count("\n") + 1


def _line(text: str, table: tuple[str, ...], name: str) -> int:
    """The 1-based line that sets a name in a table; without such a line, that of the nearest enclosing table."""
    wanted = (*table, name)
    inside: tuple[str, ...] = ()
    nearest, line_of_nearest = 0, 1
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        assignment = _ASSIGNMENT.match(line) if header is None else None
        if header is not None:
            keys = inside = _keys(header["keys"])
        elif assignment is not None:
            keys = (*inside, *_keys(assignment["keys"]))
        else:
            continue
        if keys[: len(wanted)] == wanted:
            return number
        if len(keys) > nearest and wanted[: len(keys)] == keys:
            nearest, line_of_nearest = len(keys), number
    return line_of_nearest


def _keys(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, quotes removed."""
    return tuple(it.strip().strip("\"'") for it in dotted.split("."))
