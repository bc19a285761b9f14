"""Words of messages that several rules share."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform
from buildxray.semantics.build import KnownCommand

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


def advice(image: str, commands: Iterable[KnownCommand]) -> list[str]:
    """How to cross-compile by hand where no edit can: a sentence for each toolchain of these commands.

    `image` is the full name of the image at the root of the stage.
    """
    install = "xx-apk add gcc musl-dev" if "alpine" in image else "xx-apt-get install -y gcc libc6-dev"
    uses = [it.use for it in commands]
    templates = dict.fromkeys(it.toolchain.advice for it in uses if it.toolchain.advice and not it.is_native_only)
    return [_(it, install=install) for it in templates]
