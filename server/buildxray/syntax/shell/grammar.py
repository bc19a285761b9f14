"""Read parts of a syntax tree by the names that the grammar of tree-sitter-bash has for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from buildxray.syntax.shell.model import Command, Condition
from buildxray.syntax.shell.source import ShellText

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

LONGEST_CONDITION: Final = 200
"""Code points of a condition that are kept as its text."""
WORD_TYPES: Final = frozenset(
    {
        "ansi_c_string",
        "arithmetic_expansion",
        "brace_expression",
        "command_name",
        "command_substitution",
        "concatenation",
        "expansion",
        "extglob_pattern",
        "number",
        "process_substitution",
        "raw_string",
        "regex",
        "simple_expansion",
        "string",
        "translated_string",
        "word",
    }
)
"""The types of nodes that are a word of a command."""


def end_before(operator: SyntaxNode | None, text: ShellText) -> int:
    """The offset of the end of the text before an operator, without trailing blanks."""
    end = len(text.text) if operator is None else text.span(operator)[0]
    while end > 0 and text.text[end - 1].isspace():
        end -= 1
    return end


def condition_of(
    kind: Literal["if", "case", "and", "or", "for", "while"],
    node: SyntaxNode,
    text: ShellText,
    commands: tuple[Command, ...],
) -> Condition:
    """The condition whose text is a node; `commands` are those that it runs."""
    names = dict.fromkeys(it.name for it in text.variables_in(node))
    return Condition(kind, text.range(node), text.of(node), tuple(names), commands)


def operands(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """The operands and operators of a test in the order of the text, without brackets."""
    todo = [*reversed(node.children)]
    while todo:
        child = todo.pop()
        if child.type in ("binary_expression", "unary_expression", "parenthesized_expression", "negated_expression"):
            todo += reversed(child.children)
        elif child.type not in ("[", "]", "[[", "]]"):
            yield child


def goes_into_file(node: SyntaxNode, text: ShellText) -> bool:
    """True if the standard output of a statement is redirected to a file: `> file`, but not `2> file` or `>&2`."""
    if not text.has_redirects:
        return False
    redirects = (text.of(it) for it in node.named_children if it.type == "file_redirect")
    return any(re.match(r"1?>(?!&)|&>", it) for it in redirects)


def types_in(node: SyntaxNode) -> set[str]:
    """The types of a node and of all nodes in it."""
    types: set[str] = set()
    todo = [node]
    while todo:
        current = todo.pop()
        types.add(current.type)
        todo += current.named_children
    return types
