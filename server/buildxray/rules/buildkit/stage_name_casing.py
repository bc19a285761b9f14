"""The name of a stage has capital letters."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="StageNameCasing")
def stage_name_casing(ctx: RuleContext) -> Iterator[Finding]:
    """The name of a stage has capital letters.

    ## What it does
    Looks at the names that `FROM … AS name` gives.

    ## Why it matters
    BuildKit knows the stage by the name in lower case, and prints that. `FROM Name` in a later stage does not find it, and names an
    image.

    ## Example
    ```dockerfile
    FROM alpine AS Base
    RUN true
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS base
    RUN true
    ```

    ## Fix safety
    Safe: BuildKit uses this name already. `COPY --from` finds it in any case.

    ## References
    BuildKit's own check `StageNameCasing`.
    """
    for it in warned(ctx, "StageNameCasing"):
        message = _("the name of this stage is `{name}` for BuildKit", name=it.subject.lower())
        yield Finding(it.range, message, (it.written(it.subject.lower(), Safety.SAFE),))
