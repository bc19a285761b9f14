"""Semantic tokens of a Dockerfile, including the shell text of RUN and heredocs.

The tokens of an instruction do not depend on its place, so they are cached on its node: an edit only affects
its own instruction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.names import shell_at
from buildxray.syntax.heredocs import heredoc_name_spans
from buildxray.syntax.instructions import (
    Copy,
    Copying,
    Expose,
    Flag,
    From,
    Healthcheck,
    Instruction,
    Node,
    Onbuild,
    Run,
    ShellOrExec,
    Span,
    StopSignal,
    WithPairs,
    of_node,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import continuation, is_comment, physical_lines
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.shell import is_posix_shell, read_script
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import variable_references

TYPES: Final = (
    "keyword",
    "comment",
    "parameter",
    "property",
    "namespace",
    "class",
    "macro",
    "string",
    "variable",
    "operator",
    "function",
    "number",
)
"""The token types of the protocol that are used; a token has an index in this list."""
_NUMBER: Final = {name: number for number, name in enumerate(TYPES, 1)}
_IMAGE: Final = lazy_regex(r"(?P<name>[^\s:@]+(?::[0-9]+/[^\s:@]+)?)(?P<tag>:[^\s@]*)?(?P<digest>@\S*)?")
_QUOTED: Final = lazy_regex(r"""'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_SHELL_KEYWORD: Final = lazy_regex(
    r"(?:^|(?<=[;&|(\s]))(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|in)(?=[\s;)]|$)"
)
_LONGEST: Final = 100_000
"""Code points; a longer instruction is data and has no tokens."""


class SemanticToken(NamedTuple):
    """A part of one line."""

    range: TextRange
    type: int
    """The index in `TYPES`."""


def semantic_tokens(analysis: Analysis) -> tuple[SemanticToken, ...]:
    """All tokens in the order of the text; kept with the analysis, since editors ask again without an edit."""
    return analysis.cached(_all_tokens)


def semantic_tokens_in(analysis: Analysis, place: TextRange) -> tuple[SemanticToken, ...]:
    """The tokens that a range touches, computed without those of the rest of a long file."""
    tokens = semantic_tokens(analysis) if analysis.has_cached(_all_tokens) else _tokens(analysis, place)
    return tuple(it for it in tokens if it.range.touches(place))


def _all_tokens(analysis: Analysis) -> tuple[SemanticToken, ...]:
    return tuple(_tokens(analysis, None))


def _tokens(analysis: Analysis, place: TextRange | None) -> list[SemanticToken]:
    """The tokens of the instructions that a range touches, and of all comments."""
    dockerfile = analysis.dockerfile
    on_stages = {stage.from_.idx for stage in analysis.build.stages if stage.bases}
    tokens: list[SemanticToken] = []
    for directive in dockerfile.directives:
        tokens += _directive(analysis.text, directive.range)
    inside: list[TextRange] = []
    for idx, instruction in enumerate(dockerfile.instructions):
        range_ = TextRange(instruction.start, instruction.end)
        inside.append(range_)
        if place is not None and not range_.touches(place):
            continue
        source = analysis.text[instruction.start : instruction.end]
        if len(source) <= _LONGEST:
            relative = _node_tokens(
                instruction.node, source, dockerfile.escape, shell_at(analysis, idx), is_stage=idx in on_stages
            )
            tokens += [SemanticToken(it.range.shifted(instruction.start), it.type) for it in relative]
    tokens += _comments_between(analysis, inside)
    return sorted(tokens)


def _comments_between(analysis: Analysis, instructions: list[TextRange]) -> Iterator[SemanticToken]:
    starts = iter(instructions)
    current = next(starts, None)
    for comment in analysis.dockerfile.comments:
        while current is not None and current.end < comment.range.start:
            current = next(starts, None)
        if current is None or not current.contains(comment.range.start):
            yield SemanticToken(comment.range, _NUMBER["comment"] - 1)


def _directive(text: str, range_: TextRange) -> Iterator[SemanticToken]:
    match = re.compile(r"\s*(#)\s*(\w+)\s*(=)\s*(.*?)\s*").fullmatch(text, range_.start, range_.end)
    if match is not None:
        for group, type_ in ((1, "comment"), (2, "property"), (3, "operator"), (4, "string")):
            if match[group]:
                yield SemanticToken(TextRange(*match.span(group)), _NUMBER[type_] - 1)


class _Canvas:
    """The characters of an instruction, each painted with the number of a type; later paint covers earlier paint."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._types = bytearray(len(source))

    def paint(self, range_: TextRange, type_: str) -> None:
        start, end = max(range_.start, 0), min(range_.end, len(self.source))
        if start < end:
            self._types[start:end] = bytes([_NUMBER[type_]]) * (end - start)

    def tokens(self) -> Iterator[SemanticToken]:
        """One token for each run of characters of one type, cut at line ends and without surrounding blanks."""
        position = 0
        for type_, run in groupby(self._types):
            length = sum(1 for _ in run)
            if type_:
                for match in re.finditer(r"\S(?:[^\r\n]*\S)?", self.source[position : position + length]):
                    yield SemanticToken(TextRange(*match.span()).shifted(position), type_ - 1)
            position += length


@of_node
def _node_tokens(
    node: Node, source: str, escape: str, shell: tuple[str, ...], *, is_stage: bool
) -> tuple[SemanticToken, ...]:
    """The tokens of an instruction, with ranges relative to its start."""
    canvas = _Canvas(source)
    instruction = Instruction(node, 0, len(source), 1, 1)
    _paint(canvas, instruction, node, shell, is_stage=is_stage)
    for reference in variable_references(instruction, escape, shell):
        canvas.paint(TextRange(reference.name_range.start - 1, reference.name_range.end), "variable")
        before = source[reference.name_range.start - 1 : reference.name_range.start]
        if before == "{":
            canvas.paint(TextRange(reference.range.start, reference.name_range.end), "variable")
            canvas.paint(TextRange(reference.range.end - 1, reference.range.end), "variable")
    _paint_lines(canvas, node, escape)
    return tuple(canvas.tokens())


def _paint_lines(canvas: _Canvas, node: Node, escape: str) -> None:
    """Paint continuation characters and the comments between lines, up to the bodies of heredocs."""
    position = 0
    end = node.heredocs[0].start if node.heredocs else len(canvas.source)
    for number, line in enumerate(physical_lines(canvas.source[:end])):
        if number and is_comment(line):
            canvas.paint(TextRange(position, position + len(line)), "comment")
        elif (column := continuation(line, escape)) is not None:
            canvas.paint(TextRange(position + column, position + column + 1), "macro")
        position += len(line)


def _paint(canvas: _Canvas, instruction: Instruction, node: Node, shell: tuple[str, ...], *, is_stage: bool) -> None:
    canvas.paint(instruction.range_of(node.keyword), "keyword")
    if isinstance(node, Onbuild):
        if node.trigger is not None:
            _paint(canvas, instruction, node.trigger, shell, is_stage=False)
        _paint_heredocs(canvas, instruction, node)
        return
    for flag in node.flags:
        _paint_flag(canvas, instruction, node, flag)
    match node:
        case From():
            _paint_from(canvas, instruction, node, is_stage=is_stage)
        case WithPairs():
            _paint_pairs(canvas, instruction, node)
        case ShellOrExec() | Healthcheck():
            _paint_command(canvas, instruction, node, shell)
        case Copying():
            for token in node.arguments:
                canvas.paint(instruction.range_of(token), "string" if node.is_json else "parameter")
        case Expose() | StopSignal():
            for token in node.arguments:
                canvas.paint(instruction.range_of(token), "number" if token.text[:1].isdigit() else "parameter")
        case _:
            for token in node.arguments:
                canvas.paint(instruction.range_of(token), "string" if node.is_json else "parameter")
    _paint_heredocs(canvas, instruction, node)


def _paint_flag(canvas: _Canvas, instruction: Instruction, node: Node, flag: Flag) -> None:
    canvas.paint(instruction.range_of(Span(flag.span.start, flag.name.span.end)), "parameter")
    if flag.value is None:
        return
    canvas.paint(instruction.range_of(Span(flag.name.span.end, flag.value.span.start)), "operator")
    is_stage = isinstance(node, Copy) and flag.name.text == "from"
    canvas.paint(instruction.range_of(flag.value), "namespace" if is_stage else "property")
    if flag.name.text != "mount":
        return
    try:
        options = mount_options(flag)
    except MountSyntaxError:
        return
    for option in options:
        if option.value is not None and option.value.text:
            start = option.value.span.start
            canvas.paint(instruction.range_of(Span(start - 1, start)), "operator")
            type_ = "namespace" if option.key == "from" else "string"
            canvas.paint(instruction.range_of(option.value), type_)


def _paint_from(canvas: _Canvas, instruction: Instruction, node: From, *, is_stage: bool) -> None:
    image = node.image
    if image is not None:
        match = _IMAGE.fullmatch(image.text)
        if is_stage or match is None:
            canvas.paint(instruction.range_of(image), "namespace" if is_stage else "class")
        else:
            for group, type_ in (("name", "class"), ("tag", "property"), ("digest", "property")):
                start, end = match.span(group)
                if start >= 0:
                    at = image.span.start
                    canvas.paint(instruction.range_of(Span(at + start, at + end)), type_)
                    if group != "name":
                        canvas.paint(instruction.range_of(Span(at + start, at + start + 1)), "operator")
    if node.alias is not None:
        canvas.paint(instruction.range_of(node.arguments[1]), "keyword")
        canvas.paint(instruction.range_of(node.alias), "namespace")


def _paint_pairs(canvas: _Canvas, instruction: Instruction, node: WithPairs) -> None:
    type_ = "property" if node.name == "LABEL" else "variable"
    for pair in node.pairs:
        canvas.paint(instruction.range_of(pair.name), type_)
        if pair.value is not None:
            canvas.paint(instruction.range_of(Span(pair.name.span.end, pair.value.span.start)), "operator")
            canvas.paint(
                instruction.range_of(pair.value), "string" if pair.value.text[:1] in ("'", '"') else "parameter"
            )


def _paint_command(canvas: _Canvas, instruction: Instruction, node: Node, shell: tuple[str, ...]) -> None:
    if isinstance(node, Healthcheck) and node.arguments:
        canvas.paint(instruction.range_of(node.arguments[0]), "keyword")
    if node.is_json:
        for token in node.arguments[isinstance(node, Healthcheck) :]:
            canvas.paint(instruction.range_of(token), "string")
        return
    if not is_posix_shell(shell):
        return
    script = read_script(node, shell)
    texts = [instruction.range_of(it) for it in node.arguments[-1:]]
    texts += [instruction.body_range(it) for it in node.heredocs if script.commands]
    for text in texts:
        for match in _SHELL_KEYWORD.finditer(canvas.source, text.start, text.end):
            canvas.paint(TextRange(*match.span()), "keyword")
    for command in script.commands:
        for assignment in (*command.assignments, *(it for them in command.variables.values() for it in them)):
            canvas.paint(assignment.range, "parameter")
            canvas.paint(assignment.name_range, "variable")
            canvas.paint(TextRange(assignment.name_range.end, assignment.name_range.end + 1), "operator")
        for number, word in enumerate(command.words):
            canvas.paint(word.range, "parameter" if number else "function")
            for match in _QUOTED.finditer(canvas.source, word.range.start, word.range.end) if number else ():
                canvas.paint(TextRange(*match.span()), "string")
    for variable in script.variables:
        canvas.paint(variable.range, "variable")


def _paint_heredocs(canvas: _Canvas, instruction: Instruction, node: Node) -> None:
    """Paint the markers and end lines of heredocs; the bodies of COPY and ADD are strings."""
    spans = heredoc_name_spans(node) if node.heredocs else ()
    is_text = not isinstance(node.trigger if isinstance(node, Onbuild) else node, Run)
    for heredoc, span in zip(node.heredocs, spans, strict=True):
        body = instruction.body_range(heredoc)
        if is_text:
            canvas.paint(body, "string")
        end = canvas.source.find("\n", body.end)
        canvas.paint(TextRange(body.end, len(canvas.source) if end < 0 else end), "macro")
        if span is not None:
            start = node.text.rfind("<<", 0, span.start)
            canvas.paint(instruction.range_of(Span(max(start, 0), span.end)), "macro")
