"""BuildKit's word lexer: quotes, escapes and `$VARIABLES`, as a tree that `expansion` expands.

BuildKit lexes and expands in one pass (frontend/dockerfile/shell/lex.go, Lex). Here the two are separate, so that a
text is lexed once and expanded for each platform.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import BYTE_ORDER_MARK
from buildxray.syntax.text import TextRange


class ExpansionError(Exception):
    """Raised for a text that BuildKit refuses to expand; the message gives the reason."""


class Literal(NamedTuple):
    """Literal characters."""

    text: str


class HeredocSign(NamedTuple):
    """`<<` and the blanks after it, which do not end a word."""

    text: str


class Escape(NamedTuple):
    """An escape token and the escaped character."""

    plain: str
    """The value if escapes are removed."""
    raw: str
    """The value if escapes are kept."""


class Quoted(NamedTuple):
    """Text in single or double quotes."""

    quote: str
    parts: tuple[Part, ...]


class Variable(NamedTuple):
    """`$NAME`, `${NAME}` or `${NAME<operator>operand}`."""

    name: str
    operator: str
    """Empty for plain expansion, one of `:-` `-` `:+` `+` `:?` `?` `#` `%` `/` `//`, or an operator that BuildKit does not know."""
    operand: tuple[Part, ...]
    replacement: tuple[Part, ...]
    braced: bool


Part = Literal | HeredocSign | Escape | Quoted | Variable


class VariableUse(NamedTuple):
    """The name of a variable in a text, with its place."""

    name: str
    range: TextRange
    """The range from `$` to the end of the name, without operator and closing brace."""
    name_range: TextRange


class Word(NamedTuple):
    """A lexed text."""

    text: str
    parts: tuple[Part, ...]
    uses: tuple[VariableUse, ...]
    problem: str | None
    """The reason why the text cannot be expanded for any values of its variables; `parts` is then empty."""


_SPECIAL_PARAMETERS: Final = frozenset("@*#?-$!0")
_MODIFIERS: Final = frozenset("+-?#%")
_PLAIN_RUN: Final = {
    (escape, stop, quotes): lazy_regex(f"[^${re.escape(escape)}<{stop}{quotes}]+")
    for escape in "\\`"
    for stop in ("", "}", "/")
    for quotes in ("", "'\"")
}
_IN_DOUBLE_QUOTES: Final = {escape: lazy_regex(f'[^"${re.escape(escape)}]+') for escape in "\\`"}
_PLAIN_PATTERN: Final = lazy_regex(r"[^/$'\"\\`{}\s]{1,100}")
_NAME: Final = lazy_regex(r"\w+")


def lex(text: str, escape: str = "\\", *, quotes: bool = True) -> Word:
    """Lex `text`, whose continuation lines are already joined; never raises.

    `quotes` is False for heredoc contents, where quotes are ordinary characters.
    """
    return (_lex_cached if len(text) <= _CACHED_LENGTH else _lex)(text, escape, quotes)


_CACHED_LENGTH: Final = 1000
"""Code points; longer texts are not cached, which bounds the memory of the cache."""


def _lex(text: str, escape: str, quotes: bool) -> Word:  # noqa: FBT001 - a cache is faster with positions
    lexer = _Lexer(text, escape, quotes=quotes)
    try:
        return Word(text, lexer.parts(""), tuple(lexer.uses), None)
    except ExpansionError as error:
        return Word(text, (), tuple(lexer.uses), str(error))
    except RecursionError:
        return Word(text, (), tuple(lexer.uses), "variables are nested too deeply")


_lex_cached: Final = cached(1024)(_lex)


class _Lexer:
    """The grammar of a word, one method per production; `position` is the offset of the next character to read."""

    def __init__(self, text: str, escape: str, *, quotes: bool) -> None:
        self.text = text
        self.escape = escape
        self.quotes = quotes
        # Go's text/scanner, with which BuildKit reads a word, ignores a byte order mark where it begins.
        self.position = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self.uses: list[VariableUse] = []

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def read(self) -> str:
        char = self.peek()
        self.position += 1
        return char

    def parts(self, stop: str) -> tuple[Part, ...]:
        """(literal | escape | quoted | variable | heredoc)* up to `stop`, which is consumed."""
        parts: list[Part] = []
        literal = _PLAIN_RUN[self.escape, stop, "'\"" if self.quotes else ""]
        while char := self.peek():
            if char == stop:
                self.position += 1
                return tuple(parts)
            if match := literal.match(self.text, self.position):
                self.position = match.end()
                parts.append(Literal(match[0]))
            elif char == "$":
                parts.append(self.variable())
            elif char == self.escape:
                self.position += 1
                escaped = self.read()
                parts.append(Escape(escaped, char + escaped))
            elif char == "<":
                parts.append(self.possible_heredoc())
            elif char == "'":
                parts.append(self.single_quoted())
            else:
                parts.append(self.double_quoted())
        if stop:
            raise ExpansionError(_("`{stop}` is missing", stop=stop))
        return tuple(parts)

    def possible_heredoc(self) -> Part:
        """`<` or `<<` blank*."""
        start = self.position
        self.position += 1
        if self.peek() != "<":
            return HeredocSign("<")
        self.position += 1
        while self.peek() in ("\t", "\r", " "):
            self.position += 1
        return HeredocSign(self.text[start : self.position])

    def single_quoted(self) -> Part:
        """`'` any* `'`."""
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise ExpansionError(_("the closing `'` is missing"))
        content = self.text[self.position + 1 : end]
        self.position = end + 1
        return Quoted("'", (Literal(content),) if content else ())

    def double_quoted(self) -> Part:
        """`"` (variable | escape | any)* `"`."""
        parts: list[Part] = []
        literal = _IN_DOUBLE_QUOTES[self.escape]
        self.position += 1
        while char := self.peek():
            if char == '"':
                self.position += 1
                return Quoted('"', tuple(parts))
            if char == "$":
                parts.append(self.variable())
            elif char == self.escape:
                self.position += 1
                escaped = self.peek()
                if escaped and escaped in ('"', "$", self.escape):
                    self.position += 1
                    parts.append(Escape(escaped, char + escaped))
                elif escaped:
                    # If escapes are kept, BuildKit writes the escape token twice.
                    parts.append(Escape(char, char + char))
            else:
                match = literal.match(self.text, self.position)
                assert match is not None, "any other character is plain"
                self.position = match.end()
                parts.append(Literal(match[0]))
        raise ExpansionError(_('the closing `"` is missing'))

    def variable(self) -> Part:
        """`$` name | `${` name `}` | `${` name modifier parts `}` | `${` name `/` parts `/` parts `}`."""
        start = self.position
        self.position += 1
        if self.peek() != "{":
            name = self.name(start)
            return Variable(name, "", (), (), braced=False) if name else Literal("$")
        self.position += 1
        if self.peek() in ("{", "}", ":"):
            raise ExpansionError(_("bad substitution"))
        name = self.name(start)
        operator = self.read()
        if operator == "}":
            return Variable(name, "", (), (), braced=True)
        if operator == "/":
            if self.peek() == "/":
                operator += self.read()
            pattern_start = self.position
            try:
                pattern = self.parts("/")
                return Variable(name, operator, pattern, self.parts("}"), braced=True)
            except ExpansionError as error:
                raise self.missing_replacement(name, operator, pattern_start) or error from None
        if operator == ":":
            operator += self.read()
            if operator in (":#", ":%"):
                raise ExpansionError(_("the modifier `{operator}` is not supported", operator=operator))
        elif operator not in _MODIFIERS:
            raise ExpansionError(
                _("the modifier `{operator}` is not supported", operator=operator)
                if operator
                else _("`{stop}` is missing", stop="}")
            )
        return Variable(name, operator, self.parts("}"), (), braced=True)

    def missing_replacement(self, name: str, operator: str, start: int) -> ExpansionError | None:
        """The error of a replacement whose brace follows its pattern, which Bash allows: `${NAME//.}`. None for other ones.

        BuildKit reads the brace as a part of the pattern, up to the next `/` or the end. Source: frontend/dockerfile/shell/lex.go, processDollar.
        """
        end = self.text.find("}", start, start + 100)
        pattern = self.text[start:end]
        if end < 0 or not _PLAIN_PATTERN.fullmatch(pattern):
            return None
        message = _(
            "`${{{name}{operator}{pattern}}}` needs a `/` after the pattern",
            name=name,
            operator=operator,
            pattern=pattern,
        )
        return ExpansionError(message)

    def name(self, start: int) -> str:
        """digit+ | special parameter | (letter | digit | `_`)*."""
        name = self.read_name()
        if name:
            name_start = self.position - len(name)
            self.uses.append(VariableUse(name, TextRange(start, self.position), TextRange(name_start, self.position)))
        return name

    def read_name(self) -> str:
        char = self.peek()
        if char.isdecimal():
            start = self.position
            while self.peek().isdecimal():
                self.position += 1
            return self.text[start : self.position]
        if char in _SPECIAL_PARAMETERS:
            self.position += 1
            return char
        match = _NAME.match(self.text, self.position)
        if match is None:
            return ""
        name = match[0]
        if not name.isascii():
            length = next((i for i, it in enumerate(name) if not _is_name_character(it)), len(name))
            name = name[:length]
        self.position += len(name)
        return name


def _is_name_character(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()
