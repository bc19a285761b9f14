"""Parsing with tree-sitter for a limited time: it takes quadratic time to recover from the errors of some texts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SECONDS: Final = 0.5
"""Processor time; a script of 60 KB without mistakes takes a tenth of it."""

_CHUNK: Final = 1 << 16
_FREE_QUESTIONS: Final = 16
"""The library asks whether to go on about once for each 80 bytes."""


def parse_tree(parser: Parser, source: bytes) -> Node | None:
    """The root of the tree of a text; None where the parser takes too long."""
    end = 0.0
    n_asked = 0

    def is_over(*_state: object) -> bool:
        # A look at the clock takes about as long as a line of a script, and most scripts are short.
        nonlocal end, n_asked
        n_asked += 1
        if n_asked < _FREE_QUESTIONS:
            return False
        now = time.process_time()
        end = end or now + SECONDS
        return now > end

    try:
        # The library asks whether to go on only where it reads by a function.
        tree = parser.parse(
            lambda offset, _point: source[offset : offset + _CHUNK],
            progress_callback=is_over,
        )
    except ValueError:
        # It would go on with this text.
        parser.reset()
        return None
    return tree.root_node
