"""Text to a `Dockerfile`; never raises on any text.

What BuildKit refuses becomes a located problem, and everything else is still understood, because a
Dockerfile is half typed most of the time that an editor looks at it.

BuildKit: frontend/dockerfile/parser/parser.go, Parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from buildxray.syntax.arguments import (
    ArgumentsError,
    arg_pairs,
    json_strings,
    name_value_pairs,
    quoted_words,
    read_flags,
    words_at_blanks,
)
from buildxray.syntax.checks import first_problem
from buildxray.syntax.instructions import (
    NODE_TYPES,
    Arg,
    Flag,
    From,
    Heredoc,
    Instruction,
    Node,
    Onbuild,
    Pair,
    Problem,
    Span,
    Token,
    Unknown,
    WithPairs,
)
from buildxray.syntax.lines import (
    BYTE_ORDER_MARK,
    InstructionLines,
    LogicalText,
    is_comment,
    join_lines,
    physical_lines,
    split_instructions,
)
from buildxray.syntax.text import TextRange
from buildxray.syntax.whitespace import INLINE, SPACE
from buildxray.syntax.words import HeredocMarker, heredoc_markers


class Directive(NamedTuple):
    """`# name=value` at the top of the file: `syntax`, `escape` or `check`."""

    name: str
    value: str
    range: TextRange
    """The whole line."""


class Comment(NamedTuple):
    """A comment line, also inside a continued instruction; a directive is none."""

    text: str
    """From `#` on."""
    range: TextRange
    """From `#` to the end of the line."""


class FileProblem(NamedTuple):
    """Why BuildKit refuses the file, and where."""

    message: str
    range: TextRange
    line: int
    """1-based, as BuildKit counts."""


@dataclass(frozen=True)
class Dockerfile:
    """What was understood of a text."""

    text: str
    instructions: tuple[Instruction, ...]
    directives: tuple[Directive, ...]
    escape: str
    """The escape token: a backslash, or a backtick where a directive says so."""
    problems: tuple[FileProblem, ...]
    """In the order of the file; the first is BuildKit's verdict."""

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comment lines, those inside continued instructions included."""
        return tuple(_read_comments(self))

    def instruction_at(self, offset: int) -> Instruction | None:
        """The instruction whose lines hold `offset`."""
        for it in self.instructions:
            if it.start <= offset <= it.end:
                return it
        return None

    def line_of(self, offset: int) -> int:
        """The 1-based line of `offset`, as BuildKit counts lines."""
        return self.text.count("\n", 0, offset) + 1


def parse(text: str) -> Dockerfile:
    """Parse a Dockerfile; what BuildKit would refuse is in `problems`."""
    lines = physical_lines(text)
    starts = [0, *accumulate(map(len, lines))]
    directives, escape, problems = _read_directives(lines, starts)
    instructions = _read_instructions(lines, starts, escape)
    problems += _file_problems(text, lines, starts, instructions)
    problems.sort(key=lambda it: it.range)
    return Dockerfile(text, tuple(instructions), tuple(directives), escape, tuple(problems))


def parse_trigger(text: str) -> Node | None:
    """The instruction behind ONBUILD, as the build of another stage reads it; None if it is not just one.

    BuildKit: dockerfile2llb/convert.go, initOnBuildTriggers.
    """
    instructions = parse(text).instructions
    return instructions[0].node if len(instructions) == 1 else None


_DIRECTIVE: Final = re.compile(
    r"(?P<name>[a-z][a-z0-9]*)[\t\f\r ]*=[\t\f\r ]*(?P<value>.+?)[\t\f\r ]*", re.ASCII | re.IGNORECASE
)
_DIRECTIVES: Final = frozenset({"syntax", "escape", "check"})


def _read_directives(lines: list[str], starts: list[int]) -> tuple[list[Directive], str, list[FileProblem]]:
    """Directives stand before everything else, other comments and blank lines included.

    BuildKit: parser/directives.go, DirectiveParser.
    """
    directives: dict[str, Directive] = {}
    problems: list[FileProblem] = []
    for idx, line in enumerate(lines):
        content = line.removeprefix(BYTE_ORDER_MARK) if idx == 0 else line
        content = content.rstrip("\r\n").lstrip(SPACE)
        match = _DIRECTIVE.fullmatch(content[1:].lstrip(SPACE)) if content.startswith("#") else None
        if match is None or match["name"].lower() not in _DIRECTIVES:
            break
        name = match["name"].lower()
        range_ = TextRange(starts[idx], starts[idx] + len(line.rstrip("\r\n")))
        if name in directives:
            problems.append(FileProblem(f"the directive `{name}` is given twice", range_, idx + 1))
        elif name == "escape" and match["value"] not in ("\\", "`"):
            problems.append(FileProblem("the escape token is a backslash or a backtick", range_, idx + 1))
        directives.setdefault(name, Directive(name, match["value"], range_))
    escape = directives["escape"].value if "escape" in directives else "\\"
    return list(directives.values()), escape if escape in ("\\", "`") else "\\", problems


def _read_instructions(lines: list[str], starts: list[int], escape: str) -> list[Instruction]:
    instructions: list[Instruction] = []
    next_line = 0
    groups = iter(split_instructions(lines, escape))
    while (group := next(groups, None)) is not None:
        first, last = group
        if first < next_line:
            # The group begins inside the body of a heredoc; where it goes on behind it, BuildKit splits anew.
            if last >= next_line:
                groups = _split_from(next_line, lines, escape)
            continue
        head, start = "".join(lines[first : last + 1]), starts[first]
        if first == 0 and head.startswith(BYTE_ORDER_MARK):
            head, start = head[1:], start + 1
        node, last = _read_node(head, lines, last, escape)
        end = starts[last] + len(lines[last].rstrip("\r\n"))
        instructions.append(Instruction(node, start, end, first + 1, last + 1))
        next_line = last + 1
    return instructions


def _split_from(first: int, lines: list[str], escape: str) -> Iterator[InstructionLines]:
    for group in split_instructions(lines[first:], escape):
        yield InstructionLines(group.first + first, group.last + first)


def _read_node(head: str, lines: list[str], last: int, escape: str) -> tuple[Node, int]:
    """The instruction on the lines `head` with the bodies of its heredocs, and its last line."""
    node = parse_node(head, len(head), escape)
    if not node.heredocs:
        return node, last
    end = last + 1
    for heredoc in node.heredocs:
        while end < len(lines) and not _is_terminator(lines[end], heredoc.marker):
            end += 1
        end += 1
    end = min(end, len(lines))
    return parse_node(head + "".join(lines[last + 1 : end]), len(head), escape), end - 1


def _announced_heredocs(node: Node) -> list[HeredocMarker]:
    """BuildKit: parser/parser.go, canContainHeredoc and heredocsFromLine."""
    inner = node.trigger if isinstance(node, Onbuild) and node.trigger is not None else node
    if inner.name not in ("ADD", "COPY", "RUN") or inner.is_json:
        return []
    return heredoc_markers(node.text)


def _is_terminator(line: str, marker: HeredocMarker) -> bool:
    content = line.rstrip("\r\n")
    return (content.lstrip("\t") if marker.chomp else content) == marker.name


def _read_comments(dockerfile: Dockerfile) -> Iterator[Comment]:
    in_heredocs: set[int] = set()
    for it in dockerfile.instructions:
        if it.node.heredocs:
            in_heredocs.update(range(_first_body_line(it), it.last_line))
    start = 0
    for idx, line in enumerate(physical_lines(dockerfile.text)):
        is_directive = idx < len(dockerfile.directives)
        if (
            "#" in line
            and not is_directive
            and idx not in in_heredocs
            and is_comment(line.removeprefix(BYTE_ORDER_MARK))
        ):
            column = line.index("#")
            text = line[column:].rstrip("\r\n")
            yield Comment(text, TextRange(start + column, start + column + len(text)))
        start += len(line)


def _first_body_line(instruction: Instruction) -> int:
    """0-based."""
    bodies = instruction.node.heredocs
    return instruction.last_line - sum(it.content.count("\n") + 1 for it in bodies)


_LONGEST_LINE: Final = 65_535
"""Bytes; Go's bufio.Scanner, and so BuildKit, refuses longer lines."""


def _file_problems(
    text: str, lines: list[str], starts: list[int], instructions: list[Instruction]
) -> Iterator[FileProblem]:
    if not instructions:
        yield FileProblem("there are no instructions in this file", TextRange(0, 0), 1)
    if len(text) > _LONGEST_LINE // 4:
        for idx, line in enumerate(lines):
            if len(line) > _LONGEST_LINE // 4 and len(line.encode("utf-8", "replace")) > _LONGEST_LINE:
                yield FileProblem(
                    f"BuildKit reads lines of at most {_LONGEST_LINE} bytes",
                    TextRange(starts[idx], starts[idx]),
                    idx + 1,
                )
    before_first_stage = True
    for it in instructions:
        node = it.node
        if isinstance(node, From):
            before_first_stage = False
        if node.problem is not None:
            yield FileProblem(node.problem.message, it.range_of(node.problem), it.first_line)
        elif before_first_stage and not isinstance(node, Arg):
            yield FileProblem(
                f"{node.name} stands before the first FROM; only ARG may", it.range_of(node.keyword), it.first_line
            )


_CACHED_LENGTH: Final = 10_000
"""Code points; bounds the memory that the cache can take."""


def parse_node(source: str, head_length: int, escape: str) -> Node:
    """Parse one instruction, the bodies of its heredocs behind `source[:head_length]`; never raises."""
    return (_parse_node_cached if len(source) <= _CACHED_LENGTH else _parse_node)(source, head_length, escape)


def _parse_node(source: str, head_length: int, escape: str) -> Node:
    node = _statement(join_lines(source[:head_length], escape), 0, escape)
    if "<<" in node.text and (markers := _announced_heredocs(node)):
        node = _with_heredocs(node, markers, source, head_length)
    if node.problem is None and (problem := first_problem(node)) is not None:
        node = replace(node, problem=problem)
    return node


_parse_node_cached: Final = lru_cache(maxsize=4096)(_parse_node)


def _with_heredocs(node: Node, markers: list[HeredocMarker], source: str, position: int) -> Node:
    heredocs: list[Heredoc] = []
    lines = iter(physical_lines(source[position:]))
    problem = node.problem
    for marker in markers:
        start = position
        for line in lines:
            position += len(line)
            if _is_terminator(line, marker):
                heredocs.append(Heredoc(marker, source[start : position - len(line)], start))
                break
        else:
            heredocs.append(Heredoc(marker, source[start:position], start))
            problem = Problem(f"the line `{marker.name}` that ends the heredoc is missing", _marker_span(node, marker))
    return replace(node, heredocs=tuple(heredocs), problem=problem)


def _marker_span(node: Node, marker: HeredocMarker) -> Span:
    start = node.text.find("<<")
    end = node.text.find(marker.name, start)
    return Span(start, end + len(marker.name)) if end >= 0 else node.keyword.span


class _Arguments(NamedTuple):
    tokens: tuple[Token, ...] = ()
    is_json: bool = False
    pairs: tuple[Pair, ...] = ()


_KEYWORD: Final = re.compile(f"{INLINE.replace('[', '[^')}*")


def _statement(logical: LogicalText, start: int, escape: str) -> Node:
    """Keyword flag* arguments, from `start` to the end of the text.

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
        return _onbuild(logical, keyword, flags, rest, escape)
    node_type = NODE_TYPES.get(name, Unknown)
    problem: Problem | None = None
    arguments = _Arguments()
    if node_type is not Unknown and rest < end:
        try:
            arguments = _READERS[name](text, rest, end, escape)
        except ArgumentsError as error:
            problem = Problem(str(error), Span(rest, end))
    if issubclass(node_type, WithPairs):
        return node_type(
            logical,
            keyword,
            flags,
            arguments.tokens,
            is_json=False,
            heredocs=(),
            problem=problem,
            pairs=arguments.pairs,
        )
    return node_type(logical, keyword, flags, arguments.tokens, arguments.is_json, (), problem)


def _onbuild(logical: LogicalText, keyword: Token, flags: tuple[Flag, ...], rest: int, escape: str) -> Node:
    trigger = _statement(logical, rest, escape) if rest < len(logical.text) else None
    arguments = () if trigger is None else (trigger.keyword,)
    problem = None if trigger is None else trigger.problem
    return Onbuild(logical, keyword, flags, arguments, is_json=False, heredocs=(), problem=problem, trigger=trigger)


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
    """BuildKit: parser/line_parsers.go, parseHealthConfig."""
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
"""How each instruction splits its arguments. BuildKit: parser/parser.go, dispatch."""
