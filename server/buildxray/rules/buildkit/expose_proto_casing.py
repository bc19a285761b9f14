"""The protocol of EXPOSE is not in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, buildkit_check="ExposeProtoCasing")
def expose_proto_casing(ctx: RuleContext) -> Iterator[Finding]:
    """The protocol of EXPOSE is not in lower case.

    ## What it does
    Looks for protocols such as `TCP`.

    ## Why it matters
    The build does not depend on it: the image has the protocol in lower case.

    ## Example
    ```dockerfile
    FROM alpine
    EXPOSE 80/TCP
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    EXPOSE 80/tcp
    ```

    ## Fix safety
    Safe: the image has it in lower case already.

    ## References
    BuildKit's own check `ExposeProtoCasing`.
    """
    for it in warned(ctx, "ExposeProtoCasing"):
        written = ctx.text[slice(*it.range)]
        fixes = (it.written(written.lower(), Safety.SAFE),) if written == it.subject else ()
        yield Finding(it.range, _("the image has the protocol of `{port}` in lower case", port=it.subject), fixes)
