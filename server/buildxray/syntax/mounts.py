"""Split the options of `RUN --mount=…`; `plan.mounts` interprets them.

BuildKit: frontend/dockerfile/instructions/commands_runmount.go, parseMount.
"""

from __future__ import annotations

import csv
from typing import NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _
from buildxray.syntax.instructions import Flag, Span, Token


class MountSyntaxError(Exception):
    """Raised when a value is not a list of `key=value` fields; the message gives the reason."""


class MountOption(NamedTuple):
    """`key=value` or `key`."""

    key: str
    """The key in lower case."""
    value: Token | None
    """The value with unexpanded variables."""
    field: str
    """The whole field as written."""
    key_span: Span
    """The span of the key; the whole value of the flag if its quotes prevent an exact one."""


def csv_fields(text: str) -> list[str]:
    """Split one line of CSV into fields; raises `MountSyntaxError`."""
    if not text:
        raise MountSyntaxError(_("the value is empty"))
    if '"' not in text:
        return text.split(",")
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise MountSyntaxError(_("a quote is misplaced")) from error
    fields = rows[0] if rows else []
    if any('"' in it for it in fields) and not text.startswith('"'):
        raise MountSyntaxError(_("a quote is misplaced"))
    return fields


def mount_values(flag: Flag) -> dict[str, str]:
    """The values of the options of a `--mount` flag by their keys, without options that have none; raises `MountSyntaxError`."""
    return {it.key: it.value.text for it in mount_options(flag) if it.value is not None}


def context_source(flag: Flag) -> Token | None:
    """The path of the build context that a `--mount` binds, empty for the whole context; None for another mount.

    Raises `MountSyntaxError`.
    """
    options = {it.key: it.value or Token("", flag.span) for it in mount_options(flag)}
    kind = options.get("type")
    if (kind is not None and kind.text != "bind") or "from" in options:
        return None
    sources = (options.get(key) for key in ("source", "src"))
    return next((it for it in sources if it is not None and it.text), Token("", flag.span))


def mount_target(flag: Flag) -> Token | None:
    """The directory at which a `--mount` is, with unexpanded variables; None if no option names one. The last one counts; raises `MountSyntaxError`."""
    named = (it.value for it in reversed(mount_options(flag)) if it.key in ("destination", "dst", "target"))
    return next((it for it in named if it is not None and it.text), None)


@cached(1024)
def mount_options(flag: Flag) -> tuple[MountOption, ...]:
    """Split the value of a `--mount` flag into options; raises `MountSyntaxError`."""
    value = flag.value or Token("", Span(flag.span.end, flag.span.end))
    options: list[MountOption] = []
    position = value.span.start
    for field in csv_fields(value.text):
        key, separator, text = field.partition("=")
        start = min(position + len(key) + 1, value.span.end)
        span = Span(start, min(start + len(text), value.span.end))
        is_exact = len(value.text) == value.span.end - value.span.start
        key_span = Span(position, position + len(key)) if is_exact else value.span
        options.append(MountOption(key.lower(), Token(text, span) if separator else None, field, key_span))
        position += len(field) + 1
    return tuple(options)
