"""A comment after the arguments of an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import indentation, insert_lines
from buildxray.semantics.build import Instruction
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Copying, Env, Node, Span, User, Volume, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_COMMENT: Final = lazy_regex(r"(?<=\s)#(?=\s|$)")
_WORD: Final = lazy_regex(r"(?<=\s)#")
_NOT_PLAIN: Final = lazy_regex(r"\[|<<")
"""Texts after which a `#` may not begin a comment: broken JSON, which is another mistake, and heredocs."""
_QUOTED: Final = lazy_regex(r"""(?P<closed>"(?:\\.|[^"\\])*"|'[^']*')|["']|(?<=\s)#(?=\s|$)""", re.DOTALL)
"""A text in quotes, a quote that is not closed, or a comment."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.HASH])
def comment_as_argument(ctx: RuleContext) -> Iterator[Finding]:
    """A comment after the arguments of an instruction is read as more arguments.

    ## What it does
    Looks for a word `#` after the arguments of WORKDIR, USER, COPY, ADD, VOLUME, ARG and the old form of ENV, and for a word that begins
    with it after those of WORKDIR, USER, VOLUME and ARG, and after the destination of COPY and ADD. BuildKit refuses the
    other instructions with such a comment, or passes it to a shell, which supports comments.

    ## Why it matters
    In a Dockerfile only a whole line is a comment: `WORKDIR /app # sources` creates a directory `/app # sources`, and `COPY a b /srv #
    files` copies to the directory `files`. After an ARG it is information: the words are names of arguments that nothing uses.

    ## Example
    ```dockerfile
    FROM alpine
    WORKDIR /app # sources
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    # sources
    WORKDIR /app
    ```

    ## Fix safety
    A suggestion: the comment becomes a separate line, which changes the image, as intended.

    ## Limits
    Not reported if the `#` is in quotes. A word such as `#notes` may be the name of a file, unless a path that is absolute, or
    begins or ends like a directory, comes before it and is not the first.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Workdir | User | Copying | Volume | Arg | Env) or node.problems:
            continue
        text = node.text
        start = _start(text)
        if start is None or _NOT_PLAIN.search(text, 0, start):
            continue
        if _COMMENT.match(text, start) is None and not _may_end(node, text[:start].split()):
            continue
        # The keyword and an argument; the old form of ENV has a name and a value.
        is_old_form = isinstance(node, Env) and "=" not in text[:start]
        if len(text[:start].split()) < (3 if is_old_form else 2):
            continue
        end = len(text.rstrip())
        comment = text[start:end]
        message = _(
            "`{comment}` is not a comment here: {keyword} takes it as arguments",
            comment=comment,
            keyword=instruction.keyword,
        )
        range_ = instruction.range_of(Span(start, end))
        is_harmless = isinstance(node, Arg) and "=" not in comment
        severity = Severity.INFORMATION if is_harmless else None
        yield Finding(range_, message, _moved(instruction, comment, range_), severity=severity)


def _start(text: str) -> int | None:
    """Where what looks like a comment begins: at a word `#` outside of quotes, or at one that begins with it where no quotes are before; None without one."""
    found = next((it for it in _QUOTED.finditer(text) if it["closed"] is None), None)
    if found is not None and found[0] == "#":
        return found.start()
    word = _WORD.search(text)
    is_plain = word is not None and not set("\"'") & set(text[: word.start()])
    return word.start() if word is not None and is_plain else None


def _may_end(node: Node, words: list[str]) -> bool:
    """True if the words before a `#word` are the whole instruction, as far as they tell."""
    if not isinstance(node, Copying):
        return not isinstance(node, Env)
    return len([it for it in words if not it.startswith("--")]) > 2 and (
        words[-1].startswith(("/", "./", "$")) or words[-1].endswith(("/", "."))
    )


def _moved(instruction: Instruction, comment: str, range_: TextRange) -> tuple[Fix, ...]:
    """The fix that moves the comment to a line of its own; none for an instruction of several lines."""
    text = instruction.build.text
    if "\n" in text[instruction.range.start : instruction.range.end]:
        return ()
    before = len(text[: range_.start].rstrip(" \t"))
    edits = (
        insert_lines(instruction, [f"{indentation(instruction)}{comment}"]),
        Edit(TextRange(before, range_.end), ""),
    )
    return (Fix(_("Make the comment a line of its own"), edits, Safety.SUGGESTION),)
