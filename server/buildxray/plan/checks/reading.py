"""The checks that BuildKit runs while it reads the file: of comments, casing and names.

BuildKit: dockerfile2llb/convert.go, toDispatchState; instructions/parse.go; dockerfile2llb/validations.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.plan.checks import catalogue
from buildxray.plan.checks.events import CheckWarning, Event, Stop
from buildxray.plan.checks.file import CheckedFile
from buildxray.syntax.instructions import Arg, From, Instruction, Maintainer, Node, Unknown, of_node
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import continuation, is_blank
from buildxray.syntax.text import TextRange
from buildxray.syntax.whitespace import SPACE

RESERVED: Final = frozenset({"context", "scratch"})
_BLANK_LINE: Final = lazy_regex(rf"\n[{SPACE.replace(chr(10), '')}]*(?:\n|\Z)")
"""A blank line after another one."""


def reading_events(file: CheckedFile) -> Iterator[Event]:
    """The events before BuildKit considers the build."""
    text = file.dockerfile.text
    for idx, instruction in enumerate(file.dockerfile.instructions):
        is_on_one_line = instruction.first_line == instruction.last_line
        if not is_on_one_line and _BLANK_LINE.search(text, instruction.start, instruction.end):
            yield from _empty_continuations(file, idx)
    is_in_stage = False
    may_describe = file.may_make(catalogue.INVALID_DEFINITION_DESCRIPTION)
    for idx, instruction in enumerate(file.dockerfile.instructions):
        node = instruction.node
        if isinstance(node, Maintainer):
            message = "Maintainer instruction is deprecated in favor of using label"
            yield from file.warn(catalogue.MAINTAINER_DEPRECATED, idx, message, node.keyword)
        if isinstance(node, From):
            is_in_stage = True
            yield from _from_casing(file, idx, node)
        if node.problems or not (is_in_stage or isinstance(node, Arg)):
            yield Stop()
        if may_describe:
            yield from _descriptions(file, idx, node)
    if not is_in_stage:
        yield Stop()
    yield from _stage_names(file)
    yield from _keyword_casing(file)


def _empty_continuations(file: CheckedFile, idx: int) -> Iterator[CheckWarning]:
    instruction = file.instruction(idx)
    empty = _first_empty_line(instruction.node, _head(file, instruction), file.dockerfile.escape)
    if empty is not None:
        start = instruction.start + empty.continuation
        # BuildKit reports the last line of the instruction, and only once.
        last_line = instruction.first_line + empty.n_lines
        place = TextRange(start, start + 1)
        for it in file.warn_regardless(catalogue.NO_EMPTY_CONTINUATION, idx, "Empty continuation line", place):
            yield it._replace(lines=(last_line, last_line))


class _EmptyLine(NamedTuple):
    continuation: int
    """The offset of the last escape token before the empty line, relative to the start of the instruction."""
    n_lines: int
    """The number of lines of the instruction after its first one."""


@of_node
def _first_empty_line(_node: Node, head: str, escape: str) -> _EmptyLine | None:
    """The first blank line among the continuation lines of `head`, the text of an instruction; None if there is none."""
    first, *lines = head.split("\n")
    start = len(first) + 1
    place = continuation(first, escape) or 0
    for line in lines:
        token = continuation(line, escape)
        if token is not None:
            place = start + token
        if is_blank(line):
            return _EmptyLine(place, len(lines))
        start += len(line) + 1
    return None


def _head(file: CheckedFile, instruction: Instruction) -> str:
    """The text of an instruction without the bodies of its heredocs, but with the blank lines between its continuations."""
    text, node = file.dockerfile.text, instruction.node
    if node.heredocs:
        return text[instruction.start : instruction.start + node.heredocs[0].start].removesuffix("\n")
    return text[instruction.start : instruction.end]


def _from_casing(file: CheckedFile, idx: int, node: From) -> Iterator[CheckWarning]:
    arguments, keyword = node.arguments, node.keyword.text
    if len(arguments) == 3 and arguments[2].text != arguments[2].text.lower():
        name = arguments[2].text
        message = f"Stage name '{name}' should be lowercase"
        yield from file.warn(catalogue.STAGE_NAME_CASING, idx, message, arguments[2], subject=name)
    if len(arguments) >= 3 and keyword in (keyword.lower(), keyword.upper()):
        word = arguments[1].text
        expected = word.lower() if keyword == keyword.lower() else word.upper()
        if word != expected and word.lower() == "as":
            message = f"'{word}' and '{keyword}' keywords' casing do not match"
            yield from file.warn(
                catalogue.FROM_AS_CASING, idx, message, arguments[1], subject=word, replacement=expected
            )


def _descriptions(file: CheckedFile, idx: int, node: Node) -> Iterator[CheckWarning]:
    comments = file.dockerfile.comments_above.get(idx, ())
    if not comments:
        return
    match node:
        case From(alias=alias) if alias is not None:
            names = [alias.text.lower()]
        case Arg(pairs=pairs) if pairs:
            names = [it.name.text for it in pairs]
        case _:
            return
    if comments[-1].split(" ")[0] not in names:
        example = names[0] if len(names) == 1 else "<arg_key>"
        message = f"Comment for {node.name} should follow the format: `# {example} <description>`"
        yield from file.warn(
            catalogue.INVALID_DEFINITION_DESCRIPTION, idx, message, _last_comment(file, idx), subject=example
        )


def _last_comment(file: CheckedFile, idx: int) -> TextRange:
    start = file.instruction(idx).start
    ranges = [it.range for it in file.dockerfile.comments if it.range.start < start]
    return ranges[-1]


def _stage_names(file: CheckedFile) -> Iterator[CheckWarning]:
    seen: set[str] = set()
    for stage in file.stages:
        node = file.instruction(stage.from_idx).node
        alias = node.alias if isinstance(node, From) else None
        if alias is None:
            continue
        name = stage.name
        if name in RESERVED:
            message = f'Stage name should not use the same name as reserved stage "{name}"'
            yield from file.warn_regardless(catalogue.RESERVED_STAGE_NAME, stage.from_idx, message, alias, subject=name)
        if name in seen:
            message = f'Duplicate stage name "{name}", stage names should be unique'
            yield from file.warn_regardless(
                catalogue.DUPLICATE_STAGE_NAME, stage.from_idx, message, alias, subject=name
            )
        seen.add(name)


def _keyword_casing(file: CheckedFile) -> Iterator[CheckWarning]:
    first = file.stages[0].from_idx if file.stages else len(file.dockerfile.instructions)
    instructions = file.dockerfile.instructions[first:]
    keywords = [it.node.keyword for it in instructions]
    texts = {it.text for it in keywords}
    if texts == {it.upper() for it in texts}:
        return
    # BuildKit refuses a file with an unknown instruction before it counts keywords.
    known = [it.node.keyword.text for it in instructions if not isinstance(it.node, Unknown)]
    written = Counter(known)
    n_lower = sum(n for text, n in written.items() if text == text.lower())
    n_upper = sum(n for text, n in written.items() if text != text.lower() and text == text.upper())
    is_lower = n_lower > n_upper
    expected_of = {text: text.lower() if is_lower else text.upper() for text in written}
    if all(text == expected for text, expected in expected_of.items()):
        return
    for idx, keyword in enumerate(keywords, first):
        expected = expected_of.get(keyword.text, keyword.text)
        if keyword.text != expected:
            casing = "lowercase" if is_lower else "uppercase"
            message = f"Command '{keyword.text}' should match the case of the command majority ({casing})"
            for it in file.warn_regardless(
                catalogue.CONSISTENT_INSTRUCTION_CASING, idx, message, keyword, subject=keyword.text
            ):
                yield it._replace(replacement=expected)
