"""FROM uses a variable that no ARG above the first FROM declares."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="UndefinedArgInFrom")
def undefined_arg_in_from(ctx: RuleContext) -> Iterator[Finding]:
    """FROM uses a variable that no ARG above the first FROM declares.

    ## What it does
    Looks at the variables in the image and in the `--platform` of FROM.

    ## Why it matters
    The variable is empty, even with a `--build-arg`, because only declared arguments get a value.

    ## Example
    ```dockerfile
    ARG VERSION=3
    FROM alpine:3${VERSON}
    RUN true
    ```

    Use instead:
    ```dockerfile
    ARG VERSION=3
    FROM alpine:3${VERSION}
    RUN true
    ```

    ## Fix safety
    A suggestion, if a declared name is similar, and if no stage has an `ARG` of this very name, which is to be moved instead.

    ## References
    BuildKit's own check `UndefinedArgInFrom`.
    """
    errors = [it.range for it in ctx.build.errors]
    for it in warned(ctx, "UndefinedArgInFrom"):
        if any(error.start <= it.range.start < error.end for error in errors):
            # `build-error` reports it too, and that the build fails.
            continue
        line = ctx.build.stage_argument_line(it.subject, it.instruction)
        if line is None:
            message = _("no ARG above the first FROM declares `{name}`, so it is empty", name=it.subject)
            yield Finding(it.range, message, it.meant(ctx))
        else:
            message = _(
                "no ARG above the first FROM declares `{name}`, so it is empty: the one of line {line} is for the stage that has it; move it above the first FROM",
                name=it.subject,
                line=line,
            )
            yield Finding(it.range, message)
