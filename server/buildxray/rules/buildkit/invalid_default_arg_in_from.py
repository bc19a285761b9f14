"""Without a build argument the image of FROM has no valid name."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import From, Instruction
from buildxray.semantics.errors import Cause


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, buildkit_check="InvalidDefaultArgInFrom")
def invalid_default_arg_in_from(ctx: RuleContext) -> Iterator[Finding]:
    """Without a build argument the image of FROM has no valid name.

    ## What it does
    Puts the defaults of the ARG instructions into FROM, and checks the name.

    ## Why it matters
    The build fails without the right `--build-arg`. If each build that the project declares gives the argument, the finding is only information.

    ## Example
    ```dockerfile
    ARG TAG
    FROM alpine:$TAG
    RUN true
    ```

    Use instead:
    ```dockerfile
    ARG TAG=3.22
    FROM alpine:$TAG
    RUN true
    ```

    ## References
    BuildKit's own check `InvalidDefaultArgInFrom`.
    """
    errors = [it.range for it in ctx.build.errors if it.cause is Cause.FILE]
    for it in warned(ctx, "InvalidDefaultArgInFrom"):
        if any(error.start < it.range.end and it.range.start < error.end for error in errors):
            # `build-error` reports it: a build argument would not help.
            continue
        names = dict.fromkeys(_names_in_image(it.instruction))
        empty = [name for name in names if _has_no_default(ctx, name)]
        if not empty:
            message = _("with the defaults this is `{name}`, which is not a valid image name", name=it.subject)
        else:
            options = " ".join(f"--build-arg {name}=…" for name in empty)
            message = ngettext(
                "the build fails without `{options}`: the ARG has no default",
                "the build fails without `{options}`: these ARGs have no default",
                len(empty),
                options=options,
            )
        if empty and ctx.build.workspace.arguments_of_each_build.issuperset(empty):
            message = ngettext(
                "{message}; each known build gives it",
                "{message}; each known build gives them",
                len(empty),
                message=message,
            )
            yield Finding(it.range, message, severity=Severity.INFORMATION)
            continue
        yield Finding(it.range, message)


def _names_in_image(instruction: Instruction) -> Iterator[str]:
    """The variables in the name of the image, which are all that the check reads."""
    image = instruction.image if isinstance(instruction, From) else None
    place = None if image is None else instruction.range_of(image)
    for reference in instruction.variable_references():
        if place is not None and place.contains(reference.range.start):
            yield reference.name


def _has_no_default(ctx: RuleContext, name: str) -> bool:
    """True if the last ARG of that name above the first FROM has no value, or an empty one."""
    pairs = [it for instruction in ctx.build.global_instructions for it in instruction.pairs if it.name.text == name]
    return bool(pairs) and (pairs[-1].value is None or not pairs[-1].value.text)
