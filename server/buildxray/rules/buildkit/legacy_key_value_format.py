"""ENV or LABEL is written without `=`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction
from buildxray.semantics.shell_words import modern_value
from buildxray.syntax.instructions import Pair
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, buildkit_check="LegacyKeyValueFormat")
def legacy_key_value_format(ctx: RuleContext) -> Iterator[Finding]:
    """ENV or LABEL is written without `=`.

    ## What it does
    Looks for `ENV name value` and `LABEL name value`.

    ## Why it matters
    The old form reads the rest of the line as one value, so that a second `NAME=value` on the line becomes part of the first.

    ## Example
    ```dockerfile
    FROM alpine
    ENV GREETING hello world
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ENV GREETING="hello world"
    ```

    ## Fix safety
    Safe: offered only if BuildKit reads the same value from both forms. For `NAME = value`, whose value is `= value`, a suggestion
    writes what was probably meant, as for further lines of the form `NAME value`. A suggestion too for a value with a comment or with another
    `NAME=value`, which becomes visible.

    ## References
    BuildKit's own check `LegacyKeyValueFormat`.
    """
    for it in warned(ctx, "LegacyKeyValueFormat"):
        message = _(
            "everything after `{name}` is its value: the old form of {keyword}",
            name=it.subject,
            keyword=it.instruction.keyword,
        )
        yield Finding(it.range, message, _fixes(it.instruction, ctx.dockerfile.escape))


def _fixes(instruction: Instruction, escape: str) -> tuple[Fix, ...]:
    pair = instruction.pairs[0]
    if instruction.keyword == "FROM" or pair.value is None:
        return ()
    title = _("Write `{name}=…`", name=pair.name.text)
    written = pair.value.text
    if written.startswith("="):
        # `NAME = value` was meant for `NAME=value`, and the image has the value `= value`.
        meant = written[1:].lstrip()
        range_ = instruction.range_of(pair.value)
        is_one_word = (
            bool(meant) and modern_value(pair._replace(value=pair.value._replace(text=meant)), escape) == meant
        )
        gap = TextRange(instruction.range_of(pair.name).end, range_.start + len(written) - len(meant))
        return (Fix(title, (Edit(gap, "="),), Safety.SUGGESTION),) if is_one_word else ()
    others = _other_pairs(instruction, pair, escape)
    if others:
        gap = TextRange(instruction.range_of(pair.name).end, instruction.range_of(pair.value).start)
        return (Fix(title, tuple(Edit(it, "=") for it in (gap, *others)), Safety.SUGGESTION),)
    value = modern_value(pair, escape)
    if value != written and written.startswith(("{", "[")) and '"' in written:
        # JSON was meant, whose quotes the image lacks today.
        return ()
    edits = () if value is None else _edits(instruction, pair, value)
    is_quoted = written[0] in "\"'" and written.find(written[0], 1) == len(written) - 1
    is_doubtful = others is not None or _MISTAKES.search(written) is not None
    safety = Safety.SUGGESTION if not is_quoted and is_doubtful else Safety.SAFE
    return (Fix(title, edits, safety),) if edits else ()


def _other_pairs(instruction: Instruction, pair: Pair, escape: str) -> list[TextRange] | None:
    """The blanks after the names of further pairs, one on each continued line; empty if not each line is one pair.

    None if no continued line begins with such a name.
    """
    assert pair.value is not None, "the old form has a value"
    start, end = instruction.range_of(pair.value)
    lines = instruction.build.text[start:end].split("\n")
    is_first_one_word = len(lines[0].rstrip(f" \t\r{escape}").split()) == 1
    gaps: list[TextRange] = []
    n_found = 0
    offset = start
    for number, line in enumerate(lines):
        if number:
            match = _PAIR.match(line)
            n_found += match is not None
            if match is not None and len(line[match.end() :].rstrip(f" \t\r{escape}").split()) == 1:
                gaps.append(TextRange(offset + match.start("gap"), offset + match.end("gap")))
        offset += len(line) + 1
    if not n_found:
        return None
    return gaps if is_first_one_word and len(gaps) == len(lines) - 1 else []


_PAIR: Final = lazy_regex(r"[ \t]*[A-Z_][A-Z0-9_]*(?P<gap>[ \t]+)(?=[^\s=])")
"""The beginning of a line `NAME value`."""

_MISTAKES: Final = lazy_regex(r"""(?:^|(?<=\s))(?:#(?=\s|$)|[A-Z_][A-Z0-9_]*=(?!=))""")
"""In a value of several words, what was hardly meant as a part of it: a comment, and another pair."""


def _edits(instruction: Instruction, pair: Pair, value: str) -> tuple[Edit, ...]:
    """Replace the blanks between name and value by `=`, and quote the value if necessary; empty for quotes on several lines."""
    assert pair.value is not None, "the old form has a value"
    written = instruction.range_of(pair.value)
    gap = TextRange(instruction.range_of(pair.name).end, written.start)
    text = instruction.build.text[slice(*written)]
    if value == pair.value.text:
        return (Edit(gap, "="),)
    if '"' not in pair.value.text:
        return (Edit(gap, '="'), Edit(TextRange(written.end, written.end), '"'))
    return (Edit(TextRange(gap.start, written.end), f"={value}"),) if "\n" not in text else ()
