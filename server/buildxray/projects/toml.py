"""TOML as plain data, by the library of Python."""

from __future__ import annotations

import sys
from typing import Any, Final

from buildxray.localization import _

_MOST_DOTS: Final = 5_000
"""Limit for the dots of a line; the library takes quadratic time to read a dotted key."""


def parse_toml(text: str) -> dict[str, Any]:
    """The table that a TOML text describes. Raises `ValueError`, also for a text that is nested too deeply."""
    # Imported late: it is needed only if there is a file.
    if sys.version_info >= (3, 11):
        import tomllib as toml  # noqa: PLC0415
    else:
        import tomli as toml  # noqa: PLC0415

    if max((it.count(".") for it in text.splitlines()), default=0) > _MOST_DOTS:
        raise ValueError(_("nested too deeply"))
    try:
        table: dict[str, Any] = toml.loads(text)
    except RecursionError as error:
        raise ValueError(_("nested too deeply")) from error
    return table
