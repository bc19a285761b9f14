"""Words of messages that several rules share."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform

_MOST = 3
"""Names in a list; a message has to fit on a line."""


def listed(names: Iterable[str]) -> str:
    """`` `a`, `b` and `c` ``."""
    return joined(f"`{it}`" for it in dict.fromkeys(names))


def platforms(them: Iterable[Platform]) -> str:
    """`linux/amd64 and linux/arm64`."""
    return joined(str(it) for it in dict.fromkeys(them))


def joined(parts: Iterable[str]) -> str:
    """`a, b and c`; of a long list the first ones, and how many more there are."""
    items = [*parts]
    if len(items) > _MOST:
        n_more = len(items) - _MOST + 1
        items = [*items[: _MOST - 1], ngettext("{n} more", "{n} more", n_more)]
    if len(items) < 2:
        return "".join(items)
    return _("{items} and {last}", items=_(", ").join(items[:-1]), last=items[-1])
