"""Two stages have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Related, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="DuplicateStageName")
def duplicate_stage_name(ctx: RuleContext) -> Iterator[Finding]:
    """Two stages have the same name.

    ## What it does
    Looks for a name that an earlier stage has already.

    ## Why it matters
    `--target` builds the last stage of that name, while instructions between the two use the first: a reader cannot tell which is meant.

    ## Example
    ```dockerfile
    FROM alpine AS base
    RUN true
    FROM debian AS base
    RUN true
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS tools
    RUN true
    FROM debian AS base
    RUN true
    ```

    ## References
    BuildKit's own check `DuplicateStageName`.
    """
    stages = ctx.build.stages
    for it in warned(ctx, "DuplicateStageName"):
        first = next(stage for stage in stages if stage.name == it.subject)
        message = _("the stage in line {line} has this name too", line=first.from_.line)
        yield Finding(it.range, message, related=(Related(first.from_.keyword_range, _("the first one")),))
