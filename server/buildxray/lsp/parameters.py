"""Parameters of custom requests."""

from __future__ import annotations

from collections.abc import Mapping


def get(params: object, name: str) -> object:
    """A field of parameters, which pygls turns into objects."""
    return params.get(name) if isinstance(params, Mapping) else getattr(params, name, None)
