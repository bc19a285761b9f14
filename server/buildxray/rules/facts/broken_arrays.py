"""Arguments that look like a JSON array and are none, which a shell reads, or which are the words of a list of paths."""

from __future__ import annotations

from typing import Final

from buildxray.semantics.build import Instruction
from buildxray.syntax.instructions import Add, Cmd, Copy, Entrypoint, Healthcheck, Run, Volume
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_LIKE_JSON: Final = lazy_regex(
    r"\[(?:['\"\u201c\u2018]|\s+(?P<quote>['\"])[^'\"]*(?P=quote)\s*[,\]]|\s*[\w./:@-]+\s*,[^\]\[]*\]\s*$)"
)
"""The start of an array; after a blank only if the rest looks like one, because `[ "$A" = b ]` is a test of the shell."""

_IN_BRACKETS: Final = lazy_regex(r"\[[\w./-]+(?:\s[^\[\]\"'`$&|;<>]*)?\]\s*")
"""Words in brackets: no shell has a test without a blank after its bracket."""
_ONLY_TEST: Final = lazy_regex(r"\[\s+[\w./][^\[\]\"'`$&|;<>=!]*\s\]\s*")
"""A test of words: a container that starts it ends at once, and a health check that does so may mean it."""
_WITH_ARRAY: Final = (Add, Cmd, Copy, Entrypoint, Healthcheck, Run, Volume)


def broken_array(instruction: Instruction) -> tuple[str, TextRange] | None:
    """The arguments of an instruction that were meant as a JSON array, and their place in the document; None if there are none."""
    node = instruction.node
    if "[" not in node.text or not isinstance(node, _WITH_ARRAY):
        return None
    if node.is_json or not node.arguments or node.problems:
        return None
    arguments = node.arguments[isinstance(node, Healthcheck) :]
    if not arguments:
        return None
    text = node.text[arguments[0].span.start : arguments[-1].span.end]
    is_started = isinstance(node, Cmd | Entrypoint | Healthcheck)
    is_only_test = isinstance(node, Cmd | Entrypoint) and _ONLY_TEST.fullmatch(text) is not None
    if not _LIKE_JSON.match(text) and not (is_started and _IN_BRACKETS.fullmatch(text)) and not is_only_test:
        return None
    return text, TextRange(instruction.range_of(arguments[0]).start, instruction.range_of(arguments[-1]).end)
