"""Unwrap lines that a log collector stores as JSON objects, one per line: Docker's json-file driver, Fluent Bit, Cloud Logging."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_TEXTS: Final = ("log", "message", "msg", "line", "textPayload")
"""Names of the JSON member with the text of the line."""
_TIMES: Final = ("time", "timestamp", "@timestamp", "ts")
_OF_BUILDKIT: Final = ('{"vertexes":', '{"statuses":', '{"logs":', '{"warnings":')
_LONGEST_LINE: Final = 1024 * 1024
"""The longest joined line in characters; Docker splits lines after 16 KiB."""


def unwrapped(lines: Iterator[str]) -> Iterator[str]:
    """The lines that a collector received, each after its time stamp; other lines unchanged."""
    parts = _Parts()
    for line in lines:
        wrapped = _read(line) if line.startswith("{") and not line.startswith(_OF_BUILDKIT) else None
        if wrapped is None:
            yield from parts.flush()
            yield line
        else:
            yield from parts.add(wrapped)
    yield from parts.flush()


class _Wrapped(NamedTuple):
    """One object of a collector."""

    text: str
    """One line, several lines, or a part of one."""
    stamp: str
    is_part: bool
    """True if the next object continues the line."""


class _Parts:
    """Joins the parts of long lines."""

    def __init__(self) -> None:
        self._stamp = ""
        self._text = ""

    def add(self, wrapped: _Wrapped) -> Iterator[str]:
        """Effect: add an object; returns the lines that it completes."""
        if not self._text:
            self._stamp = wrapped.stamp
        self._text = (self._text + wrapped.text)[:_LONGEST_LINE]
        if not wrapped.is_part:
            yield from self.flush()

    def flush(self) -> Iterator[str]:
        """The lines that are still buffered."""
        text, self._text = self._text, ""
        for it in text.removesuffix("\n").split("\n") if text else ():
            line = it.rstrip("\r")
            yield f"{self._stamp} {line}" if self._stamp else line


def _read(line: str) -> _Wrapped | None:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict):
        return None
    name = next((it for it in _TEXTS if isinstance(members.get(it), str)), None)
    if name is None:
        return None
    text: str = members[name]
    return _Wrapped(text, _stamp(members), is_part=name == "log" and "stream" in members and not text.endswith("\n"))


def _stamp(members: Mapping[str, object]) -> str:
    """The time of a line as written; empty if it is not in the form of ISO 8601."""
    times = (members.get(it) for it in _TIMES)
    return next((it for it in times if isinstance(it, str) and it[4:5] == "-" and it[10:11] in ("T", " ")), "")
