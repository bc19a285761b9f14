"""The words of an instruction that BuildKit expands, in its order, with the ranges of their variables.

BuildKit: instructions/commands.go, the methods Expand and ExpandRaw; commands_runmount.go, parseMount.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import (
    Add,
    Copying,
    Instruction,
    Node,
    OneValue,
    Run,
    Span,
    Token,
    Volume,
    WithPairs,
    of_node,
)
from buildxray.syntax.lexer import Word, lex
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.text import TextRange


class ExpandedWord(NamedTuple):
    """One word that is expanded."""

    word: Word
    span: Span | None
    """The span of the word in the node; None for the body of a heredoc."""
    start: int
    """The offset of the body of a heredoc, relative to the start of the instruction; else 0."""
    is_exact: bool
    """True if each character of the word is at its own place in `span`; False if quotes or escapes were removed."""

    def place(self, instruction: Instruction, range_: TextRange) -> TextRange:
        """The range in the document of a range of the word; the whole word if `is_exact` is False."""
        if self.span is None:
            return range_.shifted(instruction.start + self.start)
        if not self.is_exact:
            return instruction.range_of(self.span)
        start = self.span.start
        return instruction.range_of(Span(start + range_.start, start + range_.end))

    @property
    def used(self) -> dict[str, TextRange]:
        """The variables that BuildKit looks up, each with the range of the first use of its name.

        For a word that cannot be expanded, only the variables before the error.
        """
        uses = self.word.uses
        if self.word.problem is not None:
            text = self.word.text
            uses = tuple(
                it
                for it in uses
                if text[it.name_range.start - 1] != "{" or text[it.name_range.end : it.name_range.end + 1] == "}"
            )
        ranges: dict[str, TextRange] = {}
        for it in uses:
            ranges.setdefault(it.name, it.name_range)
        return ranges


@of_node
def expanded_words(node: Node, escape: str) -> tuple[ExpandedWord, ...]:
    """The words of a node. Default values of ARG are read by `default_word` instead."""
    return tuple(_words(node, escape))


def default_word(token: Token, escape: str) -> ExpandedWord:
    """The default value of an ARG, or a word of a FROM."""
    return _word(token, escape)


def _words(node: Node, escape: str) -> Iterator[ExpandedWord]:
    if "$" in node.text:
        yield from (_word(it, escape) for it in _tokens(node))
    if isinstance(node, Copying):
        for heredoc in node.heredocs:
            if heredoc.marker.expand:
                yield ExpandedWord(lex(heredoc.content, quotes=False), None, heredoc.start, is_exact=True)


def _tokens(node: Node) -> Iterator[Token]:
    match node:
        case Copying():
            names = ("chown", "chmod", "checksum") if isinstance(node, Add) else ("chown", "chmod")
            flags = [flag for name in names if (flag := node.flag(name)) is not None]
            yield from (it.value for it in flags if it.value is not None)
            yield from (it for it in node.arguments if heredoc_marker(it.text) is None)
        case WithPairs():
            for pair in node.pairs:
                yield from (it for it in (pair.name, pair.value) if it is not None)
        case OneValue() | Volume():
            yield from node.arguments
        case Run():
            with suppress(MountSyntaxError):
                for flag in node.mounts:
                    yield from (it.value for it in mount_options(flag) if it.value is not None)
        case _:
            pass


def _word(token: Token, escape: str) -> ExpandedWord:
    is_exact = len(token.text) == token.span.end - token.span.start
    return ExpandedWord(lex(token.text, escape), token.span, 0, is_exact)
