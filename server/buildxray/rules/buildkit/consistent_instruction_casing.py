"""An instruction is not in the case of most others."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="ConsistentInstructionCasing")
def consistent_instruction_casing(ctx: RuleContext) -> Iterator[Finding]:
    """An instruction is not in the case of most others.

    ## What it does
    Counts the keywords in upper and in lower case, and looks for those that differ from the majority.

    ## Why it matters
    The build does not depend on it. A keyword that looks different is easily overlooked.

    ## Example
    ```dockerfile
    FROM alpine
    run true
    USER nobody
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN true
    USER nobody
    ```

    ## Fix safety
    Safe: BuildKit reads keywords in any case.

    ## References
    BuildKit's own check `ConsistentInstructionCasing`.
    """
    for it in warned(ctx, "ConsistentInstructionCasing"):
        if it.instruction.node.problems:
            # Perhaps a word of another language: `from os import path`.
            continue
        expected = it.warning.replacement
        message = _("most instructions of this file are written like `{expected}`", expected=expected)
        yield Finding(it.range, message, (it.written(expected, Safety.SAFE),))
