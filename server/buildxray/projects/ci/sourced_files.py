"""The variables that a script reads from files of the project with `source`: `. ./versions.env`, `source "$(dirname "$0")/common.sh"`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_BYTES: Final = 20_000
"""Limit for a file of variables."""
_ASSIGNMENT: Final = lazy_regex(
    r"^(?:(?:export|readonly|declare(?:[ \t]+-\w+)?)[ \t]+)?(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'#;&|()]*)[ \t]*(?:#[^\n]*)?\r?$"
)
_ANY_ASSIGNMENT: Final = lazy_regex(r"(?<![\w-])(?P<name>[A-Za-z_]\w*)\+?=")
_DEFAULT: Final = lazy_regex(r"\$\{(?P<name>\w+):?[-=](?P<value>[^${}`]*)\}")


def sourced_values(path: Path) -> dict[str, str]:
    """The variables that a file surely sets to a value that it contains: each is assigned once, on a line that is not indented.

    `${NAME:-value}` counts as its default.
    """
    text = read_project_text(path, _MOST_BYTES)
    if text is None:
        return {}
    counts = Counter(it["name"] for it in _ANY_ASSIGNMENT.finditer(text))
    values: dict[str, str] = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.match(line)
        if match is None or counts[match["name"]] > 1:
            continue
        value, is_literal = match["value"].strip("\"'"), match["value"].startswith("'")
        default = None if is_literal else _DEFAULT.fullmatch(value)
        value = value if default is None else default["value"]
        if is_literal or not set("$`\\") & set(value):
            values[match["name"]] = value
    return values
