"""A stage is tied to one architecture by a constant."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import set_platform
from buildxray.rules.portability import can_run_elsewhere


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
    for stage in ctx.build.native_stages:
        platform, image = stage.from_.platform, stage.from_.image
        if stage.is_image or stage.is_chosen or stage.bases or platform is None or platform.value is None:
            continue
        value = platform.value.text
        names = f"{stage.name} {'' if image is None else image.text}"
        n_steps = len({step.idx for member in stage.family for run in member.runs for step in run.steps})
        if "$" in value or named_architectures(names) or not n_steps:
            continue
        fixes: tuple[Fix, ...] = ()
        if can_run_elsewhere(ctx, stage):
            edits = (set_platform(stage.from_, "$BUILDPLATFORM"),)
            fixes = (Fix(_("Run this stage on the build platform"), edits, Safety.SUGGESTION),)
        yield Finding(
            stage.from_.range_of(platform),
            ngettext(
                "{n} RUN step of this stage runs on {platform} whatever the build machine is: emulated on all others",
                "{n} RUN steps of this stage run on {platform} whatever the build machine is: emulated on all others",
                n_steps,
                platform=value,
            ),
            fixes,
        )
