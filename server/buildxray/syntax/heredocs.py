"""Find the `<<NAME` of each heredoc in an instruction, and the line that ends its body."""

from __future__ import annotations

import re

from buildxray.syntax.instructions import Heredoc, Instruction, Node, Span
from buildxray.syntax.text import TextRange


def heredoc_name_spans(node: Node) -> tuple[Span | None, ...]:
    """The span of the name in each `<<NAME` of an instruction, without dash and quotes, in the order of its heredocs.

    None for a name that is not written literally, for example with an escape token in it.
    """
    spans: list[Span | None] = []
    position = 0
    for heredoc in node.heredocs:
        span = _name_span(node.text, position, heredoc.name)
        spans.append(span)
        position = position if span is None else span.end
    return tuple(spans)


def _name_span(text: str, position: int, name: str) -> Span | None:
    # A `<<` inside quotes announces no heredoc, but a quote may follow `<<`.
    announced = rf"""'[^']*'|"(?:\\.|[^"\\])*"|<<-?[\t\f\r ]*["']?(?P<name>{re.escape(name)})(?![\w.-])"""
    for match in re.compile(announced, re.DOTALL).finditer(text, position):
        if match["name"]:
            return Span(*match.span("name"))
    return None


def terminator_range(text: str, instruction: Instruction, heredoc: Heredoc) -> TextRange | None:
    """The range of the terminator of a heredoc in the document `text`, leading tabs excluded; None if the terminator is missing."""
    start = instruction.body_range(heredoc).end
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].rstrip("\r")
    word = line.lstrip("\t") if heredoc.marker.chomp else line
    if word != heredoc.name:
        return None
    start += len(line) - len(word)
    return TextRange(start, start + len(word))
