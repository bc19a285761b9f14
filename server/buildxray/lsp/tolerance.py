"""Accept messages without document versions, which some clients leave out against the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.protocol import default_converter

if TYPE_CHECKING:
    from cattrs import Converter

_NONE: Final = -1
"""Replaces a missing version; clients count from 0 or 1."""


def tolerant_converter() -> Converter:
    """A converter that reads messages as pygls does, and accepts documents without versions."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]

    def item(raw: dict[str, Any], _type: type) -> types.TextDocumentItem:
        return types.TextDocumentItem(raw["uri"], raw.get("languageId") or "", _version(raw), raw["text"])

    def identifier(raw: dict[str, Any], _type: type) -> types.VersionedTextDocumentIdentifier:
        return types.VersionedTextDocumentIdentifier(_version(raw), raw["uri"])

    converter.register_structure_hook(types.TextDocumentItem, item)
    converter.register_structure_hook(types.VersionedTextDocumentIdentifier, identifier)
    return converter


def version(document: types.TextDocumentItem | types.VersionedTextDocumentIdentifier) -> int | None:
    """The version of a document; None if the client sends none."""
    return None if document.version == _NONE else document.version


def _version(raw: dict[str, Any]) -> int:
    given = raw.get("version")
    return given if isinstance(given, int) else _NONE
