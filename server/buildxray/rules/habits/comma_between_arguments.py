"""Commas between the arguments of an instruction become parts of the arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add, Arg, Copy, Copying, Env, Label, Token, Volume
from buildxray.syntax.text import Edit, TextRange

_SEPARATED: Final = frozenset({Add, Arg, Copy, Env, Label, Volume})
"""The instructions with several arguments."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.SEPARATOR])
def comma_between_arguments(ctx: RuleContext) -> Iterator[Finding]:
    """Commas between the arguments of an instruction become parts of the arguments.

    ## What it does
    Looks for COPY, ADD and VOLUME where a comma ends each path but the last, and for ENV, ARG and LABEL where a comma or a semicolon ends each pair
    but the last.

    ## Why it matters
    Arguments are separated by blanks. `COPY a, b /srv/` looks for a file called `a,`, and after `ENV A=1, B=2` the value of `A` is `1,`.

    ## Example
    ```dockerfile
    FROM alpine
    ENV LANG=C.UTF-8, TZ=UTC
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ENV LANG=C.UTF-8 TZ=UTC
    ```

    ## Fix safety
    A suggestion: a name or a value may end with a comma.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if node.__class__ not in _SEPARATED or ("," not in node.logical.text and ";" not in node.logical.text):
            continue
        if not isinstance(node, Arg | Copying | Env | Label | Volume) or node.is_json or node.problems or node.heredocs:
            continue
        separated = (
            node.arguments[:-2] if isinstance(node, Copying) and len(node.arguments) > 2 else node.arguments[:-1]
        )
        for separator in "," if isinstance(node, Copying | Volume) else ",;":
            if not separated or not all(_ends(it, separator) for it in separated):
                continue
            if isinstance(node, Env | Label) and len(node.pairs) < len(node.arguments):
                continue
            if any("[" in it.text for it in node.arguments):
                continue
            ends = [instruction.range_of(it).end for it in node.arguments if it.text.endswith(separator)]
            edits = tuple(Edit(TextRange(end - 1, end), "") for end in ends)
            fix = Fix(_("Separate by blanks"), edits, Safety.SUGGESTION)
            place = TextRange(ends[0] - 1, ends[0])
            message = _(
                "blanks separate arguments: this `{separator}` belongs to `{text}`",
                separator=separator,
                text=separated[0].text,
            )
            yield Finding(place, message, (fix,))


def _ends(argument: Token, separator: str) -> bool:
    return argument.text.endswith(separator) and len(argument.text) > 1
