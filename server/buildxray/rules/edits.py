"""Edits that read as if a careful person had typed them.

Every function gives edits of the text of the context; nothing but what it says changes, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Flag, From, Instruction, Span, WithPairs
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


def remove_flag(instruction: Instruction, flag: Flag) -> Edit:
    """Take a flag out, with the blanks behind it."""
    range_ = instruction.range_of(flag)
    text = instruction.node.text
    behind = len(text[flag.span.end :]) - len(text[flag.span.end :].lstrip(" \t"))
    return Edit(TextRange(range_.start, instruction.range_of(Span(flag.span.start, flag.span.end + behind)).end), "")


def declare_arguments(ctx: RuleContext, idx: int, names: Iterable[str]) -> list[Edit]:
    """Declare those arguments that are not in scope directly before an instruction, on one line."""
    scopes = ctx.facts.scopes(idx)
    missing = [name for name in dict.fromkeys(names) if all(it.environment.get(name) is None for it in scopes)]
    return [declare(ctx, idx, missing)] if missing else []


def declare(ctx: RuleContext, idx: int, names: Iterable[str]) -> Edit:
    """An ARG line directly before an instruction, cased as it is; the names in BuildKit's order."""
    keyword = "arg" if ctx.node(idx).keyword.text.islower() else "ARG"
    return insert_lines(ctx, idx, [f"{indentation(ctx, ctx.instruction(idx))}{keyword} {' '.join(in_order(names))}"])


def in_order(names: Iterable[str]) -> list[str]:
    """Names of automatic arguments as BuildKit lists them."""
    return sorted({*names}, key=lambda it: (_ORDER.get(it, len(_ORDER)), it))


def insert_lines(ctx: RuleContext, idx: int, lines: Iterable[str]) -> Edit:
    """Insert lines, given without their ends, directly before an instruction.

    Comment lines that stand right on top of the instruction stay with it.
    """
    instruction = ctx.instruction(idx)
    start = start_with_comments(ctx, instruction)
    end = line_end(ctx, instruction)
    return Edit(TextRange(start, start), "".join(line + end for line in lines))


def indentation(ctx: RuleContext, instruction: Instruction) -> str:
    """The blanks in front of an instruction."""
    return ctx.text[instruction.start : instruction.range.start].removeprefix("\ufeff")


def line_end(ctx: RuleContext, instruction: Instruction) -> str:
    """How the lines around an instruction end."""
    end = ctx.text.find("\n", instruction.start)
    if end < 0:
        end = ctx.text.rfind("\n", 0, instruction.start)
    return "\r\n" if end > 0 and ctx.text[end - 1] == "\r" else "\n"


def start_with_comments(ctx: RuleContext, instruction: Instruction) -> int:
    """The start of an instruction's first line, or of the comment lines that stand right on top of it."""
    start = instruction.start
    commented = {ctx.text.rfind("\n", 0, it.range.start) + 1 for it in ctx.dockerfile.comments}
    while start > 0:
        line = ctx.text.rfind("\n", 0, start - 1) + 1
        if line not in commented:
            break
        start = line
    return start


def remove_line(ctx: RuleContext, instruction: Instruction, *, with_comments: bool) -> Edit:
    """Delete the lines of an instruction, and perhaps the comment lines on top of it."""
    start = start_with_comments(ctx, instruction) if with_comments else instruction.start
    end = ctx.text.find("\n", instruction.end)
    if end < 0:
        # The last line has no end, so the one before it loses its own.
        start = max(0, start - len(line_end(ctx, instruction)))
        return Edit(TextRange(start, len(ctx.text)), "")
    return Edit(TextRange(start, end + 1), "")


def remove_pairs(ctx: RuleContext, idx: int, positions: Iterable[int]) -> list[Edit]:
    """Take pairs out of an ARG or ENV; the whole line, with the comments on top of it, where none is left."""
    instruction = ctx.instruction(idx)
    node = instruction.node
    assert isinstance(node, WithPairs), "only instructions with pairs have some to remove"
    gone = {*positions}
    ranges = [instruction.range_of(it) for it in node.pairs]
    if len(gone) == len(ranges):
        return [remove_line(ctx, instruction, with_comments=True)]
    # Each goes with the blanks behind it; the last ones go with those in front of them.
    n_kept_to_end = max(position for position in range(len(ranges)) if position not in gone) + 1
    edits = [Edit(TextRange(ranges[it].start, ranges[it + 1].start), "") for it in sorted(gone) if it < n_kept_to_end]
    if n_kept_to_end < len(ranges):
        edits.append(Edit(TextRange(ranges[n_kept_to_end - 1].end, ranges[-1].end), ""))
    return edits


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """The edits, deletions that overlap made one.

    They do where the last lines of a text go, whose last one takes the line end in front of it along.
    """
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda it: it.range):
        last = found[-1] if found else None
        if last is not None and not last.new_text and not edit.new_text and edit.range.start < last.range.end:
            n_line_end = last.range.end - edit.range.start
            found[-1] = Edit(TextRange(max(0, last.range.start - n_line_end), edit.range.end), "")
        else:
            found.append(edit)
    return found


def set_target(ctx: RuleContext, use: Use, crossing: CrossCompilation) -> list[Edit]:
    """Tell a command its target: by variables directly in front of it, and by options behind its title."""
    instruction, command = ctx.instruction(use.instruction), use.invocation.command
    edits: list[Edit] = []
    if crossing.assignments:
        offset = instruction.start + command.insertion
        text = "".join(f"{name}={value} " for name, value in crossing.assignments)
        edits.append(Edit(TextRange(offset, offset), text))
    if crossing.options:
        offset = instruction.place(command.words[use.title_words - 1].range).end
        edits.append(Edit(TextRange(offset, offset), f" {crossing.options}"))
    return edits
