"""A stage is tied to one architecture by a constant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.same_files import can_run_elsewhere
from buildxray.rules.fixing.edits import set_platform
from buildxray.semantics.build import Stage


@rule(
    Severity.INFORMATION,
    Severity.INFORMATION,
    FixAvailability.SOMETIMES,
    buildkit_check="FromPlatformFlagConstDisallowed",
)
def from_platform_flag_const_disallowed(ctx: RuleContext) -> Iterator[Finding]:
    """A stage has a constant platform, so it is built for that one, whatever platforms are requested.

    ## What it does
    Looks for a constant `--platform` in FROM. A stage is not reported if its name contains the operating system or the architecture.

    ## Why it matters
    `linux/amd64` is native on the machine of its author, and emulated on an arm64 laptop or builder, five to ten times slower.
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
    A suggestion: the constant may be there because the image, or a downloaded file, exists for one architecture only. It is offered only if
    all that is copied out of the stage is provably the same on every machine: not what a script of the project, `make` or a package has written.
    """
    for it in warned(ctx, "FromPlatformFlagConstDisallowed"):
        stage = it.instruction.stage
        assert stage is not None, "a FROM begins a stage"
        n_steps = _shared_steps(stage)
        is_scratch = {*stage.base_names} == {"scratch"}
        if not n_steps and (ctx.has_intent or is_scratch) and _is_wrong_for_some(stage):
            # `build-platform-image` reports it with its consequence; `ignored-platform-flag` does for a stage from scratch.
            continue
        if not n_steps:
            message = _("this stage is built for {platform}, whatever platforms are requested", platform=it.subject)
            yield Finding(it.range, message)
            continue
        yield Finding(
            it.range,
            ngettext(
                "{n} RUN step of this stage runs on {platform}, under emulation on any other build machine",
                "{n} RUN steps of this stage run on {platform}, under emulation on any other build machine",
                n_steps,
                platform=it.subject,
            ),
            partial(_fixes, ctx, stage),
        )


def _fixes(ctx: RuleContext, stage: Stage) -> tuple[Fix, ...]:
    edits = (set_platform(stage.from_, "$BUILDPLATFORM"),)
    if not can_run_elsewhere(ctx, stage, edits):
        return ()
    return (Fix(_("Run this stage on the build platform"), edits, Safety.SUGGESTION),)


def _is_wrong_for_some(stage: Stage) -> bool:
    """True if the image is built on this stage, for several targets."""
    target = stage.build.target_stage
    return target is not None and len(stage.build.targets) > 1 and target.root is stage


def _shared_steps(stage: Stage) -> int:
    """The number of RUN steps of a stage and its descendants that serve all targets; 0 if the stage is part of the image.

    It is 0 too if the image names an architecture, because the constant is then intended.
    """
    image = stage.from_.image
    is_shared = stage in stage.build.native_stages and not (stage.is_image or stage.is_chosen or stage.bases)
    if not is_shared or (image is not None and named_architectures(f"{stage.name} {image.text}")):
        return 0
    return len({step.idx for member in stage.family for run in member.runs for step in run.steps})
