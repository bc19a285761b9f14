"""Read files from a gzipped tar archive of unknown origin, without writing anything to disk.

Names in the archive are compared but never opened, so paths that lead out of it are harmless. The
unpacked size is bounded.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final

from buildxray.files.reading import ReadError
from buildxray.localization import _

_LARGEST_FILE: Final = 64 * 1024 * 1024
_LARGEST_ARCHIVE: Final = 512 * 1024 * 1024
_MOST_FILES: Final = 10_000
_LARGEST_HEADER: Final = 1024
"""Bytes of a long name or of attributes before a file. History records need neither, and tarfile takes quadratic time for attributes."""
_EXTENDED: Final = frozenset(
    (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
)
_GZIP: Final = b"\x1f\x8b"


def is_gzip(stream: BinaryIO) -> bool:
    """True if a buffered stream begins as a gzipped file does."""
    return isinstance(stream, io.BufferedReader) and stream.peek(2)[:2] == _GZIP


def read_members(stream: BinaryIO, names: Iterable[str]) -> dict[str, bytes]:
    """Read regular files of a gzipped tar archive by name; missing ones are left out.

    The stream is read from its start. Raises `ReadError` for a text that is not such an archive, for a file of more
    than 64 MB, for attributes of more than 1 KB, and after 512 MB unpacked or 10 000 files skipped.
    """
    wanted = {*names}
    contents: dict[str, bytes] = {}
    try:
        stream.seek(0)
        with (
            gzip.GzipFile(fileobj=stream, mode="rb") as unpacked,
            tarfile.open(fileobj=_Bounded(unpacked), mode="r|", bufsize=1 << 16, tarinfo=_Member) as archive,
        ):
            for number, member in enumerate(archive):
                if number >= _MOST_FILES or member.size > _LARGEST_ARCHIVE:
                    raise _too_large()
                name = member.name.removeprefix("./")
                if name not in wanted or not member.isfile():
                    continue
                if member.size > _LARGEST_FILE:
                    raise _too_large()
                file = archive.extractfile(member)
                if file is not None:
                    contents[name] = file.read(_LARGEST_FILE)
                if len(contents) == len(wanted):
                    break
    except (EOFError, OSError, RecursionError, ValueError, tarfile.TarError, zlib.error) as error:
        raise ReadError(_("not a gzipped tar archive, or a broken one")) from error
    return contents


class _Member(tarfile.TarInfo):
    """A header of an archive; those that tarfile would read into memory are bounded."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        member = super().frombuf(buf, encoding, errors)
        if member.type in _EXTENDED and member.size > _LARGEST_HEADER:
            raise ReadError(_("not a gzipped tar archive, or a broken one"))
        return member


class _Bounded(io.RawIOBase):
    """A stream that raises an error after the largest permitted size."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = _LARGEST_ARCHIVE

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(content)
        if self._left <= 0:
            raise _too_large()
        return content


def _too_large() -> ReadError:
    return ReadError(_("an archive of more than {n} MB after decompression is not read", n=_LARGEST_ARCHIVE >> 20))
