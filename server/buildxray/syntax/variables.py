"""Find the variables that an instruction uses, whether BuildKit or the shell of a RUN expands them.

CMD, ENTRYPOINT and HEALTHCHECK are left out: their variables belong to the running container.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.syntax.instruction_table import EXPANDED_FLAGS
from buildxray.syntax.instructions import (
    Arg,
    Copying,
    Expose,
    From,
    Instruction,
    Node,
    Onbuild,
    OneValue,
    Run,
    Span,
    Volume,
    WithPairs,
    of_node,
)
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import VariableUse, lex
from buildxray.syntax.shell import ShellVariable, read_script
from buildxray.syntax.text import TextRange

_DEFAULT: Final = lazy_regex(":?[-+]")


class VariableReference(NamedTuple):
    """A use of a variable's value."""

    name: str
    range: TextRange
    """The range in the document, at least from `$` to the end of the name; for the shell, up to the end of the operand."""
    name_range: TextRange
    is_shell: bool
    """True if the shell of a RUN expands the variable, False if BuildKit does."""
    has_default: bool
    """True if an operator supplies a value for an unset variable: `${NAME:-default}`."""


def variable_references(
    instruction: Instruction, escape: str, shell: tuple[str, ...] = ("/bin/sh", "-c")
) -> tuple[VariableReference, ...]:
    """All uses of variables in an instruction, in the order of the text; never raises.

    `escape` is the escape token of the file, `shell` the command of the SHELL in force.
    """
    references = _relative_references(instruction.node, escape, shell)
    start = instruction.start
    return tuple(
        [it._replace(range=it.range.shifted(start), name_range=it.name_range.shifted(start)) for it in references]
    )


@of_node
def variable_names(node: Node, escape: str, shell: tuple[str, ...]) -> frozenset[str]:
    """The names of all variables that an instruction uses, as in `variable_references`."""
    expanded = [it.use.name for it in _expanded_uses(node, escape)]
    return frozenset(expanded).union([it.name for it in _in_script(node, shell)])


@of_node
def _relative_references(node: Node, escape: str, shell: tuple[str, ...]) -> tuple[VariableReference, ...]:
    """The references in a node, their ranges relative to its start."""
    instruction = Instruction(node, 0, 0, 1, 1)
    in_script = [
        VariableReference(it.name, it.range, it.name_range, is_shell=True, has_default=it.has_default)
        for it in _in_script(node, shell)
    ]
    references = [*_expanded(instruction, node, escape), *in_script]
    return tuple(sorted(references, key=lambda it: it.range))


def _in_script(node: Node, shell: tuple[str, ...]) -> tuple[ShellVariable, ...]:
    """The variables that the shell of a RUN, or of an ONBUILD RUN, expands."""
    run = node.trigger if isinstance(node, Onbuild) else node
    return read_script(run, shell).variables if isinstance(run, Run) else ()


def _expanded(instruction: Instruction, node: Node, escape: str) -> Iterator[VariableReference]:
    """The references that BuildKit expands."""
    for use, text, start, in_heredoc in _expanded_uses(node, escape):
        range_, name_range = use.range.shifted(start), use.name_range.shifted(start)
        if in_heredoc:
            range_, name_range = range_.shifted(instruction.start), name_range.shifted(instruction.start)
        else:
            range_, name_range = instruction.range_of(Span(*range_)), instruction.range_of(Span(*name_range))
        has_default = _has_default(text, use.name_range)
        yield VariableReference(use.name, range_, name_range, is_shell=False, has_default=has_default)


def _expanded_uses(node: Node, escape: str) -> Iterator[_ExpandedUse]:
    """The uses of variables that BuildKit expands in a node, or in the trigger of an ONBUILD."""
    if "$" in node.text:
        for span in _expanded_spans(node):
            text = node.text[slice(*span)]
            for use in lex(text, escape).uses:
                yield _ExpandedUse(use, text, span.start, in_heredoc=False)
    if isinstance(node, Copying):
        for heredoc in node.heredocs:
            for use in lex(heredoc.content, quotes=False).uses if heredoc.marker.expand else ():
                yield _ExpandedUse(use, heredoc.content, heredoc.start, in_heredoc=True)
    if isinstance(node, Onbuild) and node.trigger is not None:
        yield from _expanded_uses(node.trigger, escape)


class _ExpandedUse(NamedTuple):
    use: VariableUse
    text: str
    """The text that BuildKit expands."""
    start: int
    """The offset of the text: in the logical text of the node, or for a heredoc from the start of the instruction."""
    in_heredoc: bool


def _has_default(text: str, name_range: TextRange) -> bool:
    is_braced = text[name_range.start - 1 : name_range.start] == "{"
    return is_braced and _DEFAULT.match(text, name_range.end) is not None


def _expanded_spans(node: Node) -> Iterator[Span]:
    """The spans of the logical text that BuildKit expands."""
    flags = EXPANDED_FLAGS.get(type(node), frozenset())
    yield from (it.value.span for it in node.flags if it.name.text in flags and it.value is not None)
    match node:
        case From():
            yield from (it.span for it in node.arguments[:1])
        case WithPairs():
            for pair in node.pairs:
                if not isinstance(node, Arg):
                    yield pair.name.span
                if pair.value is not None:
                    yield pair.value.span
        case Copying() | Expose() | OneValue() | Volume():
            yield from (it.span for it in node.arguments)
        case _:
            pass
