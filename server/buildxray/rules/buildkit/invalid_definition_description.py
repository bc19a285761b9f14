"""A comment above ARG or FROM does not begin with the name that it describes."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.NEVER, buildkit_check="InvalidDefinitionDescription")
def invalid_definition_description(ctx: RuleContext) -> Iterator[Finding]:
    """A comment above ARG or FROM does not begin with the name that it describes.

    ## What it does
    Looks at the last comment above ARG and `FROM … AS name`. Experimental: only where `# check=experimental=InvalidDefinitionDescription` asks
    for it.

    ## Why it matters
    `docker buildx build --call=outline` shows such a comment as the description of the argument or stage, if it begins with the name.

    ## Example
    ```dockerfile
    # check=experimental=all
    # the version of Alpine
    ARG VERSION=3
    FROM alpine:${VERSION}
    ```

    Use instead:
    ```dockerfile
    # check=experimental=all
    # VERSION the version of Alpine
    ARG VERSION=3
    FROM alpine:${VERSION}
    ```

    ## References
    BuildKit's own check `InvalidDefinitionDescription`.
    """
    for it in warned(ctx, "InvalidDefinitionDescription"):
        message = _(
            "a description begins with the name: `# {name} …`; a comment that is not a description is followed by an empty one",
            name=it.subject,
        )
        yield Finding(it.range, message)
