"""Decode the fields of a protobuf message.

Only the wire format is read: history records contain two kinds of messages with a dozen fields, for which the library
with its generated code would be the largest dependency of the server. Format: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_VARINT: Final = 0
_FIXED_64: Final = 1
_BYTES: Final = 2
_FIXED_32: Final = 5


class ProtobufError(ValueError):
    """Bytes that are not a message."""


def fields_of(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field, in order; a value is a number or bytes. Raises `ProtobufError`."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_FIXED_64, _FIXED_32):
            length = 8 if kind == _FIXED_64 else 4
        else:
            raise ProtobufError
        if length > len(message) - place:
            raise ProtobufError
        yield number, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ProtobufError
