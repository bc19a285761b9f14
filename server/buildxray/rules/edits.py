"""Edits that read as if a careful person had typed them.

Every function gives edits of the text of the context; nothing but what it says changes, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Arg, From, Instruction
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import CrossCompilation, Use

_ORDER = {name: position for position, name in enumerate(AUTOMATIC_ARGUMENTS)}


def set_platform(ctx: RuleContext, from_idx: int, value: str) -> list[Edit]:
    """Give a FROM this `--platform`, directly behind the keyword."""
    instruction = ctx.instruction(from_idx)
    node = instruction.node
    assert isinstance(node, From), "only FROM has a platform"
    flag = node.platform
    if flag is not None:
        return [Edit(instruction.range_of(flag), f"--platform={value}")]
    end = instruction.range_of(node.keyword).end
    return [Edit(TextRange(end, end), f" --platform={value}")]


def declare_arguments(ctx: RuleContext, idx: int, names: Iterable[str]) -> list[Edit]:
    """Declare those arguments that are not in scope directly before an instruction, on one line.

    Comment lines that stand right on top of the instruction stay with it.
    """
    scopes = ctx.facts.scopes(idx)
    missing = [name for name in dict.fromkeys(names) if all(it.environment.get(name) is None for it in scopes)]
    if not missing:
        return []
    missing.sort(key=lambda it: _ORDER.get(it, len(_ORDER)))
    start = start_with_comments(ctx, ctx.instruction(idx))
    return [Edit(TextRange(start, start), argument_line(ctx, idx, missing))]


def argument_line(ctx: RuleContext, idx: int, names: Sequence[str]) -> str:
    """An ARG line, indented and cased as the instruction in front of which it goes."""
    instruction = ctx.instruction(idx)
    keyword_range = instruction.range_of(instruction.node.keyword)
    keyword = instruction.node.keyword.text
    indent = ctx.text[ctx.text.rfind("\n", 0, keyword_range.start) + 1 : keyword_range.start].removeprefix("\ufeff")
    return f"{indent}{'arg' if keyword.islower() else 'ARG'} {' '.join(names)}{line_end(ctx, instruction)}"


def line_end(ctx: RuleContext, instruction: Instruction) -> str:
    """How the lines around an instruction end."""
    end = ctx.text.find("\n", instruction.start)
    if end < 0:
        end = ctx.text.rfind("\n", 0, instruction.start)
    return "\r\n" if end > 0 and ctx.text[end - 1] == "\r" else "\n"


def start_with_comments(ctx: RuleContext, instruction: Instruction) -> int:
    """The start of an instruction's first line, or of the comment lines that stand right on top of it."""
    start = instruction.start
    by_line = {ctx.text.rfind("\n", 0, it.range.start) + 1: it for it in ctx.dockerfile.comments}
    while start > 0:
        line = ctx.text.rfind("\n", 0, start - 1) + 1
        if line not in by_line:
            break
        start = line
    return start


def remove_line(ctx: RuleContext, instruction: Instruction, *, with_comments: bool) -> Edit:
    """Delete the lines of an instruction, and with it the comment lines on top of it if they are its own."""
    start = start_with_comments(ctx, instruction) if with_comments else instruction.start
    end = ctx.text.find("\n", instruction.end)
    if end < 0:
        # The last line has no end, so the one before it loses its own.
        start = max(0, start - len(line_end(ctx, instruction)))
        return Edit(TextRange(start, len(ctx.text)), "")
    return Edit(TextRange(start, end + 1), "")


def remove_argument(ctx: RuleContext, idx: int, names: Iterable[str]) -> list[Edit]:
    """Take names out of an ARG; the whole line where nothing is left."""
    instruction = ctx.instruction(idx)
    node = instruction.node
    assert isinstance(node, Arg), "arguments are declared by ARG"
    gone = {*names}
    kept = [it for it in node.pairs if it.name.text not in gone]
    if not kept:
        return [remove_line(ctx, instruction, with_comments=True)]
    edits: list[Edit] = []
    for position, pair in enumerate(node.pairs):
        if pair.name.text not in gone:
            continue
        range_ = instruction.range_of(pair)
        if position > 0:
            start = instruction.range_of(node.pairs[position - 1]).end
            edits.append(Edit(TextRange(start, range_.end), ""))
        else:
            edits.append(Edit(TextRange(range_.start, instruction.range_of(node.pairs[1]).start), ""))
    return edits


def set_variables(ctx: RuleContext, use: Use, crossing: CrossCompilation) -> list[Edit]:
    """Set variables directly in front of a command, behind the assignments that stand there."""
    offset = ctx.instruction(use.instruction).start + use.invocation.command.insertion
    text = "".join(f"{name}={value} " for name, value in crossing.assignments)
    return [Edit(TextRange(offset, offset), text)]
