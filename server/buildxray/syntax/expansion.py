"""Expand lexed words: replace variables by values, remove quotes and escapes, and split at blanks.

The shell text of RUN is expanded by the shell and not by BuildKit, except in the label that the progress output shows.

BuildKit: frontend/dockerfile/shell/lex.go, ProcessWord and ProcessWords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import Escape, ExpansionError, HeredocSign, Literal, Part, Quoted, Variable, Word, lex
from buildxray.syntax.lines import BYTE_ORDER_MARK
from buildxray.syntax.patterns import PatternError, ShellPattern, compile_pattern
from buildxray.syntax.whitespace import SPACE

Lookup = Callable[[str], "str | None"]
"""Returns the value of a variable, or None if it is unset."""


class Expansion(NamedTuple):
    """The options of an expansion (BuildKit: the fields of Lex)."""

    raw_quotes: bool = False
    raw_escapes: bool = False
    keep_unset: bool = False
    """True to keep the reference to an unset variable as written, False to drop it."""


PLAIN: Final = Expansion()
RUN_LABEL: Final = Expansion(raw_quotes=True, keep_unset=True)
_HEREDOC_SEARCH: Final = Expansion(raw_quotes=True, raw_escapes=True, keep_unset=True)


def expand(word: Word, lookup: Lookup, how: Expansion = PLAIN) -> str:
    """Replace the variables in `word` by their values.

    Raises `ExpansionError` where BuildKit refuses: a lexical problem, `${X:?}` without a value, a bad modifier or
    pattern. BuildKit: shell/lex.go, ProcessWord.
    """
    if word.problem is not None:
        raise ExpansionError(word.problem)
    return _expand(word.parts, lookup, how)


def expand_text(text: str, escape: str, lookup: Lookup) -> str:
    """`expand` of a text, whose escape token is that of the file. Most texts have nothing to expand, and are not lexed."""
    return text if _EXPANDABLE.search(text) is None else expand(lex(text, escape), lookup)


_EXPANDABLE: Final = lazy_regex(rf"""[$'"\\`]|\A{BYTE_ORDER_MARK}""")


def split(word: Word, lookup: Lookup, how: Expansion = PLAIN) -> list[str]:
    """Expand `word`, then split it at blanks outside quotes.

    Raises like `expand`. BuildKit: shell/lex.go, ProcessWords.
    """
    if word.problem is not None:
        raise ExpansionError(word.problem)
    words: list[str] = []
    current = ""
    for part in word.parts:
        if _has_operand(part):
            # BuildKit uses one buffer for a word and the operands inside it, so an operand discards
            # the text before it.
            current = ""
        text = _expand((part,), lookup, how)
        if not isinstance(part, Literal | Variable):
            current += text
            continue
        first, *more = _BLANKS.split(text)
        current += first
        for piece in more:
            if current:
                words.append(current)
            current = piece
    return [*words, current] if current else words


_BLANKS: Final = lazy_regex(f"[{SPACE}]")


class HeredocMarker(NamedTuple):
    """`<<NAME` as written in an instruction."""

    name: str
    expand: bool
    """True if variables in the body of a COPY or ADD are expanded, which they are if the name is not quoted."""
    chomp: bool
    """True for `<<-`, which removes leading tabs from the lines of the body."""


def heredoc_marker(word: str) -> HeredocMarker | None:
    """Parse one word as a heredoc marker; None if it is not one. BuildKit: parser/parser.go, heredocFromMatch."""
    match = _HEREDOC.fullmatch(word) if "<<" in word else None
    if match is None or not match["name"]:
        return None
    lexed = lex(match["name"])
    try:
        names = split(lexed, _nothing, Expansion(keep_unset=True))
        raw_names = split(lexed, _nothing, Expansion(raw_quotes=True, keep_unset=True))
    except ExpansionError:
        return None
    if len(names) != 1 or len(raw_names) != 1:
        return None
    return HeredocMarker(
        names[0], expand=_quote_count(names[0]) == _quote_count(raw_names[0]), chomp=match["chomp"] == "-"
    )


def heredoc_markers(text: str) -> list[HeredocMarker]:
    """The markers of all heredocs that an instruction announces. BuildKit: parser/parser.go, heredocsFromLine."""
    try:
        words = split(lex(text), _nothing, _HEREDOC_SEARCH)
    except ExpansionError:
        return []
    return [marker for marker in map(heredoc_marker, words) if marker is not None]


_HEREDOC: Final = lazy_regex(r"\d*<<(?P<chomp>-?)[\t\n\f\r ]*(?P<name>[^<]*)", re.ASCII)


def _nothing(_name: str) -> str | None:
    return None


def _quote_count(text: str) -> int:
    return text.count("'") + text.count('"')


def _has_operand(part: Part) -> bool:
    if isinstance(part, Quoted):
        return any(_has_operand(it) for it in part.parts)
    return isinstance(part, Variable) and part.operator != ""


def _expand(parts: Sequence[Part], lookup: Lookup, how: Expansion) -> str:
    pieces: list[str] = []
    for part in parts:
        match part:
            case Literal(text) | HeredocSign(text):
                pieces.append(text)
            case Escape(plain, raw):
                pieces.append(raw if how.raw_escapes else plain)
            case Quoted(quote, inner):
                text = _expand(inner, lookup, how)
                pieces.append(quote + text + quote if how.raw_quotes else text)
            case Variable():
                pieces.append(_expand_variable(part, lookup, how))
    text = "".join(pieces)
    # A slice, because a call of `len` for each word would cost more than all other checks of limits.
    if text[_COUNTED_LENGTH:]:
        check_length(len(text))
        _spend(len(text))
    return text


def _expand_variable(variable: Variable, lookup: Lookup, how: Expansion) -> str:
    name, operator, value = variable.name, variable.operator, lookup(variable.name)
    if not operator:
        if value is None and how.keep_unset:
            return f"${{{name}}}" if variable.braced else f"${name}"
        return value or ""
    # BuildKit expands the operand, with its errors, even if the result does not need it.
    keeps_escapes = operator in ("#", "%", "/", "//")
    operand = _expand(variable.operand, lookup, how._replace(raw_escapes=keeps_escapes))
    if operator in ("/", "//"):
        replacement = _expand(variable.replacement, lookup, how._replace(raw_escapes=True))
        if value is None and how.keep_unset:
            return f"${{{name}/{operand}/{replacement}}}"
        return _replace(value or "", operand, replacement, everywhere=operator == "//")
    if value is None and how.keep_unset:
        return f"${{{name}{operator}{operand}}}"
    is_set = value is not None and not (operator.startswith(":") and value == "")
    match operator:
        case ":-" | "-":
            return value if is_set and value is not None else operand
        case ":+" | "+":
            return operand if is_set else ""
        case ":?" | "?":
            if is_set and value is not None:
                return value
            raise ExpansionError(_("{name}: {reason}", name=name, reason=operand or _("a value is required")))
        case "#" | "%":
            greedy = operand.startswith(operator)
            return _trim(value or "", operand[greedy:], from_end=operator == "%", greedy=greedy)
        case _:
            raise ExpansionError(_("the modifier `{operator}` is not supported", operator=operator))


LONGEST_VALUE: Final = 1 << 20
"""Code points of one expanded text. BuildKit has no limit, and would run out of memory."""
_COUNTED_LENGTH: Final = 4096
"""Code points; shorter texts are not counted, because a Dockerfile is too short for many of them."""
_MOST_CHARACTERS: Final = 1 << 26
"""Code points to which all long texts of one plan may expand together."""


_n_left: ContextVar[int | None] = ContextVar("n_left", default=None)
"""The code points left for the expansions of the current plan; None outside of planning."""


@contextmanager
def expansion_budget() -> Iterator[None]:
    """Effect: limit the total length of expansions inside the context."""
    token = _n_left.set(_MOST_CHARACTERS)
    try:
        yield
    finally:
        _n_left.reset(token)


def _spend(n_characters: int) -> None:
    """Effect: subtract an expansion from the budget of the plan. Raises `ExpansionError` if the budget is exceeded."""
    n_left = _n_left.get()
    if n_left is None:
        return
    _n_left.set(n_left - n_characters)
    if n_left < n_characters:
        raise ExpansionError(
            _("the variables of this file expand to more than {n} MiB together", n=_MOST_CHARACTERS >> 20)
        )


def check_length(n_characters: int) -> None:
    """Raise `ExpansionError` for a value that is too long."""
    if n_characters > LONGEST_VALUE:
        raise ExpansionError(_("expands to more than {n} MiB", n=LONGEST_VALUE >> 20))


def _trim(value: str, pattern: str, *, from_end: bool, greedy: bool) -> str:
    if not from_end:
        match = shell_pattern(pattern).match(value, greedy=greedy)
        return value[match[1] :] if match else value
    # The shortest suffix is the shortest prefix of the reversed text.
    match = shell_pattern(_reversed_pattern(pattern)).match(value[::-1], greedy=greedy)
    return value[: len(value) - match[1]] if match else value


def _reversed_pattern(pattern: str) -> str:
    return "".join(re.findall(r"\\.|.", pattern, re.DOTALL)[::-1])


def _replace(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    compiled = shell_pattern(pattern)
    if not everywhere:
        match = compiled.search(value, 0)
        return value[: match[0]] + replacement + value[match[1] :] if match else value
    pieces: list[str] = []
    done = position = n_characters = 0
    last_end = -1
    while position <= len(value) and (match := compiled.search(value, position)) is not None:
        start, end = match
        position = end if end > start else end + 1
        # Go ignores an empty match that directly follows another match.
        if start == end == last_end:
            continue
        pieces += [value[done:start], _go_template(replacement, value[start:end])]
        n_characters += len(pieces[-2]) + len(pieces[-1])
        check_length(n_characters)
        done = last_end = end
    return "".join([*pieces, value[done:]])


def shell_pattern(pattern: str) -> ShellPattern:
    """Compile a pattern; raises `ExpansionError`."""
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise ExpansionError(str(error)) from error


def _go_template(template: str, whole: str) -> str:
    """Replace `$0` in a replacement by the match, and other `$names` by nothing (Go: Regexp.Expand)."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return whole if (match["name"] or match["braced"]) == "0" else ""

    return re.sub(r"\$(?:\$|\{(?P<braced>\w+)\}|(?P<name>\w+))", value, template, flags=re.ASCII)
