"""MAINTAINER is deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="MaintainerDeprecated")
def maintainer_deprecated(ctx: RuleContext) -> Iterator[Finding]:
    """MAINTAINER is deprecated.

    ## What it does
    Looks for MAINTAINER.

    ## Why it matters
    It sets a field that other tools do not show; they read the label `org.opencontainers.image.authors`.

    ## Example
    ```dockerfile
    FROM alpine
    MAINTAINER Jane Doe <jane@example.com>
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    LABEL org.opencontainers.image.authors="Jane Doe <jane@example.com>"
    ```

    ## Fix safety
    A suggestion: the image gets a label in place of the field `Author`.

    ## References
    BuildKit's own check `MaintainerDeprecated`.
    """
    for it in warned(ctx, "MaintainerDeprecated"):
        instruction = it.instruction
        name = " ".join(token.text for token in instruction.node.arguments)
        escape = ctx.dockerfile.escape
        value = "".join(escape + char if char in f'"${escape}' else char for char in name)
        keyword = "label" if instruction.node.keyword.text.islower() else "LABEL"
        text = f'{keyword} org.opencontainers.image.authors="{value}"'
        edit = Edit(TextRange(instruction.range.start, instruction.syntax.end), text)
        fix = Fix(_("Write it as a label"), (edit,), Safety.SUGGESTION)
        yield Finding(it.range, _("the field that this sets is deprecated; a label names the author"), (fix,))
