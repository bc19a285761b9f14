"""YAML as data, without anything that it could execute."""

from __future__ import annotations

from typing import Any


def load_yaml(text: str) -> Any:  # noqa: ANN401 - what YAML holds
    """The first document of a text; None for one that cannot be read, as while it is being typed."""
    # Loaded where there is a file to read only.
    from ruamel.yaml import YAML  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(text)
    except Exception:  # noqa: BLE001 - wrong dates and the like raise more than the library's own errors
        return None
