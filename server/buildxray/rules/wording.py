"""Words of messages that several rules share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from buildxray.platforms.platform import Platform
from buildxray.toolchains.base import Use

_MOST = 3
"""Names in a list; a message has to fit on a line."""


def listed(names: Iterable[str]) -> str:
    """`` `a`, `b` and `c` ``."""
    return _joined([f"`{it}`" for it in dict.fromkeys(names)])


def platforms(them: Iterable[Platform]) -> str:
    """`linux/amd64 and linux/arm64`."""
    return _joined([str(it) for it in dict.fromkeys(them)])


def commands(uses: Sequence[Use]) -> str:
    """`` `go build` runs `` or `` `go build` and `go install` run ``."""
    titles = dict.fromkeys(it.title for it in uses)
    return f"{listed(titles)} {'runs' if len(titles) == 1 else 'run'}"


def counted(n: int, singular: str, plural: str = "") -> str:
    """`1 RUN step`, `2 RUN steps`."""
    return f"{n} {singular if n == 1 else plural or singular + 's'}"


def _joined(items: list[str]) -> str:
    if len(items) > _MOST:
        items = [*items[: _MOST - 1], f"{len(items) - _MOST + 1} more"]
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
