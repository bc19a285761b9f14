"""A stage has a name that means something else to BuildKit."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="ReservedStageName")
def reserved_stage_name(ctx: RuleContext) -> Iterator[Finding]:
    """A stage has a name that means something else to BuildKit.

    ## What it does
    Looks for stages named `scratch` or `context`.

    ## Why it matters
    `FROM scratch` means an empty image, and `context` the build context: a stage of that name hides one of them, or is hidden itself.

    ## Example
    ```dockerfile
    FROM alpine AS context
    RUN true
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS sources
    RUN true
    ```

    ## References
    BuildKit's own check `ReservedStageName`.
    """
    for it in warned(ctx, "ReservedStageName"):
        yield Finding(it.range, _("`{name}` means something else to BuildKit", name=it.subject))
