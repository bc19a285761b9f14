"""Join the tokens of a template, the text and the interpolations and directives in it, into its parts.

Source: HCL, hclsyntax/spec.md, "Template Expressions".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from buildxray.projects.hcl import syntax
from buildxray.projects.hcl.syntax import Expression, TemplatePart


class Token:
    """A part of a template before directives are matched."""

    __slots__ = ("expression", "kind", "names", "strips_after", "strips_before", "text")

    def __init__(self, kind: str, text: str = "", expression: Expression | None = None) -> None:
        self.kind = kind
        self.text = text
        self.expression = expression
        self.names = ("", "")
        self.strips_before = False
        self.strips_after = False


def n_nested(tokens: Sequence[Token]) -> int:
    """The most directives, `%{ if }` and `%{ for }`, that are open at one place of a template."""
    steps = ((it.kind in {"if", "for"}) - (it.kind == "end") for it in tokens)
    return max(accumulate(steps), default=0)


def strip_white_space(tokens: Sequence[Token]) -> None:
    """Effect: remove the white space next to `~`."""
    for position, token in enumerate(tokens):
        if token.strips_before and position > 0:
            tokens[position - 1].text = tokens[position - 1].text.rstrip()
        if token.strips_after and position + 1 < len(tokens):
            tokens[position + 1].text = tokens[position + 1].text.lstrip()


def remove_indentation(tokens: Sequence[Token]) -> None:
    """Effect: remove the common indentation of a heredoc with `<<-` (HCL: flushHeredocTemplateParts)."""
    texts = [it.text.splitlines(keepends=True) if it.kind == "text" else None for it in tokens]
    smallest: int | None = None
    starts_line = True
    starts: list[tuple[int, int]] = []
    for position, lines in enumerate(texts):
        if lines is None:
            smallest = 0 if starts_line else smallest
            starts_line = False
            continue
        for index, line in enumerate(lines):
            is_blank = not line.strip() and line.endswith("\n")
            if starts_line and not is_blank:
                indentation = len(line) - len(line.lstrip())
                smallest = indentation if smallest is None else min(smallest, indentation)
                starts.append((position, index))
            starts_line = line.endswith("\n")
    for position, index in starts:
        lines = texts[position] or []
        lines[index] = lines[index][smallest or 0 :]
    for token, lines in zip(tokens, texts, strict=True):
        if lines is not None:
            token.text = "".join(lines)


def template_parts(tokens: Iterator[Token]) -> Iterator[TemplatePart]:
    """The parts up to the end of a directive or of the template."""
    for token in tokens:
        if token.kind == "text" and token.text:
            yield token.text
        elif token.kind == "value" and token.expression is not None:
            yield token.expression
        elif token.kind == "for" and token.expression is not None:
            yield syntax.TemplateFor(*token.names, token.expression, (*template_parts(tokens),))
        elif token.kind == "if" and token.expression is not None:
            branches: list[list[TemplatePart]] = [[]]
            for part in _parts_with_else(tokens):
                if part is None:
                    branches.append([])
                else:
                    branches[-1].append(part)
            yield syntax.TemplateIf(token.expression, (*branches[0],), (*(branches[1] if len(branches) > 1 else ()),))
        elif token.kind in {"end", "else"}:
            return


def _parts_with_else(tokens: Iterator[Token]) -> Iterator[TemplatePart | None]:
    """The parts of both branches of `%{ if }`, with None between them."""
    for token in tokens:
        if token.kind == "end":
            return
        if token.kind == "else":
            yield None
        else:
            yield from template_parts(_then(token, tokens))


def _then(first: Token, rest: Iterator[Token]) -> Iterator[Token]:
    """Yield a token, and if it opens a directive the tokens of `rest` up to its end."""
    yield first
    depth = int(first.kind in {"if", "for"})
    while depth > 0:
        token = next(rest, None)
        if token is None:
            return
        depth += (token.kind in {"if", "for"}) - (token.kind == "end")
        yield token
