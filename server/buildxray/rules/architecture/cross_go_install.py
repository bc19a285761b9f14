"""`go install` for another platform puts the binary elsewhere."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms
from buildxray.semantics.file_flow import way_into_image
from buildxray.syntax.text import Edit
from buildxray.toolchains.base import Effect, Use


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.SOMETIMES)
def cross_go_install(ctx: RuleContext) -> Iterator[Finding]:
    """`go install` with the target's `GOARCH` puts the binary into `bin/$GOOS_$GOARCH`, or refuses.

    ## What it does
    Looks in stages on the build machine for `go install` with a `GOARCH` of another machine, whose binary is copied from `bin`.

    ## Why it matters
    Only for its own platform does Go install into `bin`; for others into `bin/linux_arm64` and the like, so that the COPY finds nothing, or
    an older binary. With `GOBIN` set it refuses to cross-compile at all. `go build -o` does what was meant.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go install ./cmd/app

    FROM scratch
    COPY --from=build /go/bin/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /go/bin/app ./cmd/app

    FROM scratch
    COPY --from=build /go/bin/app /app
    ```

    ## Fix safety
    A suggestion, for one package of the sources at hand. There is none for `go install path@version`, which `go build` does not know.

    ## References
    `go help install`; cmd/go: "cannot install cross-compiled binaries when GOBIN is set".
    """
    for stage in sorted(ctx.facts.needed_stages & ctx.facts.native_stages):
        for use in ctx.inventory.stage_uses(stage, Effect.COMPILE):
            if use.toolchain.name != "Go" or use.invocation.subcommand != "install":
                continue
            invocation = use.invocation
            made = zip(use.architectures, invocation.targets, invocation.step_platforms, strict=True)
            foreign = [target for arch, target, machine in made if arch is not None and arch != machine.architecture]
            copied = [it for it in use.outputs if way_into_image(ctx.facts, stage, it) is not None]
            if foreign and copied:
                has_gobin = any(invocation.setting("GOBIN").values)
                consequence = (
                    _("`go install` for {platforms} is refused with `GOBIN` set", platforms=platforms(foreign))
                    if has_gobin
                    else _(
                        "`go install` for {platforms} puts the binary into a directory of its own",
                        platforms=platforms(foreign),
                    )
                )
                yield Finding(ctx.command_range(use), consequence, _fixes(ctx, use, copied[0]))


def _fixes(ctx: RuleContext, use: Use, output: str) -> tuple[Fix, ...]:
    """`go build -o` with the path from which the binary is copied, where one package has one name."""
    command = use.invocation.command
    is_known = not output.endswith("/") and len({posixpath.basename(it) for it in use.outputs}) == 1
    if not is_known or not command.is_writable or use.title_words < 2 or any("@" in it for it in command.arguments):
        return ()
    place = ctx.instruction(use.instruction).place(command.words[1].range)
    edits = (Edit(place, f"build -o {output}"),)
    return (Fix(_("Write `go build -o {output}`", output=output), edits, Safety.SUGGESTION),)
