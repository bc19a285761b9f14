"""A binary for the build machine is copied into the images of all platforms."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.cross_compile import crossing_edits
from buildxray.rules.placement import with_paying_moves
from buildxray.rules.portability import needs_c
from buildxray.rules.wording import advice, platforms
from buildxray.semantics.build import Effect, KnownCommand, Use


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.SOMETIMES)
def wrong_arch_build(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage compiles for the build machine, and its binary is copied into images of other platforms.

    ## What it does
    Looks in stages that run on the build machine for compilers that are told no target, and follows their
    output into the image.

    ## Why it matters
    The build succeeds and the image index lists every platform, but each image holds the binary of the build machine: on all
    other machines it fails with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    The fix is safe where `CGO_ENABLED=0` reaches the compiler, or the Go sources beside the Dockerfile need no C
    compiler. Else it is a suggestion, for it turns cgo off. There is none for `CGO_ENABLED=1` and `go install`.
    """
    target = ctx.build.target_stage
    if target is None or target.is_native:
        # The whole image is of the build machine's architecture.
        return
    for stage in ctx.build.native_stages:
        for command in stage.commands(Effect.COMPILE):
            use = command.use
            if use.is_targeted or not use.wrong_targets or not command.syntax.words:
                continue
            way = command.way_into_image
            if way is None:
                continue
            yield Finding(
                command.title_range,
                _("; ").join([_message(use), *advice(stage.image_name, [command] if use.is_bound else [])]),
                _fixes(ctx, command),
                (Related(way.keyword_range, _("the binary is taken from here")),),
            )


def _message(use: Use) -> str:
    return _(
        "`{title}` compiles for {machine}, and the binary goes into the image for {platforms} too",
        title=use.title,
        machine=use.machine,
        platforms=platforms(use.wrong_targets),
    )


def _fixes(ctx: RuleContext, command: KnownCommand) -> tuple[Fix, ...]:
    crossing = command.use.cross_compilation
    if crossing is None or not command.syntax.is_writable or needs_c(command):
        return ()
    edits = with_paying_moves(ctx, crossing_edits([command]))
    safety = Safety.SAFE if crossing.is_safe else Safety.SUGGESTION
    return (Fix(_("Compile for the target platform with `{settings}`", settings=crossing.text), tuple(edits), safety),)
