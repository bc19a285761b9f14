"""Read a log line by line, whatever its size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

LONGEST_LINE: Final = 1024 * 1024
"""Code points; the rest of a longer line is dropped. A line of rawjson may contain a whole Dockerfile."""
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of UTF-16."""
_N_TELLING: Final = 32
"""The number of bytes that decide on the encoding."""


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """The lines of a log without line ends, decoded as UTF-8 or as UTF-16, which PowerShell writes.

    Only a newline ends a line. A no-break space, which text copied from web pages contains, is read as a space. The
    stream must be buffered.
    """
    beginning = stream.peek(_N_TELLING)[:_N_TELLING] if isinstance(stream, io.BufferedReader) else b""
    text = io.TextIOWrapper(stream, _encoding(beginning), errors="replace", newline="\n")
    try:
        while line := text.readline(LONGEST_LINE):
            rest = line
            while rest and rest[-1] != "\n":
                # The end of the log, or a line that is too long: its rest is left out.
                rest = text.readline(LONGEST_LINE)
            yield line.rstrip("\r\n").replace("\xa0", " ")
    finally:
        # The stream belongs to the caller.
        text.detach()


def _encoding(beginning: bytes) -> str:
    """The encoding of a log by its first bytes: in UTF-16 without a mark, each second byte of BuildKit's output is zero."""
    if beginning[:2] in _UTF_16:
        return "utf-16"
    even, odd = beginning[::2], beginning[1::2]
    if odd and not any(odd) and all(even[: len(odd)]):
        return "utf-16-le"
    if odd and not any(even) and all(odd):
        return "utf-16-be"
    return "utf-8"
