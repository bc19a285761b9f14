"""A shell text for tree-sitter-bash, with the mapping of its characters to the source of the instruction.

Some texts are changed for the grammar, without moving their characters for the caller.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from buildxray.records import cached_property
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import (
    ShellVariable,
    ShellWord,
)
from buildxray.syntax.text import TextRange

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode


_COMMENT_IN_BACKTICKS: Final = lazy_regex(r"`\s*#[^`]*`")
DEFAULT: Final = lazy_regex(":?[-=+]")
"""An operator that supplies a value for an unset variable."""
_BARE_IN_WORD: Final = lazy_regex(r"(?<=[^\s\\$'(|;&<>`])\$(?:[A-Za-z_]\w*|[0-9@*#?])")
"""A variable without braces after other characters of a word."""
_LITERAL_AT_END: Final = lazy_regex(r"(?<=[^\s\\$'\"(`])\$(?=[)`])")
"""A literal `$` at the end of a word that a parenthesis or a backtick follows: `$(ls | grep .whl$)`."""
_PARENTHESES: Final = lazy_regex(r"""\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[()]""")
"""An escaped character, a quoted text, or a parenthesis."""
_ASSIGNMENT: Final = lazy_regex(r"(?<![^\s;&|({`])([A-Za-z_]\w*)\+?=", re.ASCII)
_SUBSTITUTIONS: Final = ("$(", "`", "<(", ">(")
"""The signs that begin a command or process substitution."""


class ShellText:
    """A shell text, with the mapping of its characters to the source of the instruction."""

    def __init__(self, text: str, locate: Callable[[int, int], TextRange], *, is_writable: bool = True) -> None:
        # A comment in backticks is a common way to explain a line of a RUN, but the grammar does not know it.
        self.text = _COMMENT_IN_BACKTICKS.sub(lambda it: " " * len(it[0]), text) if "`" in text else text
        # The grammar ends the word `$A-$B.c` at the second `$`, but reads `$A-${B}.c` as one word.
        bare = [it.span() for it in _BARE_IN_WORD.finditer(self.text)] if self.text.count("$") > 1 else []
        added = [(place, sign) for start, end in bare for place, sign in ((start + 1, "{"), (end, "}"))]
        if "((" in self.text:
            # The grammar reads every `((` as arithmetic.
            added = sorted((*added, *((it, " ") for it in _subshells_in_subshells(self.text))))
        parsed = _with_added(self.text, added) if added else self.text
        if "$)" in parsed or "$`" in parsed:
            # The grammar takes it for the start of a variable.
            parsed = _LITERAL_AT_END.sub("_", parsed)
        self.bytes = parsed.encode("utf-8", "replace")
        self._locate = locate
        self.is_writable = is_writable
        self.has_substitutions = any(it in self.text for it in _SUBSTITUTIONS)
        """False if no part of the text can be a command or process substitution."""
        self.has_redirects = "<" in self.text or ">" in self.text
        self._variables: list[ShellVariable] = []
        self._variable_starts: list[int] = []
        is_ascii = self.text.isascii()
        self._added = [place + n_before for n_before, (place, _sign) in enumerate(added)] if is_ascii else []
        """The offsets of the added characters in the parsed bytes, ascending; only if each character of the text is one byte."""
        self._byte_starts = None if is_ascii else _byte_starts(self.text, [place for place, _sign in added])

    @cached_property
    def last_assignments(self) -> dict[str, int]:
        """The offset of the last text `NAME=` for each name that the script may assign."""
        return {it[1]: it.start() for it in _ASSIGNMENT.finditer(self.text)}

    def span(self, node: SyntaxNode) -> tuple[int, int]:
        """The half-open span of a node in the text, in code points."""
        start, end = node.start_byte, node.end_byte
        if self._byte_starts is not None:
            return bisect_left(self._byte_starts, start), bisect_left(self._byte_starts, end)
        if self._added:
            return start - bisect_left(self._added, start), end - bisect_left(self._added, end)
        return start, end

    def range(self, node: SyntaxNode) -> TextRange:
        """The range of a node in the source of the instruction."""
        return self._locate(*self.span(node))

    def placed(self, node: SyntaxNode) -> tuple[str, TextRange]:
        """The text of a node, with its range."""
        start, end = self.span(node)
        return self.text[start:end], self._locate(start, end)

    def range_of(self, start: int, end: int) -> TextRange:
        """The range in the source of the instruction of a span of the text."""
        return self._locate(start, end)

    def start_of(self, word: ShellWord) -> int | None:
        """The offset of a word in the text; None if the text does not know where its characters come from."""
        start, length = word.range.start, len(word.text)
        place = bisect_left(range(len(self.text)), start, key=lambda it: self._locate(it, it + 1).start)
        is_exact = self._locate(place, place + 1) == (start, start + 1)
        is_there = self.text.startswith(word.text, place) and self._locate(place, place + length) == word.range
        return place if is_exact and is_there else None

    def of(self, node: SyntaxNode) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def find_variables(self, root: SyntaxNode) -> list[ShellVariable]:
        """Collect all uses of variables, once for each text; `variables_in` selects those of a node."""
        todo = [root] if "$" in self.text else []
        find = self.bytes.find
        while todo:
            current = todo.pop()
            if current.type in ("simple_expansion", "expansion"):
                name = next((it for it in current.named_children if it.type == "variable_name"), None)
                if name is not None:
                    start, end = self.span(current)
                    name_start, name_end = self.span(name)
                    is_braced = self.text.startswith("${", start)
                    has_default = is_braced and DEFAULT.match(self.text, name_end) is not None
                    name_range = self._locate(name_start, name_end)
                    written = self.text[name_start:name_end]
                    use = ShellVariable(written, self._locate(start, end), name_range, has_default)
                    self._variables.append(use)
                    self._variable_starts.append(current.start_byte)
            # Most nodes have no variable inside.
            todo += [it for it in reversed(current.named_children) if find(b"$", it.start_byte, it.end_byte) >= 0]
        return self._variables

    def variables_in(self, node: SyntaxNode) -> list[ShellVariable]:
        """The uses of variables in a node, in the order of the text."""
        starts = self._variable_starts
        return self._variables[bisect_left(starts, node.start_byte) : bisect_left(starts, node.end_byte)]


def _with_added(text: str, added: Iterable[tuple[int, str]]) -> str:
    """Add characters to a text, each at an offset; the offsets are ascending."""
    pieces: list[str] = []
    end = 0
    for place, sign in added:
        pieces += text[end:place], sign
        end = place
    return "".join((*pieces, text[end:]))


def _subshells_in_subshells(text: str) -> Iterator[int]:
    """The offsets between the parentheses of each `((` that begins two subshells: `((a && b) || c)`.

    It is arithmetic only if its two closing parentheses follow each other. Source: the GNU Bash manual, "Conditional Constructs"; parse.y, parse_dparen.
    """
    opened: list[int] = []
    for match in _PARENTHESES.finditer(text):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            place = opened.pop()
            is_second = place > 0 and text[place - 1] == "(" and text[place - 2 : place - 1] not in ("$", "(")
            if is_second and not text.startswith(")", match.end()):
                yield place


def _byte_starts(text: str, added: Iterable[int]) -> list[int]:
    """The offset in the parsed bytes of each character of a text, and of the end of the text; one byte is added at each of some offsets."""
    places = Counter(added)
    starts = [0, *accumulate(map(_utf8_length, text))]
    shifts = accumulate(places[it] for it in range(len(starts)))
    return [start + shift for start, shift in zip(starts, shifts, strict=True)]


def _utf8_length(char: str) -> int:
    return len(char.encode("utf-8", "replace"))


def quoted_script(word: ShellWord, *, is_writable: bool, outer: ShellText | None = None) -> ShellText | None:
    """The script in a quoted word of a text, as the inner shell reads it; None if the word is not one quoted text."""
    quote = word.text[:1]
    if len(word.text) < 2 or quote not in "'\"" or word.text[-1] != quote:
        if word.value is None or len(word.value) < 2:
            return None
        if word.range.end - word.range.start == len(word.value) + 2:
            # A string of a JSON array without escapes.
            start = word.range.start + 1
            return ShellText(
                word.value, lambda first, last: TextRange(start + first, start + last), is_writable=is_writable
            )
        return ShellText(word.value, lambda _first, _last: word.range, is_writable=False)
    inner = word.text[1:-1]
    if quote == "'" and quote in inner:
        # Several pieces, `'a'"$B"'c'`.
        return None if word.value is None else ShellText(word.value, lambda _f, _l: word.range, is_writable=False)
    locate = _locating_inside(word, outer)
    if quote == '"' and "\\" in inner:
        kept = list(re.finditer(r'\\(["$`\\])|[\s\S]', inner))
        offsets = [it.end() - 1 for it in kept] + [len(inner)]
        characters = "".join(it[1] or it[0] for it in kept)
        if locate is not None:
            return ShellText(
                characters,
                lambda first, last: locate(offsets[first], offsets[last - 1] + 1 if last else 0),
                is_writable=False,
            )
        return ShellText(characters, lambda _first, _last: word.range, is_writable=False)
    if locate is None:
        return ShellText(inner, lambda _first, _last: word.range, is_writable=False)
    return ShellText(inner, locate, is_writable=is_writable)


def _locating_inside(word: ShellWord, outer: ShellText | None) -> Callable[[int, int], TextRange] | None:
    """The function that gives the range in the source of a span of the text between the quotes of a word; None if that is not known."""
    start = word.range.start + 1
    if word.range.end - word.range.start == len(word.text):
        return lambda first, last: TextRange(start + first, start + last)
    # The word has a continuation, which the text around it does not have.
    place = None if outer is None else outer.start_of(word)
    if outer is None or place is None:
        return None
    return lambda first, last: outer.range_of(place + 1 + first, place + 1 + last)
