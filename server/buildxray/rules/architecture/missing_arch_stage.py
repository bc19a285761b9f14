"""A stage is chosen by platform, and one of the choices does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import listed, platforms
from buildxray.syntax.instructions import From


@rule(Severity.ERROR, Severity.ERROR)
def missing_arch_stage(ctx: RuleContext) -> Iterator[Finding]:
    """`FROM name-$TARGETARCH` finds a stage for some of the platforms, and none for others.

    ## What it does
    Looks for `FROM` lines whose name depends on the platform and is a stage of this file for at least one of them, but not for all.

    ## Why it matters
    A name that is no stage is an image: BuildKit asks the registry for it, and takes whatever it finds under that name.

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
    for stage in ctx.plan.stages:
        node = ctx.node(stage.from_idx)
        if not isinstance(node, From) or node.image is None or "$" not in node.image.text:
            continue
        resolved = [(it.platform, it.stages[stage.idx]) for it in ctx.plan.targets if it.is_needed(stage.idx)]
        missing = [
            (platform, it.base_name) for platform, it in resolved if it.base is None and it.base_name != "scratch"
        ]
        if missing and any(it.base is not None for _, it in resolved):
            yield Finding(
                ctx.instruction(stage.from_idx).range_of(node.image),
                _(
                    "for {platforms} there is no stage {names}, so it becomes an image of the registry",
                    platforms=platforms(it for it, __ in missing),
                    names=listed(name for __, name in missing),
                ),
            )
