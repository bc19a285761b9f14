"""Edits of the name of a file that names an architecture, wherever a stage names the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.semantics.build import Command, Instruction, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS, ShellWord
from buildxray.syntax.text import TextRange


def places_in(instruction: Instruction, architecture: str) -> set[TextRange]:
    """The places in which an instruction names an architecture, without those that name no file."""
    if Mention.ARCHITECTURE not in instruction.mentions:
        return set()
    text, start = instruction.build.text, instruction.syntax.start
    places = {
        TextRange(start + begin, start + end)
        for begin, end, name in named_architectures(text[start : instruction.syntax.end])
        if name == architecture
    }
    return places - _compared(instruction) if isinstance(instruction, Run) else places


def can_expand(instruction: Instruction, places: set[TextRange]) -> bool:
    """True if the shell of a RUN expands a variable in all of these places."""
    if not isinstance(instruction, Run) or instruction.node.heredocs or instruction.node.is_json:
        return False
    words = [
        (instruction.shell_range(word.range), word)
        for it in instruction.commands
        for word in it.syntax.words
        if it.syntax.is_writable
    ]
    return all(
        any(range_.start <= it.start and it.end <= range_.end and "'" not in word.text for range_, word in words)
        for it in places
    )


def _compared(run: Run) -> set[TextRange]:
    """The places of architectures that a test or a text program compares or replaces: `[ "$TARGETARCH" = amd64 ]`, `sed s/amd64/x86_64/`."""
    text = run.build.text
    ranges = (run.shell_range(word.range) for command in run.commands for word in _patterns(command))
    return {
        TextRange(range_.start + start, range_.start + end)
        for range_ in ranges
        for start, end, _name in named_architectures(text[slice(*range_)])
        if _IN_NAME.fullmatch(text[range_.start + start - 1]) is None
        and _IN_NAME.fullmatch(text[range_.start + end : range_.start + end + 1]) is None
    }


def _patterns(command: Command) -> Iterator[ShellWord]:
    """The operands of a comparison, and the words of a program that searches or edits text."""
    words = command.syntax.words
    if command.name in _TEXT_PROGRAMS:
        yield from words[1:]
    elif command.name in TESTS:
        for left, operator, right in zip(words, words[1:], words[2:], strict=False):
            if operator.text in _COMPARING:
                yield from (left, right)


_COMPARING: Final = frozenset({"=", "==", "!=", "=~"})
_TEXT_PROGRAMS: Final = frozenset({"awk", "egrep", "expr", "fgrep", "gawk", "grep", "rg", "sed", "tr"})
_IN_NAME: Final = lazy_regex(r"[\w.+-]")
"""A character that makes what is beside it a part of the name of a file."""
