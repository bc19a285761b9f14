"""A text that resembles a JSON array is not valid JSON, so it is read as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add, Cmd, Copy, Entrypoint, Run, Volume
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_LIKE_JSON: Final = lazy_regex(
    r"\[(?:['\"\u201c\u2018]|\s+(?P<quote>['\"])[^'\"]*(?P=quote)\s*[,\]]|\s*[\w./:@-]+\s*,[^\]\[]*\]\s*$)"
)
"""The start of an array; after a blank only if the rest looks like one, because `[ "$A" = b ]` is a test of the shell."""

_WITH_ARRAY: Final = (Add, Cmd, Copy, Entrypoint, Run, Volume)


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.BRACKET])
def broken_json(ctx: RuleContext) -> Iterator[Finding]:
    """An argument looks like a JSON array but is not valid JSON, so it is read as text.

    ## What it does
    Looks for arguments of CMD, ENTRYPOINT, RUN, COPY, ADD and VOLUME that begin with a bracket like an array, and are not JSON: a
    quote, a comma or a bracket is missing, quotes are single, or there is a comma too many.

    ## Why it matters
    BuildKit reports nothing. A shell reads the text, and `[` is the name of a program; COPY, ADD and VOLUME read each word as a path.

    ## Example
    ```dockerfile
    FROM alpine
    CMD ['httpd', '-f']
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    CMD ["httpd", "-f"]
    ```

    ## Fix safety
    A suggestion, if other quotes, a bracket at the end, or one comma more or less make it valid JSON.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if "[" not in node.text or not isinstance(node, _WITH_ARRAY):
            continue
        if node.is_json or not node.arguments or node.problems:
            continue
        place = _arguments(instruction)
        text = ctx.text[slice(*place)]
        if "\n" in text or not _LIKE_JSON.match(text):
            continue
        message = _("this is not JSON, so a shell gets it as text, brackets included")
        if isinstance(node, Add | Copy | Volume):
            message = _("this is not JSON, so each word of it is a path, brackets included")
        yield Finding(place, message, tuple(_repaired(text, place)))


def _arguments(instruction: Instruction) -> TextRange:
    tokens = instruction.node.arguments
    return TextRange(instruction.range_of(tokens[0]).start, instruction.range_of(tokens[-1]).end)


def _repaired(text: str, place: TextRange) -> Iterator[Fix]:
    quoted = re.sub("[\u201c\u201d]", '"', text)
    if '"' not in quoted:
        quoted = re.sub("['\u2018\u2019]", '"', quoted)
    words = re.sub(r"""(?<=[\[,])(\s*)([^\s"',\[\]]+)(?=\s*[,\]])""", r'\1"\2"', quoted)
    without_comma = re.sub(r",\s*\]$", "]", quoted)
    for candidate in (quoted, f"{quoted}]", without_comma, re.sub(r'"\s+"', '", "', quoted), words):
        try:
            array = json.loads(candidate)
        except ValueError:
            continue
        if all(isinstance(it, str) for it in array):
            yield Fix(_("Write it as JSON"), (Edit(place, candidate),), Safety.SUGGESTION)
            return
