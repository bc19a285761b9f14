"""`--platform=$TARGETPLATFORM` is the default."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.ignored_flags import platforms_despite_flag
from buildxray.rules.fixing.edits import is_named_above, remove_flag
from buildxray.syntax.instructions import Arg


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="RedundantTargetPlatform")
def redundant_target_platform(ctx: RuleContext) -> Iterator[Finding]:
    """`FROM --platform=$TARGETPLATFORM` spells out the default.

    ## What it does
    Looks for `--platform` flags whose value is `$TARGETPLATFORM`. Not reported are flags that ask for another platform than the stage has,
    which `ignored-platform-flag` reports, and those in a file in which an ARG above the first FROM gives `TARGETPLATFORM` a value, or to which a
    build of the project gives one: for another target the flag has an effect.

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
    Safe: the plan does not change. A suggestion if a comment above one of the flags explains it.

    ## References
    BuildKit's own check `RedundantTargetPlatform`.
    """
    found = [*warned(ctx, "RedundantTargetPlatform")]
    # What is said above one FROM is meant for the others too.
    is_explained = any(is_named_above(it.instruction, ("--platform", "TARGETPLATFORM")) for it in found)
    if found and _may_have_other_value(ctx):
        return
    for it in found:
        stage = it.instruction.stage
        if stage is not None and platforms_despite_flag(stage):
            # The stage has another platform, which `ignored-platform-flag` reports.
            continue
        flag = it.instruction.node.flag("platform")
        assert flag is not None, "the check has looked"
        safety = Safety.SUGGESTION if is_explained else Safety.SAFE
        fix = Fix(_("Remove `--platform`"), (remove_flag(it.instruction, flag),), safety)
        yield Finding(it.range, _("the target platform is the default anyway"), (fix,), is_unnecessary=True)


def _may_have_other_value(ctx: RuleContext) -> bool:
    """True if an ARG above the first FROM gives `TARGETPLATFORM` a value, or a build of the project does: in a build for another target, the flag then has an effect."""
    pairs = (pair for it in ctx.build.global_instructions if isinstance(it.node, Arg) for pair in it.pairs)
    has_default = any(it.name.text == "TARGETPLATFORM" and it.value is not None for it in pairs)
    return has_default or "TARGETPLATFORM" in ctx.given_arguments
