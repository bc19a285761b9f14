"""Texts of instructions in another form that means the same."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.arguments import quoted_words
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Node, Pair
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import ExpansionError

_PLAIN: Final = lazy_regex(r"[\w@%+:,./-]+")
"""A word in which no shell sees more than its characters."""
_OF_THE_SHELL: Final = frozenset(
    [
        ".",
        ":",
        "alias",
        "bg",
        "break",
        "case",
        "cd",
        "command",
        "continue",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "eval",
        "exec",
        "exit",
        "export",
        "fg",
        "fi",
        "for",
        "function",
        "if",
        "jobs",
        "local",
        "read",
        "readonly",
        "return",
        "select",
        "set",
        "shift",
        "source",
        "then",
        "time",
        "trap",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "until",
        "wait",
        "while",
    ]
)
"""Words that begin a command and are no program."""


def plain_words(node: Node) -> list[str] | None:
    """The words of a shell text that only starts one program; None for any other text."""
    if node.is_json or len(node.arguments) != 1 or node.heredocs:
        return None
    words = node.arguments[0].text.split()
    if not all(_PLAIN.fullmatch(it) for it in words) or not words or words[0] in _OF_THE_SHELL:
        return None
    return words


def modern_value(pair: Pair, escape: str) -> str | None:
    """The text after `NAME=` that means the value of `NAME value`; None if no simple form does."""
    if pair.value is None:
        return None
    value = pair.value.text
    # Quotes inside of quotes would mean the right value by chance: `""a" b"`.
    without_quotes = value.replace('"', "")
    for candidate in (value, f'"{without_quotes}"'):
        text = f"{pair.name.text}={candidate}"
        words = quoted_words(text, 0, len(text), escape)
        if len(words) == 1 and words[0].text == text and _means_the_same(value, candidate, escape):
            return candidate
    return None


def _means_the_same(one: str, other: str, escape: str) -> bool:
    """True if BuildKit expands two texts alike, whatever the variables are."""
    try:
        for lookup in (lambda _name: None, lambda name: f"<{name} 'x\" \\>", lambda _name: ""):
            if expand_text(one, escape, lookup) != expand_text(other, escape, lookup):
                return False
    except ExpansionError:
        return False
    return True
