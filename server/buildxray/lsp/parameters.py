"""The parameters of requests that the protocol does not know."""

from __future__ import annotations

from collections.abc import Mapping


def get(params: object, name: str) -> object:
    """A field of parameters, which pygls makes objects of."""
    return params.get(name) if isinstance(params, Mapping) else getattr(params, name, None)
