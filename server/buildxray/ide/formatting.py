"""Format a Dockerfile without changing its build.

Each instruction is parsed before and after its edits; an instruction that would read differently is left unchanged.
The text after the keyword of RUN, COPY, ADD and WORKDIR appears in the progress output with all its blanks, and that
of RUN is part of the cache key, so it is never changed. Neither are the triggers of ONBUILD, heredocs, directives and
instructions that BuildKit refuses.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.syntax.instructions import (
    Arg,
    Copying,
    Env,
    Expose,
    From,
    Instruction,
    Label,
    Node,
    Onbuild,
    Run,
    Span,
    WithPairs,
    Workdir,
)
from buildxray.syntax.lines import continuation, is_comment, physical_lines
from buildxray.syntax.nodes import parse_node
from buildxray.syntax.parser import Dockerfile, parse
from buildxray.syntax.text import Edit, LineIndex, TextRange, apply_edits

_MOST_BLANK_LINES: Final = 2
"""Consecutive blank lines that are kept."""
_BLANK: Final = " \t"
_INDENTED: Final = (Arg, Env, Expose, From, Label)
"""Instructions with arguments separated by blanks or line breaks, and whose text is shown nowhere."""
_SHOWN: Final = (Copying, Onbuild, Run, Workdir)
"""Instructions whose text is shown as written."""


class FormatOptions(NamedTuple):
    """The indentation settings of an editor."""

    indent: str = "    "
    """The indentation of continued lines that have none."""


def format_text(text: str, options: FormatOptions | None = None) -> str:
    """The formatted text."""
    return apply_edits(text, format_edits(parse(text), options))


def format_edits(dockerfile: Dockerfile, options: FormatOptions | None = None) -> tuple[Edit, ...]:
    """The edits that format a document, ordered and disjoint; none if BuildKit refuses the file as a whole."""
    options = options or FormatOptions()
    text = dockerfile.text
    if not dockerfile.instructions:
        return ()
    is_lower = _writes_lower_case(dockerfile)
    edits: list[Edit] = []
    position = max((it.range.end for it in dockerfile.directives), default=0)
    for instruction in dockerfile.instructions:
        edits += _between(text, position, instruction.start)
        if instruction.node.problem is None:
            edits += _instruction_edits(dockerfile, instruction, options, is_lower=is_lower)
        position = instruction.end
    edits += _end_of_file(dockerfile, position)
    return tuple(it for it in edits if text[slice(*it.range)] != it.new_text)


def format_edits_in(
    dockerfile: Dockerfile, lines: LineIndex, place: TextRange, options: FormatOptions | None = None
) -> tuple[Edit, ...]:
    """The edits of `format_edits` in the lines that a range touches; an edit belongs to the lines that it changes."""
    whole = TextRange(lines.starts[lines.line_of(place.start)], lines.ends[lines.line_of(place.end)])
    return tuple(
        it for it in format_edits(dockerfile, options) if whole.start <= it.range.start and it.range.end <= whole.end
    )


def _writes_lower_case(dockerfile: Dockerfile) -> bool:
    """True if most keywords are in lower case, as BuildKit counts (linter, ConsistentInstructionCasing)."""
    keywords = [it.node.keyword.text for it in dockerfile.instructions]
    n_lower = sum(it.islower() for it in keywords)
    return n_lower > sum(it.isupper() for it in keywords)


def _between(text: str, start: int, end: int) -> Iterator[Edit]:
    """Strip comments and blank lines between instructions, and drop all but a few consecutive blank lines."""
    position, n_blank = start, 0
    for line in physical_lines(text[start:end]):
        content = line.rstrip("\r\n").removeprefix("\ufeff")
        first = position + (len(line.rstrip("\r\n")) - len(content))
        # The last line of an instruction or directive belongs to it.
        is_whole = position > start or start == 0 or text[start - 1 : start] == "\n"
        if not content.strip(_BLANK) and is_whole:
            n_blank += 1
            is_surplus = n_blank > _MOST_BLANK_LINES and line.endswith("\n")
            yield Edit(TextRange(first, position + len(line) if is_surplus else first + len(content)), "")
        elif is_whole:
            n_blank = 0
            if is_comment(content):
                yield Edit(TextRange(first, first + len(content)), content.strip(_BLANK))
        position += len(line)


def _end_of_file(dockerfile: Dockerfile, position: int) -> Iterator[Edit]:
    """Format the comments after the last instruction, and end the file with one line end."""
    text, last = dockerfile.text, dockerfile.instructions[-1]
    rest = text[position:]
    content = rest.rstrip(_BLANK + "\r\n")
    goes_on = continuation(text[last.start : last.end].rsplit("\n", 1)[-1], dockerfile.escape) is not None
    if last.node.problem is not None or goes_on:
        yield from _between(text, position, len(text))
        return
    end = position + len(content)
    inner = [*_between(text, position, end)]
    line_end = "\r\n" if re.search(r"\r\n", text) and not re.search(r"(?<!\r)\n", text) else "\n"
    yield from inner
    yield Edit(TextRange(end, len(text)), line_end)


def _instruction_edits(
    dockerfile: Dockerfile, instruction: Instruction, options: FormatOptions, *, is_lower: bool
) -> list[Edit]:
    """The edits of one instruction that do not change its meaning for BuildKit; from the first doubtful edit on, none is applied."""
    source = dockerfile.text[instruction.start : instruction.end]
    node = instruction.node
    groups = [
        [*_casing(instruction, node, is_lower=is_lower)],
        [*_line_edges(dockerfile, instruction)],
        [*_gaps(instruction, node)],
        [*_continued(dockerfile, instruction, options)],
    ]
    kept: list[Edit] = []
    for group in groups:
        relative = [Edit(it.range.shifted(-instruction.start), it.new_text) for it in (*kept, *group)]
        if group and _is_disjoint(relative) and _reads_the_same(node, source, relative, dockerfile.escape):
            kept += group
    return sorted(kept, key=lambda it: it.range)


def _is_disjoint(edits: list[Edit]) -> bool:
    ranges = sorted(it.range for it in edits)
    return all(first.end <= second.start for first, second in itertools.pairwise(ranges))


def _reads_the_same(node: Node, source: str, edits: list[Edit], escape: str) -> bool:
    """True if BuildKit reads the edited source like the node, apart from the case of keywords."""
    head = node.heredocs[0].start if node.heredocs else len(source)
    edited_head = apply_edits(source[:head], [it for it in edits if it.range.end <= head])
    edited = edited_head + source[head:]
    return _read(parse_node(edited, len(edited_head), escape)) == _read(node)


def _read(node: Node | None) -> tuple[object, ...] | None:
    """The fields of an instruction that BuildKit reads."""
    if node is None:
        return None
    return (
        node.name,
        [(it.name.text, None if it.value is None else it.value.text) for it in node.flags],
        [it.text.upper() if isinstance(node, From) and n == 1 else it.text for n, it in enumerate(node.arguments)],
        [(it.name.text, it.value and it.value.text, it.separator) for it in node.pairs]
        if isinstance(node, WithPairs)
        else [],
        node.is_json,
        [(it.marker, it.content) for it in node.heredocs],
        node.problem is None,
        node.text[node.keyword.span.end :] if isinstance(node, _SHOWN) else "",
    )


def _casing(instruction: Instruction, node: Node, *, is_lower: bool) -> Iterator[Edit]:
    keyword = node.keyword.text
    yield from _recased(instruction, node.keyword.span, keyword, is_lower=is_lower)
    if isinstance(node, From) and node.alias is not None:
        as_ = node.arguments[1]
        yield from _recased(instruction, as_.span, as_.text, is_lower=is_lower)


def _recased(instruction: Instruction, span: Span, text: str, *, is_lower: bool) -> Iterator[Edit]:
    range_ = instruction.range_of(span)
    new_text = text.lower() if is_lower else text.upper()
    # A keyword that is split by a continuation is not changed.
    if text != new_text and range_.end - range_.start == len(text):
        yield Edit(range_, new_text)


def _line_edges(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Edit]:
    """Remove blanks before the keyword, after continuation characters, and at the end of the last line."""
    text = dockerfile.text
    start = instruction.start + (1 if text[instruction.start : instruction.start + 1] == "\ufeff" else 0)
    if not text[start : instruction.range.start].strip(_BLANK):
        yield Edit(TextRange(start, instruction.range.start), "")
    heredocs = instruction.node.heredocs
    head_end = instruction.start + heredocs[0].start if heredocs else instruction.end
    position = instruction.start
    for line in physical_lines(text[instruction.start : head_end]):
        content = line.rstrip("\r\n")
        stripped = content.rstrip(_BLANK)
        is_last = position + len(line) >= head_end
        # Without the blanks after it, a carriage return would become part of the line end.
        if not stripped.endswith("\r") and (is_last or continuation(line, dockerfile.escape) is not None):
            yield Edit(TextRange(position + len(stripped), position + len(content)), "")
        position += len(line)


def _gaps(instruction: Instruction, node: Node) -> Iterator[Edit]:
    """Reduce the blanks after the keyword and each flag, and between the words of FROM and EXPOSE, to one."""
    if isinstance(node, _SHOWN):
        return
    parts = [node.keyword.span, *(it.span for it in node.flags)]
    if isinstance(node, From | Expose):
        parts += [it.span for it in node.arguments]
    elif node.arguments:
        parts.append(node.arguments[0].span)
    for first, second in itertools.pairwise(parts):
        yield from _gap(instruction, node, first.end, second.start)


def _gap(instruction: Instruction, node: Node, start: int, end: int) -> Iterator[Edit]:
    blank = node.text[start:end]
    if blank != " " and blank.strip(_BLANK) == "" and blank:
        range_ = instruction.range_of(Span(start, end))
        # Unless a line break is between them.
        if range_.end - range_.start == end - start:
            yield Edit(range_, " ")


def _continued(dockerfile: Dockerfile, instruction: Instruction, options: FormatOptions) -> Iterator[Edit]:
    """Indent continued lines that have no indentation."""
    if not isinstance(instruction.node, _INDENTED):
        return
    position = instruction.start
    for number, line in enumerate(physical_lines(dockerfile.text[instruction.start : instruction.end])):
        if number and line.strip() and line[0] not in _BLANK and not is_comment(line):
            yield Edit(TextRange(position, position), options.indent)
        position += len(line)


def format_on_type(dockerfile: Dockerfile, offset: int, options: FormatOptions) -> tuple[Edit, ...]:
    """Indent the continuation line at `offset`, after the line before it was broken."""
    text = dockerfile.text
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end]
    previous_start = text.rfind("\n", 0, max(start - 1, 0)) + 1
    previous = text[previous_start : max(start - 1, 0)]
    if not start or line.strip() or continuation(previous, dockerfile.escape) is None or is_comment(previous):
        return ()
    instruction = dockerfile.instruction_at(previous_start)
    if instruction is None or (
        instruction.node.heredocs and offset > instruction.start + instruction.node.heredocs[0].start
    ):
        return ()
    is_first = previous_start <= instruction.range.start
    indent = options.indent if is_first else previous[: len(previous) - len(previous.lstrip(_BLANK))]
    blank = line.rstrip("\r")
    return (Edit(TextRange(start, start + len(blank)), indent),) if blank != indent else ()
