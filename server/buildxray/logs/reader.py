"""Read a log of any form from a file or a text."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from buildxray.files.archives import is_gzip
from buildxray.files.reading import ReadError, open_stream
from buildxray.localization import gettext_lazy as _
from buildxray.logs.escapes import without_sequences
from buildxray.logs.lines import lines_of
from buildxray.logs.model import NOT_A_LOG, Log, LogError
from buildxray.logs.plain import PlainReader
from buildxray.logs.rawjson import RawJsonReader
from buildxray.logs.record import read_record
from buildxray.logs.stamps import Stamps
from buildxray.logs.targets import separated
from buildxray.logs.tty import TtyReader
from buildxray.logs.wrapped import unwrapped

_BEGINNING: Final = 2_000
"""Lines from which the prefix of a CI system is learned."""


def read_log(path: Path) -> Log:
    """Read a log from a file. Raises `LogError`."""
    try:
        with open_stream(path) as stream:
            return read_stream(stream)
    except ReadError as error:
        raise LogError(_("{reason}", reason=error)) from error
    except OSError as error:
        raise LogError(_("cannot be read: {reason}", reason=error.strerror or error)) from error


def modified(path: Path) -> float | None:
    """The time at which a log was written, in seconds since 1970; None if the system does not report it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def read_log_text(text: str) -> Log:
    """Read a log from a text, such as a clipboard. Raises `LogError`."""
    return read_stream(io.BufferedReader(io.BytesIO(text.encode("utf-8", "replace"))))


def read_stream(stream: BinaryIO) -> Log:
    """Read a log from a buffered stream, in one pass and with bounded memory. Raises `LogError`."""
    if is_gzip(stream):
        return read_record(stream)
    return _read_lines(unwrapped(lines_of(stream)))


def _read_lines(lines: Iterator[str]) -> Log:
    beginning = deque(_taken(lines, _BEGINNING))
    stamps = Stamps(without_sequences(it) for it in beginning)
    plain, tty, rawjson = PlainReader(), TtyReader(), RawJsonReader()
    n_prefix = 0
    skipped = ""
    for raw in _chained(beginning, lines):
        if plain.is_output(raw, n_prefix):
            # The output of commands is most of a log, and only the time of its last line is used.
            skipped = raw
            continue
        if skipped:
            _read_skipped(skipped, stamps, plain)
            skipped = ""
        line = raw
        if "\r" in line:
            # GitLab marks sections by text that a carriage return overwrites.
            line = line.rpartition("\r")[2] or line.replace("\r", "")
        if "=>" in line or "[+]" in line:
            _stamp, shown = stamps.strip(line.replace("\x1b[0K", ""))
            if not shown.startswith(("#", "{")) and tty.read(shown):
                continue
        if "\x1b" in line:
            line = without_sequences(line)
        stamp, line = stamps.strip(line)
        if line.startswith("{"):
            rawjson.read(line)
        elif plain.read(line, stamp):
            n_prefix = len(raw) - len(line)
    if skipped:
        _read_skipped(skipped, stamps, plain)
    builds = [*rawjson.builds(), *plain.builds(), *tty.builds()]
    if not builds:
        raise LogError(NOT_A_LOG)
    return Log(tuple(one for it in builds for one in separated(it)), plain.n_broken + rawjson.n_broken)


def _read_skipped(line: str, stamps: Stamps, plain: PlainReader) -> None:
    stamp, text = stamps.strip(line)
    plain.read(text, stamp)


def _taken(lines: Iterator[str], n_lines: int) -> Iterator[str]:
    for _number, line in zip(range(n_lines), lines, strict=False):
        yield line


def _chained(beginning: deque[str], rest: Iterator[str]) -> Iterator[str]:
    while beginning:
        yield beginning.popleft()
    yield from rest
