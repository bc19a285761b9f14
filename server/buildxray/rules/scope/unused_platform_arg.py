"""An unused ARG causes steps to differ."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.placement import Declaration, placements, split_by
from buildxray.semantics.mentions import Mention


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.ALWAYS, about=[Mention.PLATFORM_ARGUMENT])
def unused_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument that nothing uses makes steps run once per platform.

    ## What it does
    Looks in stages that run on the build machine for an `ARG` with a value per target platform which no instruction of the
    stage, nor of the stages that are built on it, uses.

    ## Why it matters
    The argument is in the environment of every RUN after it, used or not, and BuildKit shares a step between
    platforms only where its environment is the same. The finding is information if no known build asks for several platforms.
    Nothing is reported in an image with a constant `--platform`, because only without it each platform gets its own image.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian:13 AS docs
    ARG TARGETARCH
    RUN apt-get update && apt-get install -y gzip
    COPY manual /manual
    RUN gzip -9 /manual/app.1

    FROM scratch
    COPY --from=docs /manual /manual
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian:13 AS docs
    RUN apt-get update && apt-get install -y gzip
    COPY manual /manual
    RUN gzip -9 /manual/app.1

    FROM scratch
    COPY --from=docs /manual /manual
    ```

    ## Fix safety
    Safe: an unknown program counts as a user, because it may read its environment; so do scripts and build files of the project. If
    packages are installed, whose scripts see the environment, the fix is a suggestion.
    """
    if ctx.is_for_helping:
        # The image is built for the machine that runs it, so that no step is repeated.
        return
    for placement in placements(ctx):
        if placement.is_in_constant_image or not placement.removing_pays:
            continue
        edits = tuple(placement.removing_edits())
        safety = Safety.SAFE if placement.removing_is_safe else Safety.SUGGESTION
        n_split = len(split_by(ctx.build, [it.instruction for it in placement.unused]))
        for declaration in placement.unused if n_split else ():
            instruction = declaration.instruction
            yield Finding(
                instruction.range_of(instruction.pairs[declaration.position].name),
                ngettext(
                    "{fact}, yet {n} RUN step runs once per platform because of it",
                    "{fact}, yet {n} RUN steps run once per platform because of it",
                    n_split,
                    fact=_fact(declaration),
                ),
                (
                    Fix(
                        _("Delete `{keyword} {name}`", keyword=instruction.keyword, name=declaration.name),
                        edits,
                        safety,
                    ),
                ),
                severity=Severity.INFORMATION if ctx.is_only_prepared else None,
                is_unnecessary=True,
            )


def _fact(declaration: Declaration) -> str:
    instruction = declaration.instruction
    assert instruction.stage is not None, "a declaration that is unused belongs to a stage"
    keyword = instruction.keyword
    if any(it.idx > instruction.idx and it.declares(declaration.name) for it in instruction.stage.instructions):
        return _("nothing uses this {keyword} before it is declared again", keyword=keyword)
    return _("nothing uses this {keyword}", keyword=keyword)
