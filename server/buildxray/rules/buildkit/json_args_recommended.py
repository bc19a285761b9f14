"""CMD or ENTRYPOINT starts a shell, which keeps signals from the program."""

from __future__ import annotations

import json
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.broken_arrays import broken_array
from buildxray.semantics.build import Instruction
from buildxray.semantics.shell_words import plain_words
from buildxray.syntax.text import Edit


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, buildkit_check="JSONArgsRecommended")
def json_args_recommended(ctx: RuleContext) -> Iterator[Finding]:
    """CMD or ENTRYPOINT starts a shell, which keeps signals from the program.

    ## What it does
    Looks for CMD and ENTRYPOINT that are not a JSON array, in stages without SHELL. One that was meant as an array is reported by
    `broken-json` alone, and one that a later one replaces by `multiple-instructions-disallowed`.

    ## Why it matters
    The container runs `/bin/sh -c`. `docker stop` signals that shell; if the shell does not pass the signal on, the program is killed
    after ten seconds.

    ## Example
    ```dockerfile
    FROM alpine
    CMD httpd -f -p 8080
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    CMD ["httpd", "-f", "-p", "8080"]
    ```

    ## Fix safety
    A suggestion, if the shell only starts the program. After the fix, each word of CMD is an argument of the ENTRYPOINT, also of that
    of the base image.

    ## Limits
    A base image may have set another shell.

    ## References
    BuildKit's own check `JSONArgsRecommended`.
    """
    replaced = {it.instruction for it in ctx.build.warnings_of("MultipleInstructionsDisallowed")}
    for it in warned(ctx, "JSONArgsRecommended"):
        if broken_array(it.instruction) is not None or it.instruction.idx in replaced:
            # It was meant as an array, which `broken-json` reports, or a later one replaces it.
            continue
        message = _(
            "`{keyword}` runs in a shell, which may keep signals from the program", keyword=it.instruction.keyword
        )
        yield Finding(it.range, message, (*_fixes(it.instruction),))


def _fixes(instruction: Instruction) -> Iterator[Fix]:
    """Yield the fix that writes the command as an array, on one line; none for a text with a comment between its lines."""
    words = plain_words(instruction.node)
    if words is None:
        return
    range_ = instruction.range_of(instruction.node.arguments[0])
    if not any(range_.contains(it.range.start) for it in instruction.build.dockerfile.comments):
        written = json.dumps(words, ensure_ascii=False)
        yield Fix(_("Write `{name}`", name=written), (Edit(range_, written),), Safety.SUGGESTION)
