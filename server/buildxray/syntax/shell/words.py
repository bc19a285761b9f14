"""Read the words of a command: their parts, and their values as far as the text tells them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import Elements, Parameter, Part, ShellWord, Substitution
from buildxray.syntax.shell.source import ShellText
from buildxray.syntax.text import TextRange

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

Substitutions = Mapping[int, Substitution]
"""The substitutions in a text by the start byte of their nodes."""

_EXPANDED: Final = frozenset(
    {"arithmetic_expansion", "command_substitution", "expansion", "process_substitution", "simple_expansion"}
)
_SET_ELEMENTS: Final = lazy_regex(r'\$\{(\w+)\[[@*]\](?::?-|:?\+"?\$\{\1\[[@*]\]\}"?)\}')
"""The elements of an array, written so that an older shell takes an empty one for set: `${NAME[@]+"${NAME[@]}"}`."""
_PLAIN_WORDS: Final = frozenset({"command_name", "number", "word"})
_PLAIN: Final = lazy_regex(r"[\w./:=,+@%-]+", re.ASCII)
"""A word that the shell leaves unchanged in any context."""


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with adjacent texts joined and empty texts removed."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["$`\\])', r"\1", text) if "\\" in text else text


def read_word(node: SyntaxNode, text: ShellText, substitutions: Substitutions) -> ShellWord:
    """Read a node of a word; `substitutions` has those that are already read."""
    written, range_ = text.placed(node)
    if node.type in _PLAIN_WORDS and _PLAIN.fullmatch(written) is not None:
        return ShellWord(written, written, range_)
    if node.has_error and written[-1:].isspace():
        # The sign that ends a half-typed substitution is missing after the line end, which is not part of the word.
        start, _end = text.span(node)
        written = written.rstrip()
        range_ = text.range_of(start, start + len(written))
    parts = _joined(_parts(node, text, substitutions))
    value = "" if not parts else parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
    if value is not None:
        return ShellWord(written, value, range_)
    return ShellWord(written, None, range_, tuple(text.variables_in(node)), parts)


def joined_words(words: Iterable[ShellWord]) -> list[ShellWord]:
    """Join words without a blank between them, which the shell reads as one."""
    whole: list[ShellWord] = []
    for word in words:
        before = whole[-1] if whole else None
        if before is None or before.range.end != word.range.start:
            whole.append(word)
            continue
        parts = _joined(part for it in (before, word) for part in (it.parts if it.value is None else (it.value,)))
        value = before.value + word.value if before.value is not None and word.value is not None else None
        range_ = TextRange(before.range.start, word.range.end)
        variables = (*before.variables, *word.variables)
        whole[-1] = ShellWord(before.text + word.text, value, range_, variables, () if value is not None else parts)
    return whole


def _parts(node: SyntaxNode, text: ShellText, substitutions: Substitutions) -> Iterator[Part]:
    """The parts of a word, without quotes."""
    match node.type:
        case "word" | "number" | "extglob_pattern" | "regex" | "variable_name" | "test_operator":
            if any(it.type in _EXPANDED for it in node.named_children):
                yield None
            else:
                yield re.sub(r"\\(.)", r"\1", text.of(node), flags=re.DOTALL)
        case "raw_string":
            yield text.of(node)[1:-1]
        case "ansi_c_string" if "\\" not in (written := text.of(node)):
            yield written[2:-1]
        case "string":
            yield from _quoted_parts(node, text, substitutions)
        case "command_name" | "concatenation":
            for child in node.children:
                yield from _parts(child, text, substitutions)
        case "simple_expansion" | "expansion":
            yield _parameter(node, text, substitutions)
        case "command_substitution":
            yield substitutions.get(node.start_byte)
        case "array":
            yield _elements(node, text, substitutions)
        case _ if not node.is_named:
            yield text.of(node)
        case _:
            yield None


def _quoted_parts(node: SyntaxNode, text: ShellText, substitutions: Substitutions) -> Iterator[Part]:
    """The parts of a string in double quotes; the grammar omits blanks between expansions."""
    start, end = text.span(node)
    position = start + 1
    for child in node.named_children:
        if child.type in _EXPANDED:
            # The grammar includes the blanks before an expansion in its node.
            first, last = text.span(child)
            first += len(text.text[first:last]) - len(text.text[first:last].lstrip())
            yield _unescaped(text.text[position:first])
            yield from _parts(child, text, substitutions)
            position = last
    yield _unescaped(text.text[position : end - 1])


def _elements(node: SyntaxNode, text: ShellText, substitutions: Substitutions) -> Elements | None:
    """The elements of an array; None if they have keys."""
    children = [it for it in node.named_children if it.type != "comment"]
    if any(text.of(it).startswith("[") for it in children):
        return None
    return Elements(tuple([read_word(it, text, substitutions) for it in children]))


def _parameter(node: SyntaxNode, text: ShellText, substitutions: Substitutions) -> Part:
    children = [it for it in node.children if it.type not in ("$", "${", "}")]
    if children and children[0].type == "subscript":
        name, index = children[0].children[0], text.of(children[0]).partition("[")[2]
        if index in ("@]", "*]") and (len(children) == 1 or _SET_ELEMENTS.fullmatch(text.of(node)) is not None):
            return Parameter(text.of(name), f"[{index}")
        if index == "0]":
            # The name alone means the same.
            children[0] = name
    if not children or children[0].type != "variable_name":
        return None
    name, *rest = children
    if not rest:
        return Parameter(text.of(name))
    operator, *operands = rest
    if operator.is_named and operator.type != "test_operator":
        return None
    sign = text.of(operator)
    slashes = [idx for idx, it in enumerate(operands) if text.of(it) == "/" and not it.is_named]
    if sign in ("/", "//"):
        at = slashes[0] if slashes else len(operands)
        pattern, replacement = operands[:at], operands[at + 1 :]
    else:
        pattern, replacement = operands, []
    # The grammar leaves out the blanks before a pattern: `${list%% *}`.
    blanks = text.text[text.span(operator)[1] : text.span(pattern[0])[0]] if pattern else ""
    return Parameter(
        text.of(name),
        sign,
        _joined((blanks, *(it for child in pattern for it in _parts(child, text, substitutions)))),
        _joined(it for child in replacement for it in _parts(child, text, substitutions)),
    )
