"""COPY or ADD names a file that `.dockerignore` leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="CopyIgnoredFile")
def copy_ignored_file(ctx: RuleContext) -> Iterator[Finding]:
    """COPY or ADD names a file that `.dockerignore` leaves out.

    ## What it does
    Compares the sources that come from the build context with the patterns of its `.dockerignore`, or of `NAME.dockerignore` beside the Dockerfile.

    ## Why it matters
    The file is not in the context: the build fails, or the directory is copied without it.

    ## Example
    ```dockerfile
    FROM alpine
    COPY secret.txt /
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    COPY public.txt /
    ```

    ## Limits
    If the `.dockerignore` has exceptions (`!keep`), nothing is reported, as in BuildKit.

    ## References
    BuildKit's own check `CopyIgnoredFile`.
    """
    for it in warned(ctx, "CopyIgnoredFile"):
        yield Finding(it.range, _("`{path}` is left out of the build context by `.dockerignore`", path=it.subject))
