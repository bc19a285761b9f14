"""A text that resembles a JSON array is not valid JSON, so it is read as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.broken_arrays import broken_array
from buildxray.rules.fixing.edits import indentation, insert_lines
from buildxray.semantics.build import Instruction
from buildxray.semantics.errors import array_from
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add, Copy, Healthcheck, Volume
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_WITH_COMMENT: Final = lazy_regex(r"(?P<array>\[.*?\])[ \t]*(?P<comment>#.*)")
_OR_FAILS: Final = lazy_regex(r"(?P<array>\[.*?\])\s*\|\|\s*(?:exit\s+1|false)\s*")
"""What a health check of a shell ends with; without one, it fails as its program does."""


_OF_WORDS: Final = lazy_regex(r"\[\s*[\w./-]+(?:\s[^\[\]\"'`$&|;<>,]*)?\]\s*")
"""Words without quotes or commas in brackets."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.BRACKET])
def broken_json(ctx: RuleContext) -> Iterator[Finding]:
    """An argument looks like a JSON array but is not valid JSON, so it is read as text.

    ## What it does
    Looks for arguments of CMD, ENTRYPOINT, HEALTHCHECK, RUN, COPY, ADD and VOLUME that begin with a bracket like an array, and are not JSON: a
    quote, a comma or a bracket is missing, the words have none, quotes are single, there is a comma too many, or a comment comes after it. A
    CMD, ENTRYPOINT or HEALTHCHECK that a later one of the stage replaces is not reported.

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
    A suggestion, if other quotes, a bracket at the end, or one comma more or less make it valid JSON. A comment becomes a separate line, and
    `|| exit 1` after the array of a health check goes.
    """
    replaced = {it.instruction for it in ctx.build.warnings_of("MultipleInstructionsDisallowed")}
    for instruction in ctx.build.instructions:
        array = broken_array(instruction)
        if array is None or instruction.idx in replaced or array_from(instruction) is not None:
            # `build-error` reports an array whose lines nothing joins.
            continue
        node, (text, place) = instruction.node, array
        lines = ctx.text[slice(*place)].partition("\n")
        message = _("this is not JSON, so a shell gets it as text, brackets included")
        if isinstance(node, Add | Copy | Volume):
            message = _("this is not JSON, so each word of it is a path, brackets included")
        if lines[1]:
            # Its lines may have comments between them.
            yield Finding(TextRange(place.start, place.start + len(lines[0].rstrip("\r \t\\`"))), message)
        else:
            yield Finding(place, message, tuple(_repaired(instruction, text, place)))


def _repaired(instruction: Instruction, text: str, place: TextRange) -> Iterator[Fix]:
    commented = _WITH_COMMENT.fullmatch(text)
    if commented is not None and _is_array(commented["array"]):
        line = f"{indentation(instruction)}{commented['comment']}"
        cut = Edit(TextRange(place.start + commented.end("array"), place.end), "")
        title = _("Make the comment a line of its own")
        yield Fix(title, (insert_lines(instruction, [line]), cut), Safety.SUGGESTION)
        return
    failing = _OR_FAILS.fullmatch(text) if isinstance(instruction.node, Healthcheck) else None
    text = text if failing is None else failing["array"]
    quoted = re.sub("[\u201c\u201d]", '"', text)
    if '"' not in quoted:
        quoted = re.sub("['\u2018\u2019]", '"', quoted)
    words = re.sub(r"""(?<=[\[,])(\s*)([^\s"',\[\]]+)(?=\s*[,\]])""", r'\1"\2"', quoted)
    without_comma = re.sub(r",\s*\]$", "]", quoted)
    separated = json.dumps(text.strip("[] \t").split()) if _OF_WORDS.fullmatch(text) else words
    joined = re.sub(r'"\s+"', '", "', quoted)
    for candidate in (quoted, f"{quoted}]", without_comma, joined, quoted.rstrip("; \t"), separated):
        if _is_array(candidate):
            yield Fix(_("Write it as JSON"), (Edit(place, candidate),), Safety.SUGGESTION)
            return


def _is_array(text: str) -> bool:
    """True if a text is a JSON array of strings."""
    try:
        array = json.loads(text)
    except ValueError:
        return False
    return isinstance(array, list) and all(isinstance(it, str) for it in array)
