"""A flag is written with one dash, so it is not a flag."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import Add, Copy, Run
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_FIRST_WORD: Final = lazy_regex("(?P<dash>-|\N{EN DASH}|\N{EM DASH})(?P<name>[a-z-]+)(?P<value>=\\S*)?(?=\\s|$)")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.DASH])
def single_dash_flag(ctx: RuleContext) -> Iterator[Finding]:
    """A flag is written with one dash, so it is not a flag.

    ## What it does
    Looks for `-mount=…`, `-from=…` and the other flags of RUN, COPY and ADD after a single dash, or after a long dash that a word processor has
    made of two.

    ## Why it matters
    BuildKit reads the word as the command of RUN, or as a file to copy. The build fails at that step.

    ## Example
    ```dockerfile
    FROM alpine
    RUN -network=none ls -l /etc
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN --network=none ls -l /etc
    ```

    ## Fix safety
    A suggestion: a file may have this name.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Add | Copy | Run) or node.is_json or node.heredocs or not node.arguments:
            continue
        match = _FIRST_WORD.match(node.arguments[0].text)
        if match is None or match["name"] not in INSTRUCTION_KINDS[node.name].flags:
            continue
        start = instruction.range_of(node.arguments[0]).start
        place = TextRange(start, start + match.end())
        if ctx.text[slice(*place)] != match[0]:
            continue
        fix = Fix(
            _("Write `{name}`", name=f"--{match['name']}"),
            (Edit(TextRange(start, start + match.end("dash")), "--"),),
            Safety.SUGGESTION,
        )
        message = _("a flag begins with two dashes: this is read as a file to copy")
        if isinstance(node, Run):
            message = _("a flag begins with two dashes: this is read as the command")
        yield Finding(place, message, (fix,))
