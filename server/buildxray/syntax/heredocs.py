"""Where an instruction announces its heredocs, and where the lines are that end them."""

from __future__ import annotations

import re

from buildxray.syntax.instructions import Heredoc, Instruction, Node, Span
from buildxray.syntax.text import TextRange


def heredoc_name_spans(node: Node) -> tuple[Span | None, ...]:
    """The name in each `<<NAME` of an instruction, without dash and quotes, in the order of its heredocs.

    None for a name that is written in another way than it reads, with an escape token for example.
    """
    spans: list[Span | None] = []
    position = 0
    for heredoc in node.heredocs:
        span = _name_span(node.text, position, heredoc.name)
        spans.append(span)
        position = position if span is None else span.end
    return tuple(spans)


def _name_span(text: str, position: int, name: str) -> Span | None:
    # What is quoted announces nothing, unless the quote follows the sign.
    announced = rf"""'[^']*'|"(?:\\.|[^"\\])*"|<<-?[\t\f\r ]*["']?(?P<name>{re.escape(name)})(?![\w.-])"""
    for match in re.compile(announced, re.DOTALL).finditer(text, position):
        if match["name"]:
            return Span(*match.span("name"))
    return None


def terminator_range(text: str, instruction: Instruction, heredoc: Heredoc) -> TextRange | None:
    """The word that ends a heredoc, in the document `text`, tabs before it left out; None where it is missing."""
    start = instruction.body_range(heredoc).end
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].rstrip("\r")
    word = line.lstrip("\t") if heredoc.marker.chomp else line
    if word != heredoc.name:
        return None
    start += len(line) - len(word)
    return TextRange(start, start + len(word))
