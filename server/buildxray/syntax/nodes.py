"""Parse the lines of one instruction into a node.

Equal lines give the same node, wherever they are.

BuildKit: frontend/dockerfile/parser/parser.go, newNodeFromLine and dispatch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _
from buildxray.records import replace
from buildxray.syntax.arguments import (
    ArgumentsError,
    arg_pairs,
    json_strings,
    name_value_pairs,
    quoted_words,
    read_flags,
    words_at_blanks,
)
from buildxray.syntax.expansion import HeredocMarker, heredoc_markers
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import (
    Flag,
    Heredoc,
    Node,
    Onbuild,
    Pair,
    Problem,
    Span,
    Token,
    Unknown,
    WithPairs,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import LogicalText, join_lines, physical_lines
from buildxray.syntax.validation import find_problems
from buildxray.syntax.whitespace import INLINE, SPACE

_CACHED_LENGTH: Final = 10_000
"""Code points; longer sources are not cached, which bounds the memory of the cache."""


def parse_node(source: str, head_length: int, escape: str) -> Node:
    """Parse one instruction; never raises.

    `source[head_length:]` holds the bodies of its heredocs.
    """
    return (_parse_node_cached if len(source) <= _CACHED_LENGTH else _parse_node)(source, head_length, escape)


def _parse_node(source: str, head_length: int, escape: str) -> Node:
    node = _statement(join_lines(source[:head_length], escape), 0, escape)
    if "<<" in node.text and (markers := _announced_heredocs(node)):
        node = _with_heredocs(node, markers, source, head_length)
    if not node.problems and (problems := find_problems(node)):
        node = replace(node, problems=problems)
    return node


_parse_node_cached: Final = cached(64)(_parse_node)
"""Few, since each node keeps what was derived from it, such as a parsed script of 30 to 100 kB."""


def _announced_heredocs(node: Node) -> list[HeredocMarker]:
    """The heredocs that an instruction announces. BuildKit: parser/parser.go, canContainHeredoc and heredocsFromLine."""
    inner = node.trigger if isinstance(node, Onbuild) and node.trigger is not None else node
    if inner.name not in ("ADD", "COPY", "RUN") or inner.is_json:
        return []
    return heredoc_markers(node.text)


def _with_heredocs(node: Node, markers: list[HeredocMarker], source: str, position: int) -> Node:
    heredocs: list[Heredoc] = []
    lines = iter(physical_lines(source[position:]))
    problems = node.problems
    for marker in markers:
        start = position
        for line in lines:
            position += len(line)
            if is_terminator(line, marker):
                heredocs.append(Heredoc(marker, source[start : position - len(line)], start))
                break
        else:
            heredocs.append(Heredoc(marker, source[start:position], start))
            message = _("the line `{name}` that ends the heredoc is missing", name=marker.name)
            problems = (Problem(message, _marker_span(node, marker), is_syntax=True),)
    return replace(node, heredocs=tuple(heredocs), problems=problems)


def is_terminator(line: str, marker: HeredocMarker) -> bool:
    """True if a physical line ends the heredoc."""
    content = line.rstrip("\r\n")
    return (content.lstrip("\t") if marker.chomp else content) == marker.name


def _marker_span(node: Node, marker: HeredocMarker) -> Span:
    announced = re.search(rf"<<-?[\"']?{re.escape(marker.name)}(?![\w.-])[\"']?", node.text)
    return node.keyword.span if announced is None else Span(*announced.span())


class _Arguments(NamedTuple):
    tokens: tuple[Token, ...] = ()
    is_json: bool = False
    pairs: tuple[Pair, ...] = ()


_KEYWORD: Final = lazy_regex(f"{INLINE.replace('[', '[^')}*")


def _statement(logical: LogicalText, start: int, escape: str, *, is_trigger: bool = False) -> Node:
    """Parse `keyword flag* arguments` from `start` to the end of the text.

    BuildKit: parser/parser.go, newNodeFromLine.
    """
    text = logical.text
    end = len(text)
    start = _skip_space(text, start, end)
    match = _KEYWORD.match(text, start, end)
    keyword_end = match.end() if match is not None else end
    keyword = Token(text[start:keyword_end], Span(start, keyword_end))
    name = keyword.text.upper()
    flags, rest = read_flags(text, keyword_end, escape)
    rest = _skip_space(text, rest, end)
    if name == "ONBUILD":
        # BuildKit refuses ONBUILD after ONBUILD, so the rest of the second one is not read.
        return _onbuild(logical, keyword, flags, len(text) if is_trigger else rest, escape)
    kind = INSTRUCTION_KINDS.get(name)
    node_type = Unknown if kind is None else kind.node_type
    problems: tuple[Problem, ...] = ()
    arguments = _Arguments()
    if node_type is not Unknown and rest < end:
        try:
            arguments = _READERS[name](text, rest, end, escape)
        except ArgumentsError as error:
            problems = (Problem(str(error), error.span or Span(rest, end), is_syntax=True),)
    if issubclass(node_type, WithPairs):
        return node_type(
            logical,
            keyword,
            flags,
            arguments.tokens,
            is_json=False,
            heredocs=(),
            problems=problems,
            pairs=arguments.pairs,
        )
    return node_type(logical, keyword, flags, arguments.tokens, arguments.is_json, (), problems)


def _onbuild(logical: LogicalText, keyword: Token, flags: tuple[Flag, ...], rest: int, escape: str) -> Node:
    trigger = _statement(logical, rest, escape, is_trigger=True) if rest < len(logical.text) else None
    arguments = () if trigger is None else (trigger.keyword,)
    problems = () if trigger is None else trigger.problems
    return Onbuild(logical, keyword, flags, arguments, is_json=False, heredocs=(), problems=problems, trigger=trigger)


def _skip_space(text: str, start: int, end: int) -> int:
    if start >= end or text[start] not in SPACE:
        return start
    return end - len(text[start:end].lstrip(SPACE))


def _text(text: str, start: int, end: int, _escape: str) -> _Arguments:
    return _Arguments((Token(text[start:end], Span(start, end)),))


def _words(text: str, start: int, end: int, _escape: str) -> _Arguments:
    return _Arguments(words_at_blanks(text, start, end))


def _json_or_text(text: str, start: int, end: int, escape: str) -> _Arguments:
    strings = json_strings(text, start, end)
    return _text(text, start, end, escape) if strings is None else _Arguments(strings, is_json=True)


def _json_or_words(text: str, start: int, end: int, escape: str) -> _Arguments:
    strings = json_strings(text, start, end)
    return _words(text, start, end, escape) if strings is None else _Arguments(strings, is_json=True)


def _arg(text: str, start: int, end: int, escape: str) -> _Arguments:
    words = quoted_words(text, start, end, escape)
    return _Arguments(words, pairs=arg_pairs(words))


def _env(text: str, start: int, end: int, escape: str) -> _Arguments:
    pairs = name_value_pairs(text, start, end, escape)
    return _Arguments(tuple(Token(text[slice(*it.span)], it.span) for it in pairs), pairs=pairs)


def _healthcheck(text: str, start: int, end: int, escape: str) -> _Arguments:
    """Read `CMD command` or `NONE`. BuildKit: parser/line_parsers.go, parseHealthConfig."""
    kind = words_at_blanks(text, start, end)[0]
    rest = _skip_space(text, kind.span.end, end)
    command = _json_or_text(text, rest, end, escape) if rest < end else _Arguments()
    return command._replace(tokens=(kind, *command.tokens))


_READERS: Final[Mapping[str, Callable[[str, int, int, str], _Arguments]]] = {
    "ADD": _json_or_words,
    "ARG": _arg,
    "CMD": _json_or_text,
    "COPY": _json_or_words,
    "ENTRYPOINT": _json_or_text,
    "ENV": _env,
    "EXPOSE": _words,
    "FROM": _words,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _env,
    "MAINTAINER": _text,
    "RUN": _json_or_text,
    "SHELL": _json_or_text,
    "STOPSIGNAL": _text,
    "USER": _text,
    "VOLUME": _json_or_words,
    "WORKDIR": _text,
}
"""The function that splits the arguments of each instruction. BuildKit: parser/parser.go, dispatch."""
