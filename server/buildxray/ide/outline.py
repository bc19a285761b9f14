"""The structure of a Dockerfile: its stages with their instructions, and its folding ranges."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.directives import written_directives
from buildxray.records import dataclass
from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import Arg, Env, Instruction, Node, Run, of_node
from buildxray.syntax.text import TextRange

_LONGEST: Final = 80
"""The longest name of a symbol, in characters."""
_READ: Final = 500
"""The most characters of an instruction that are searched for a name."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A stage or an instruction."""

    name: str
    detail: str
    kind: Literal["stage", "instruction", "argument", "directive"]
    range: TextRange
    selection: TextRange
    """The part of the range that identifies the symbol."""
    children: tuple[Symbol, ...] = ()


class Fold(NamedTuple):
    """A folding range: 0-based lines, the last one included."""

    first_line: int
    last_line: int
    is_comment: bool = False
    """True for comments. Other folds have no kind: editors use `region` for `#region` markers."""


def symbols(analysis: Analysis) -> tuple[Symbol, ...]:
    """The directives, the global arguments, then the stages with their instructions; kept for the newest texts."""
    return analysis.cached(_all_symbols)


def _all_symbols(analysis: Analysis) -> tuple[Symbol, ...]:
    return tuple(_symbols(analysis))


def _symbols(analysis: Analysis) -> Iterator[Symbol]:
    for directive in written_directives(analysis):
        yield Symbol(directive.name, directive.value, "directive", directive.name_range, directive.name_range)
    yield from (_symbol(it.syntax) for it in analysis.build.global_instructions)
    for stage in analysis.build.stages:
        start, end = stage.from_.syntax, stage.last.syntax.end
        platforms = ", ".join(dict.fromkeys(map(str, stage.platforms)))
        yield Symbol(
            stage.display_name,
            f"{start.node.text.partition(' ')[2]} · {platforms}" if platforms else start.node.text.partition(" ")[2],
            "stage",
            TextRange(start.range.start, max(end, start.range.end)),
            start.range_of(start.node.arguments[2] if len(start.node.arguments) > 2 else start.node.keyword),
            tuple(_symbol(it.syntax) for it in stage.instructions),
        )


def folds(analysis: Analysis) -> Iterator[Fold]:
    """Stages, instructions of several lines with their heredocs, and blocks of comments; each range once."""
    line_of = analysis.lines.line_of
    instructions = analysis.dockerfile.instructions
    lines = [(line_of(it.range.start), line_of(it.end)) for it in instructions]
    stages = [(lines[it.from_.idx][0], lines[it.last.idx][1]) for it in analysis.build.stages]
    for first, last in dict.fromkeys((*stages, *lines)):
        if last > first:
            yield Fold(first, last)
    comments = sorted(line_of(it.range.start) for it in analysis.dockerfile.comments)
    for _, group in groupby(enumerate(comments), key=lambda it: it[1] - it[0]):
        block = [line for _, line in group]
        if len(block) > 1:
            yield Fold(block[0], block[-1], is_comment=True)


def _symbol(instruction: Instruction) -> Symbol:
    node = instruction.node
    name, detail = _named(node)
    kind: Literal["argument", "instruction"] = "argument" if isinstance(node, Arg) else "instruction"
    return Symbol(name, detail, kind, instruction.range, instruction.range_of(node.keyword))


@of_node
def _named(node: Node) -> tuple[str, str]:
    """The name of an instruction to search for, and the rest of its text."""
    keyword = node.name or "?"
    if isinstance(node, Arg | Env) and node.pairs:
        values = " ".join(it.value.text for it in node.pairs if it.value is not None)
        return _shortened(f"{keyword} {' '.join(it.name.text for it in node.pairs)}"), _shortened(values)
    flags = " ".join(node.text[slice(*it.span)] for it in node.flags)
    start = node.flags[-1].span.end if node.flags else node.keyword.span.end
    arguments = node.text[start:]
    if isinstance(node, Run) and node.heredocs and heredoc_marker(arguments.strip()) is not None:
        # The first line of the script that is not an option of the shell.
        lines = [it.strip() for it in node.heredocs[0].content.splitlines()]
        arguments = next((it for it in lines if it and not it.startswith(("#", "set "))), arguments)
    return _shortened(f"{keyword} {arguments}"), _shortened(flags)


def _shortened(text: str) -> str:
    words = " ".join(text[:_READ].split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
