"""A relative WORKDIR depends on the base image."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, buildkit_check="WorkdirRelativePath")
def workdir_relative_path(ctx: RuleContext) -> Iterator[Finding]:
    """A relative WORKDIR depends on the base image.

    ## What it does
    Looks for a relative path in the first WORKDIR of a stage and of those that it is built on.

    ## Why it matters
    The directory is below that of the base image, which another version of the image may change.

    ## Example
    ```dockerfile
    FROM alpine
    WORKDIR app
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    WORKDIR /app
    ```

    ## Fix safety
    A suggestion: it is another directory where the base image has a WORKDIR.

    ## References
    BuildKit's own check `WorkdirRelativePath`.
    """
    for it in warned(ctx, "WorkdirRelativePath"):
        written = ctx.text[slice(*it.range)]
        message = _("`{path}` is relative to a directory that the base image chooses", path=written)
        yield Finding(it.range, message, (it.written(f"/{written.removeprefix('./')}", Safety.SUGGESTION),))
