"""`--platform=$TARGETPLATFORM` says what holds anyway."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import remove_flag


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="RedundantTargetPlatform")
def redundant_target_platform(ctx: RuleContext) -> Iterator[Finding]:
    """`FROM --platform=$TARGETPLATFORM` spells out the default.

    ## What it does
    Looks for `--platform` flags that hold nothing but `$TARGETPLATFORM`.

    ## Why it matters
    Without the flag BuildKit takes the target platform as well. Where it stands, readers look for a reason.

    ## Example
    ```dockerfile
    FROM --platform=$TARGETPLATFORM alpine
    RUN apk add --no-cache curl
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache curl
    ```

    ## Fix safety
    Safe: the plan stays as it is.

    ## References
    BuildKit's own check `RedundantTargetPlatform`.
    """
    for stage in ctx.build.stages:
        flag = stage.from_.platform
        if flag is not None and flag.value is not None and flag.value.text in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            fix = Fix(_("Remove `--platform`"), (remove_flag(stage.from_, flag),))
            message = _("the target platform is the default anyway")
            yield Finding(stage.from_.range_of(flag), message, (fix,), is_unnecessary=True)
