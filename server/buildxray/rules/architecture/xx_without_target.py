"""xx compiles for the build machine, because no target is declared."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import bring_arguments
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, Stage
from buildxray.toolchains.xx import XX


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.ALWAYS, about=["xx"])
def xx_without_target(ctx: RuleContext) -> Iterator[Finding]:
    """`xx-*` is used where no target platform is declared, so it builds for the build machine.

    ## What it does
    Looks for the compilers of xx in stages on the build machine where none of `TARGETPLATFORM`, `TARGETARCH` and `TARGETPAIR` is set.

    ## Why it matters
    xx reads its target from these variables. Without them, it compiles for its own machine without a warning, and every image contains
    that binary.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
    FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
    COPY --from=xx / /
    COPY . .
    RUN xx-go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
    FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
    COPY --from=xx / /
    COPY . .
    ARG TARGETPLATFORM
    RUN xx-go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: xx reads the variable from its environment. The declaration goes before the first `xx-apk` or `xx-apt`, because these install
    libraries for the target; a suggestion where that is in another stage.

    ## References
    github.com/tonistiigi/xx, src/xx-info.
    """
    for stage in ctx.build.native_stages:
        for command in stage.commands(Effect.COMPILE):
            use = command.use
            if use.toolchain is not XX or not use.wrong_targets:
                continue
            if any(use.invocation.setting(it).is_set for it in ("TARGETPLATFORM", "TARGETARCH", "TARGETPAIR")):
                continue
            outputs = use.outputs or use.invocation.option_paths("-o")
            if outputs and not any(map(stage.way_into_image, outputs)):
                # A tool of the build runs on the build machine.
                continue
            place = _first_installation(stage) or command.run
            if place.idx >= command.run.idx:
                place = command.run
                title = _("Declare `ARG TARGETPLATFORM` directly before it")
            else:
                title = _("Declare `ARG {names}` directly before its first use", names="TARGETPLATFORM")
            safety = Safety.SAFE if place.stage == stage else Safety.SUGGESTION
            edits = tuple(bring_arguments(place, ["TARGETPLATFORM"]))
            yield Finding(
                command.title_range,
                _(
                    "`{title}` compiles for {machine} instead of {platforms}, because no target platform is declared",
                    title=use.title,
                    machine=use.machine,
                    platforms=platforms(use.wrong_targets),
                ),
                (Fix(title, edits, safety),),
            )


def _first_installation(stage: Stage) -> Instruction | None:
    """The first RUN, of its bases first, that installs packages for the target: without the variable, for the build machine."""
    for it in reversed(stage.ancestry):
        for command in it.commands(Effect.INSTALL):
            if command.use.toolchain is XX:
                return command.run
    return None
