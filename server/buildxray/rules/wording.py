"""Words of messages that several rules share."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform

_MOST = 3
"""The number of names in a list; a message must fit on a line."""


def listed(names: Iterable[str], *, most: int = _MOST) -> str:
    """`` `a`, `b` and `c` ``; of more than `most` names the first ones, and how many more there are."""
    return joined((f"`{it}`" for it in dict.fromkeys(names)), most=most)


def platforms(them: Iterable[Platform]) -> str:
    """The platforms in words: `linux/amd64 and linux/arm64`."""
    return joined(str(it) for it in dict.fromkeys(them))


def joined(parts: Iterable[str], *, most: int = _MOST) -> str:
    """`a, b and c`; of a long list the first ones, and how many more there are."""
    items = [*parts]
    if len(items) > most:
        n_more = len(items) - most + 1
        items = [*items[: most - 1], ngettext("{n} more", "{n} more", n_more)]
    if len(items) < 2:
        return "".join(items)
    return _("{items} and {last}", items=_(", ").join(items[:-1]), last=items[-1])
