"""A CMD, ENTRYPOINT or HEALTHCHECK has no effect, because a later one replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import remove_line, shares_comments


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="MultipleInstructionsDisallowed")
def multiple_instructions_disallowed(ctx: RuleContext) -> Iterator[Finding]:
    """A CMD, ENTRYPOINT or HEALTHCHECK has no effect, because a later one replaces it.

    ## What it does
    Looks for several of one kind in a stage.

    ## Why it matters
    Only the last one counts. Editing the first one has no effect.

    ## Example
    ```dockerfile
    FROM alpine
    CMD ["echo", "a"]
    CMD ["echo", "b"]
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    CMD ["echo", "b"]
    ```

    ## Fix safety
    Safe: the last one remains.

    ## References
    BuildKit's own check `MultipleInstructionsDisallowed`.
    """
    for it in warned(ctx, "MultipleInstructionsDisallowed"):
        message = _("this {keyword} has no effect: a later one in this stage replaces it", keyword=it.subject.upper())
        is_inherited = it.instruction.keyword == "FROM"
        # Comments directly above go with it.
        edit = remove_line(it.instruction, with_comments=not shares_comments(it.instruction))
        fix = Fix(_("Remove it"), (edit,))
        yield Finding(it.range, message, () if is_inherited else (fix,), is_unnecessary=not is_inherited)
