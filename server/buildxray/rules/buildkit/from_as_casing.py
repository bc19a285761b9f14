"""`as` is not in the same case as `FROM`."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="FromAsCasing")
def from_as_casing(ctx: RuleContext) -> Iterator[Finding]:
    """`as` is not in the same case as `FROM`.

    ## What it does
    Compares the two keywords of `FROM … AS name`.

    ## Why it matters
    The build does not depend on it. A file is easier to read if keywords look alike.

    ## Example
    ```dockerfile
    FROM alpine as base
    RUN true
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS base
    RUN true
    ```

    ## Fix safety
    Safe: BuildKit reads keywords in any case.

    ## References
    BuildKit's own check `FromAsCasing`.
    """
    for it in warned(ctx, "FromAsCasing"):
        message = _(
            "`{word}` is not in the case of `{keyword}`", word=it.subject, keyword=it.instruction.node.keyword.text
        )
        yield Finding(it.range, message, (it.written(it.warning.replacement, Safety.SAFE),))
