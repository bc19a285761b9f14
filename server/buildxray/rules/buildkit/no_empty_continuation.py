"""An instruction continues after an empty line."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.syntax.text import Edit


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, buildkit_check="NoEmptyContinuation")
def no_empty_continuation(ctx: RuleContext) -> Iterator[Finding]:
    r"""An instruction continues after an empty line.

    ## What it does
    Looks for empty lines between the lines of one instruction.

    ## Why it matters
    BuildKit skips them, and will refuse them in a later version. A reader may think that the next line is a separate instruction.

    ## Example
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache \

        curl
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache \
        curl
    ```

    ## Fix safety
    Safe: BuildKit skips these lines today.

    ## References
    BuildKit's own check `NoEmptyContinuation`.
    """
    for it in warned(ctx, "NoEmptyContinuation"):
        message = _("the instruction continues after an empty line, which a later version of BuildKit will refuse")
        edits = tuple(Edit(line, "") for line in it.instruction.empty_lines)
        yield Finding(it.range, message, (Fix(_("Remove the empty lines of this instruction"), edits),))
