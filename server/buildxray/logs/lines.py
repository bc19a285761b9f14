"""Lines of a log, one after the other, whatever its size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

LONGEST_LINE: Final = 1024 * 1024
"""Characters; what is longer is cut. The rawjson form has long lines: one may hold a whole Dockerfile."""
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """The lines of a log without line ends. UTF-8, or UTF-16 with its mark, as PowerShell writes it.

    Only a newline ends a line. The stream has to be buffered.
    """
    beginning = stream.peek(2)[:2] if isinstance(stream, io.BufferedReader) else b""
    encoding = "utf-16" if beginning in _UTF_16 else "utf-8"
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="\n")
    try:
        while line := text.readline(LONGEST_LINE):
            rest = line
            while rest and rest[-1] != "\n":
                # The end of the log, or a line that is too long: its rest is left out.
                rest = text.readline(LONGEST_LINE)
            yield line.rstrip("\r\n")
    finally:
        # The stream belongs to the caller.
        text.detach()
