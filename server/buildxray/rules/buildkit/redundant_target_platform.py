"""`--platform=$TARGETPLATFORM` is the default."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import is_named_above, remove_flag


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, buildkit_check="RedundantTargetPlatform")
def redundant_target_platform(ctx: RuleContext) -> Iterator[Finding]:
    """`FROM --platform=$TARGETPLATFORM` spells out the default.

    ## What it does
    Looks for `--platform` flags whose value is `$TARGETPLATFORM`.

    ## Why it matters
    Without the flag, BuildKit uses the target platform too. Readers of the flag look for a reason.

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
    Safe: the plan does not change. A suggestion if a comment above explains the flag. No fix is offered if an ARG above the first FROM gives `TARGETPLATFORM` another value.

    ## References
    BuildKit's own check `RedundantTargetPlatform`.
    """
    for it in warned(ctx, "RedundantTargetPlatform"):
        flag = it.instruction.node.flag("platform")
        assert flag is not None, "the check has looked"
        values = [arguments.get("TARGETPLATFORM") for arguments in ctx.build.global_arguments]
        is_default = values == [str(target) for target in ctx.build.targets]
        is_explained = is_named_above(it.instruction, ("--platform", "TARGETPLATFORM"))
        safety = Safety.SUGGESTION if is_explained else Safety.SAFE
        fix = Fix(_("Remove `--platform`"), (remove_flag(it.instruction, flag),), safety)
        message = _("the target platform is the default anyway")
        yield Finding(it.range, message, (fix,) if is_default else (), is_unnecessary=is_default)
