"""A stage is tied to one architecture by a constant."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.crossing import can_run_elsewhere
from buildxray.rules.edits import set_platform
from buildxray.syntax.instructions import From


@rule(Severity.INFORMATION, Severity.OFF, FixAvailability.SOMETIMES, buildkit_check="FromPlatformFlagConstDisallowed")
def constant_platform(ctx: RuleContext) -> Iterator[Finding]:
    """A stage that all targets share names a constant platform: on every other build machine it is emulated.

    ## What it does
    Looks for a constant `--platform` on stages that run something, are needed for every target platform, and are no part of the image.
    A stage whose name or image tells an architecture is left alone, and so is one that is chosen by platform.

    ## Why it matters
    `linux/amd64` is native on the machine of whoever wrote it, and emulated on an arm64 laptop or builder, five to ten times slower.
    `$BUILDPLATFORM` is native everywhere.

    ## Example
    ```dockerfile
    FROM --platform=linux/amd64 node:24 AS web
    WORKDIR /web
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build

    FROM nginx
    ARG TARGETARCH
    RUN echo $TARGETARCH
    COPY --from=web /web/dist /usr/share/nginx/html
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM node:24 AS web
    WORKDIR /web
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build

    FROM nginx
    ARG TARGETARCH
    RUN echo $TARGETARCH
    COPY --from=web /web/dist /usr/share/nginx/html
    ```

    ## Fix safety
    A suggestion: the constant may be there because the image, or a file that is downloaded, exists for one architecture only. There is
    none where files for one architecture are copied out of the stage.
    """
    facts = ctx.facts
    for stage in ctx.plan.stages:
        if stage.idx not in facts.needed_stages & facts.native_stages - facts.image_stages - facts.chosen_stages:
            continue
        instruction = ctx.instruction(stage.from_idx)
        node = instruction.node
        if not isinstance(node, From) or node.platform is None or node.platform.value is None or facts.bases(stage.idx):
            continue
        value = node.platform.value.text
        names = f"{stage.name} {'' if node.image is None else node.image.text}"
        runs = [it for member in facts.family(stage.idx) for it in ctx.runs(member)]
        n_steps = len({step.idx for it in runs for step in facts.steps(it)})
        if "$" in value or named_architectures(names) or not n_steps:
            continue
        fixes: tuple[Fix, ...] = ()
        if can_run_elsewhere(ctx, stage.idx):
            edits = tuple(set_platform(ctx, stage.from_idx, "$BUILDPLATFORM"))
            fixes = (Fix(_("Run this stage on the build platform"), edits, Safety.SUGGESTION),)
        yield Finding(
            instruction.range_of(node.platform),
            ngettext(
                "{n} RUN step of this stage runs on {platform} whatever the build machine is: emulated on all others",
                "{n} RUN steps of this stage run on {platform} whatever the build machine is: emulated on all others",
                n_steps,
                platform=value,
            ),
            fixes,
        )
