"""EXPOSE names an address or a port of the host."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="ExposeInvalidFormat")
def expose_invalid_format(ctx: RuleContext) -> Iterator[Finding]:
    """EXPOSE names an address or a port of the host.

    ## What it does
    Looks for `address:port:port` and `port:port`.

    ## Why it matters
    EXPOSE declares only the port of the container. BuildKit drops the rest, and will refuse it in a later version.

    ## Example
    ```dockerfile
    FROM alpine
    EXPOSE 127.0.0.1:8080:80
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    EXPOSE 80
    ```

    ## Fix safety
    Safe: BuildKit reads only this part today.

    ## References
    BuildKit's own check `ExposeInvalidFormat`.
    """
    for it in warned(ctx, "ExposeInvalidFormat"):
        port = it.subject.rpartition(":")[2]
        fixes = (it.written(port, Safety.SAFE),) if ctx.text[slice(*it.range)] == it.subject else ()
        message = _(
            "only the container's port `{port}` is used; a later version of BuildKit will refuse the rest",
            port=port,
        )
        yield Finding(it.range, message, fixes)
