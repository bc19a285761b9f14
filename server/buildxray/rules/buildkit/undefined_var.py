"""A variable is used that the file does not set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.global_arguments import Declarer, declarations, is_set_by_image, unseen_message


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="UndefinedVar")
def undefined_var(ctx: RuleContext) -> Iterator[Finding]:
    """A variable is used that nothing in the file sets.

    ## What it does
    Looks at the variables that BuildKit itself expands: in ENV, ARG, LABEL, COPY, ADD, WORKDIR, USER, VOLUME, STOPSIGNAL and the mounts of RUN.

    ## Why it matters
    The variable is empty, and the build continues: `COPY $SRC/app /` copies `/app`.

    ## Example
    ```dockerfile
    FROM scratch
    ARG APP_DIR=/app
    WORKDIR $AP_DIR
    ```

    Use instead:
    ```dockerfile
    FROM scratch
    ARG APP_DIR=/app
    WORKDIR $APP_DIR
    ```

    ## Fix safety
    A suggestion, if the name of a set variable is similar, or if an `ARG` above the first FROM has the name: then the
    fix declares it in each stage that uses it. No fix is offered if another of these stages may set the variable itself.

    ## Limits
    The variables of a base image are unknown: without a similar name, the finding is only information. There is none if the image is known or
    likely to set the variable, as with `PG_MAJOR` in `postgres` and `GOPATH` in `golang`.

    ## References
    BuildKit's own check `UndefinedVar`.
    """
    global_names = declarations(ctx.build)
    declarer = Declarer(ctx.build, global_names)
    refused = [error.range.start for error in ctx.build.errors]
    for it in warned(ctx, "UndefinedVar"):
        if any(map(it.instruction.range.contains, refused)):
            # `build-error` reports the text as one that BuildKit cannot expand.
            continue
        if it.subject in AUTOMATIC_ARGUMENTS:
            # `undeclared-platform-arg` reports it with its consequence.
            continue
        stage = it.instruction.stage
        image = "" if stage is None else stage.written_image
        # `PATH` is set in every stage; a name like `GOPATH` is more probably set by the image.
        is_misspelled = it.is_misspelled and it.warning.replacement != "PATH"
        if is_set_by_image(it.subject, image) and (it.subject in global_names or not is_misspelled):
            # BuildKit reads the environment of the image, and warns of nothing that it sets.
            continue
        has_default = ctx.build.text.startswith((":-", "-"), it.range.end)
        if it.subject in global_names:
            message = unseen_message(it.subject, image, has_default=has_default)
            yield Finding(it.range, message, partial(declarer.fixes, it.instruction, it.subject))
            continue
        if image in ("", "scratch"):
            message = (
                _("nothing sets `{name}`, so it always has its default", name=it.subject)
                if has_default
                else _("nothing sets `{name}`, so it is empty", name=it.subject)
            )
            yield Finding(it.range, message, it.meant(ctx))
            continue
        message = (
            _(
                "nothing in this file sets `{name}`: it has its default unless the image `{image}` does",
                name=it.subject,
                image=image,
            )
            if has_default
            else _(
                "nothing in this file sets `{name}`: it is empty unless the image `{image}` does",
                name=it.subject,
                image=image,
            )
        )
        if is_misspelled:
            message = _("{message}; did you mean `{close}`?", message=message, close=it.warning.replacement)
        fixes = it.meant(ctx) if is_misspelled else ()
        yield Finding(it.range, message, fixes, severity=None if is_misspelled else Severity.INFORMATION)
