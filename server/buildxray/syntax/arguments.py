"""Split the text after a keyword into flags, words, pairs and JSON strings, as BuildKit does.

Each function takes a text and the offset at which it starts to read, and returns spans in that text (code points).

BuildKit: frontend/dockerfile/parser/split_command.go and line_parsers.go.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.instructions import Flag, Pair, Span, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.whitespace import INLINE, SPACE

_SIMPLE_FLAG: Final = lazy_regex(r"--(?P<name>[^\s'\"\\`=]+)(?:=(?P<value>[^\s'\"\\`]*))?(?=[\t\v\f\r ]|\Z)")
_ASCII_SPACE: Final = frozenset("\t\n\v\f\r ")
_WORD: Final = lazy_regex(f"{INLINE.replace('[', '[^')}+")
_GAP: Final = lazy_regex(f"{INLINE}+")


class ArgumentsError(Exception):
    """Raised when the arguments of an instruction cannot be split; the message gives the reason."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span
        """The span of the wrong word; None if the error concerns several words."""


def read_flags(text: str, position: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """Read the `--flags` at `position`; returns them and the offset of the first word after them.

    BuildKit: parser/split_command.go, extractBuilderFlags. BuildKit reads byte by byte and so garbles characters
    outside ASCII; they are kept here.
    """
    flags: list[Flag] = []
    while True:
        while position < len(text) and text[position] in _ASCII_SPACE:
            position += 1
        if not text.startswith("--", position):
            return tuple(flags), position
        match = _SIMPLE_FLAG.match(text, position)
        if match is not None:
            start, position = match.span()
            name = Token(match["name"], Span(*match.span("name")))
            value = None if match["value"] is None else Token(match["value"], Span(*match.span("value")))
            flags.append(Flag(name, value, Span(start, position)))
            continue
        start = position
        word, position = _read_flag_word(text, position, escape)
        if word == "--":
            return tuple(flags), position
        flags.append(_flag(word, Span(start, position), text))


def _read_flag_word(text: str, position: int, escape: str) -> tuple[str, int]:
    """Read a word, its quotes and escapes removed; returns it and the offset of its end."""
    chars: list[str] = []
    quote = ""
    while position < len(text):
        char = text[position]
        if not quote and char in _ASCII_SPACE:
            break
        position += 1
        if quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char != escape:
            chars.append(char)
        elif position < len(text):
            chars.append(text[position])
            position += 1
    return "".join(chars), position


def _flag(word: str, span: Span, text: str) -> Flag:
    name, separator, value = word[2:].partition("=")
    at = text.find("=", span.start, span.end) if separator else -1
    middle = at if at >= 0 else span.end
    value_token = Token(value, Span(min(middle + 1, span.end), span.end)) if separator else None
    return Flag(Token(name, Span(span.start + 2, middle)), value_token, span)


def words_at_blanks(text: str, start: int, end: int) -> tuple[Token, ...]:
    """Split at blanks, inside quotes too: FROM, COPY, EXPOSE.

    BuildKit: line_parsers.go, parseStringsWhitespaceDelimited.
    """
    return tuple(Token(it[0], Span(*it.span())) for it in _WORD.finditer(text, start, end))


def quoted_words(text: str, start: int, end: int, escape: str) -> tuple[Token, ...]:
    """Split at blanks outside quotes; quotes and escapes are kept: ARG, ENV, LABEL.

    BuildKit: line_parsers.go, parseWords.
    """
    words: list[Token] = []
    for match in _QUOTED_WORD[escape].finditer(text, start, end):
        word = match[0]
        if match["dangling"] is not None:
            word = word[:-1]
        if word:
            words.append(Token(word, Span(*match.span())))
    return tuple(words)


_QUOTED_WORD: Final = {
    escape: lazy_regex(
        rf"""(?: [^{re.escape(SPACE)}'"{token}]
               | '[^']*(?:'|\Z)
               | "(?: [^"{token}] | {token}. )*(?:"|(?={token}?\Z))
               | {token}.
               | (?P<dangling>{token}\Z)
             )+""",
        re.VERBOSE | re.DOTALL,
    )
    for escape, token in (("\\", r"\\"), ("`", "`"))
}


def arg_pairs(words: tuple[Token, ...]) -> tuple[Pair, ...]:
    """Read each word as `NAME` or `NAME=default`. BuildKit: instructions/parse.go, parseArg."""
    return tuple(_pair(word) for word in words)


def name_value_pairs(text: str, start: int, end: int, escape: str) -> tuple[Pair, ...]:
    """Read the pairs of ENV and LABEL; raises `ArgumentsError` if a word has no `=`.

    BuildKit: line_parsers.go, parseNameVal.
    """
    words = quoted_words(text, start, end, escape)
    if not words:
        return ()
    if "=" not in words[0].text:
        gap = _GAP.search(text, start, end)
        if gap is None:
            raise ArgumentsError(_("`{text}` has no value: write `name=value`", text=text[start:end]), words[0].span)
        name = Token(text[start : gap.start()], Span(start, gap.start()))
        value = Token(text[gap.end() : end], Span(gap.end(), end))
        return (Pair(name, value, "", Span(start, end)),)
    for word in words:
        if "=" not in word.text:
            raise ArgumentsError(_without_equals(words, word), word.span)
    return tuple(_pair(word) for word in words)


def _without_equals(words: tuple[Token, ...], word: Token) -> str:
    """The reason why a word of ENV or LABEL is not a pair; the wording depends on the word before it."""
    before = words[words.index(word) - 1]
    if word.text in ("&&", "||", "|", ";"):
        return _("`{text}` has no `=`: no shell reads this instruction", text=word.text)
    if word.text.startswith("#"):
        return _("`{text}` has no `=`: a comment has a line to itself", text=word.text)
    name, equals, value = before.text.partition("=")
    if equals and not value:
        return _("a blank comes after `=`: write `{name}={value}`", name=name, value=word.text)
    if equals and value[:1] not in ("'", '"'):
        return _(
            '`{text}` has no `=`: a value with blanks is quoted, `{name}="{value} {text}"`',
            text=word.text,
            name=name,
            value=value,
        )
    return _("`{text}` has no `=`: write `name=value`", text=word.text)


def _pair(word: Token) -> Pair:
    name, separator, value = word.text.partition("=")
    start, end = word.span
    middle = start + len(name)
    value_token = Token(value, Span(middle + 1, end)) if separator else None
    return Pair(Token(name, Span(start, middle)), value_token, separator, word.span)


_JSON_STRING: Final = lazy_regex(r'"(?:[^"\\]|\\.)*"')


def json_strings(text: str, start: int, end: int) -> tuple[Token, ...] | None:
    """Read the strings of a JSON array; None if the text is not a JSON array.

    Raises `ArgumentsError` if an element of the array is not a string. BuildKit: line_parsers.go, parseJSON.
    """
    if not text.startswith("[", start):
        return None
    try:
        values = json.loads(text[start:end], parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(it, str) for it in values):
        raise ArgumentsError(_("a JSON array must contain only strings here"))
    spans = [Span(*it.span()) for it in _JSON_STRING.finditer(text, start, end)]
    return tuple(Token(_without_surrogates(it), span) for it, span in zip(values, spans, strict=True))


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _without_surrogates(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
