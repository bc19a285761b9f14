"""An instruction continues after an empty line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit

_NEXT_IS_INSTRUCTION: Final = lazy_regex(rf"(?:[ \t]*(?:#[^\n]*|\r)?\n)*[ \t]*(?:{'|'.join(INSTRUCTION_KINDS)})[ \t]")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="NoEmptyContinuation")
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
    Safe: BuildKit skips these lines today. No fix is offered if the next line begins with the name of an instruction in upper case: the last
    line before was probably meant to end the instruction.

    ## References
    BuildKit's own check `NoEmptyContinuation`.
    """
    for it in warned(ctx, "NoEmptyContinuation"):
        message = _("the instruction continues after an empty line, which a later version of BuildKit will refuse")
        lines = it.instruction.empty_lines
        edits = tuple(Edit(line, "") for line in lines)
        is_swallowed = any(_NEXT_IS_INSTRUCTION.match(ctx.text, line.end) for line in lines)
        fix = Fix(_("Remove the empty lines of this instruction"), edits, Safety.SAFE)
        # `swallowed-instruction` ends the instruction before them: without them, the mistake would be harder to see.
        yield Finding(it.range, message, () if is_swallowed else (fix,))
