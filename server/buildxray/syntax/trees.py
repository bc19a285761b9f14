"""Parse with tree-sitter for a limited time, since its error recovery takes quadratic time on some texts."""

from __future__ import annotations

import time
from threading import local
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

SECONDS: Final = 0.5
"""Processor time of the thread, as others may be at work meanwhile; a correct script of 60 KB takes a tenth of it."""

_SHORT: Final = 1024
"""Bytes that are parsed without a limit: in 20 ms at most, and correct ones in two thirds of the time that callbacks need."""
_CHUNK: Final = 1 << 16
_FREE_QUESTIONS: Final = 16
"""Calls of the progress callback without a look at the clock. The library calls it about once per 80 bytes."""


class _Parsers(local):
    """The parsers of one thread: the library parses without Python's lock, and two threads in one parser end the process."""

    def __init__(self) -> None:
        self.of: dict[Language, Parser] = {}


_parsers: Final = _Parsers()


def parse_tree(language: Language, source: bytes) -> Node | None:
    """The root of the syntax tree; None if parsing takes too long. Threads may call it at the same time."""
    # A parser that stops before the end, for whatever reason, would resume its text at the next call: only one that ends is kept.
    parser = _parsers.of.pop(language, None) or _new_parser(language)
    if len(source) <= _SHORT:
        tree = parser.parse(source)
        _parsers.of[language] = parser
        return tree.root_node
    end = 0.0
    n_asked = 0

    def is_over(*_state: object) -> bool:
        # Reading the clock takes about as long as parsing a line, and most scripts are short.
        nonlocal end, n_asked
        n_asked += 1
        if n_asked < _FREE_QUESTIONS:
            return False
        now = time.thread_time()
        end = end or now + SECONDS
        return now > end

    try:
        # The library calls the progress callback only if the source is given as a function.
        tree = parser.parse(
            lambda offset, _point: source[offset : offset + _CHUNK],
            progress_callback=is_over,
        )
    except ValueError:
        return None
    _parsers.of[language] = parser
    return tree.root_node


def _new_parser(language: Language) -> Parser:
    # Imported late: with a language, the library is there.
    from tree_sitter import Parser  # noqa: PLC0415

    return Parser(language)
