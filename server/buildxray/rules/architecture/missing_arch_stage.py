"""A stage is chosen by platform, but does not exist for one of the platforms."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Doubt, Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import listed, platforms
from buildxray.semantics.mentions import Mention


@rule(Severity.ERROR, Severity.WARNING, about=[Mention.VARIABLE_IMAGE])
def missing_arch_stage(ctx: RuleContext) -> Iterator[Finding]:
    """`FROM name-$TARGETARCH` finds a stage for some of the platforms, and none for others.

    ## What it does
    Looks for `FROM` lines whose name depends on the platform and is a stage of this file for at least one of them, but not for all. Nothing is
    reported where neither a setting nor a file of the project names the platforms, because the stages may be those of all that are meant.

    ## Why it matters
    A name that is not a stage is an image: BuildKit pulls the image of that name from the registry, or fails.

    ## Example
    ```dockerfile
    FROM alpine AS base-amd64
    RUN apk add --no-cache libaio

    FROM base-$TARGETARCH
    COPY app /app
    ```

    Use instead:
    ```dockerfile
    FROM alpine AS base-amd64
    RUN apk add --no-cache libaio

    FROM alpine AS base-arm64

    FROM base-$TARGETARCH
    COPY app /app
    ```
    """
    if ctx.build.workspace.platforms_are_assumed and not ctx.asks_for_several:
        return
    for stage in ctx.build.stages:
        image = stage.from_.image
        if image is None or "$" not in image.text:
            continue
        kinds = zip(stage.on_image, stage.on_context, strict=True)
        is_image = [on_image and not on_context for on_image, on_context in kinds]
        chosen = [
            it for it in zip(ctx.build.targets, stage.base_names, is_image, strict=True) if it[0] in stage.targets
        ]
        missing = [(target, name) for target, name, on_image in chosen if on_image and name != "scratch"]
        if missing and any(not on_image for *__, on_image in chosen):
            yield Finding(
                stage.from_.range_of(image),
                _(
                    "the file has no stage {names} for {platforms}, so BuildKit pulls an image of that name",
                    platforms=platforms(it for it, __ in missing),
                    names=listed(name for __, name in missing),
                ),
                # The names of the stages may be those of all platforms that are meant.
                doubt=None if ctx.asks_for_several else Doubt.BUILD,
            )
