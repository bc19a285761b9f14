"""The name of a stage has capital letters."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Onbuild
from buildxray.syntax.text import Edit


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, buildkit_check="StageNameCasing")
def stage_name_casing(ctx: RuleContext) -> Iterator[Finding]:
    """The name of a stage has capital letters.

    ## What it does
    Looks at the names that `FROM … AS name` gives.

    ## Why it matters
    BuildKit knows the stage by the name in lower case, and prints that. `FROM Name` in a later stage does not find it, and names an
    image.

    ## Example
    ```dockerfile
    FROM alpine AS Base
    RUN true
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS base
    RUN true
    ```

    ## Fix safety
    Safe: BuildKit uses this name already. `COPY --from` finds it in any case, and gets the same spelling.

    ## References
    BuildKit's own check `StageNameCasing`.
    """
    for it in warned(ctx, "StageNameCasing"):
        name = it.subject.lower()
        message = _("the name of this stage is `{name}` for BuildKit", name=name)
        uses = (
            other.range_of(token)
            for other in ctx.build.instructions[it.instruction.idx + 1 :]
            for token in other.sources_named
            if token.text == it.subject and not isinstance(other.node, Onbuild)
        )
        edits = tuple(Edit(place, name) for place in (it.range, *uses) if ctx.text[slice(*place)] == it.subject)
        yield Finding(it.range, message, (Fix(_("Write `{name}`", name=name), edits, Safety.SAFE),))
