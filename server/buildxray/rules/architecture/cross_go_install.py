"""`go install` for another platform writes the binary to another directory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.go_install import misplaced_installs
from buildxray.rules.facts.intended import with_alternative
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand
from buildxray.syntax.text import Edit


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.SOMETIMES, about=["Go", "xx"])
def cross_go_install(ctx: RuleContext) -> Iterator[Finding]:
    """`go install` with the target's `GOARCH` writes the binary to `bin/$GOOS_$GOARCH`, or fails.

    ## What it does
    Looks in stages on the build machine for `go install` with a `GOARCH` of another machine, whose binary is copied from `bin`.

    ## Why it matters
    Go installs into `bin` only for its own platform, and into directories such as `bin/linux_arm64` for others, so that the COPY finds
    no binary, or an older one. With `GOBIN` set, it refuses to cross-compile. `go build -o` writes the binary to the given path.

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
    A suggestion, for one package of local sources. No fix is offered for `go install path@version`, which `go build` does not support.

    ## References
    `go help install`; cmd/go: "cannot install cross-compiled binaries when GOBIN is set".
    """
    for command, copied in misplaced_installs(ctx.build):
        foreign = command.cross_targets
        has_gobin = any(command.invocation.setting("GOBIN").values)
        consequence = (
            _("`go install` for {platforms} is refused with `GOBIN` set", platforms=platforms(foreign))
            if has_gobin
            else _(
                "`go install` for {platforms} writes the binary to a subdirectory such as `bin/linux_arm64`",
                platforms=platforms(foreign),
            )
        )
        stage = command.run.stage
        later = () if stage is None else stage.commands(Effect.UNKNOWN)
        # A script of the project may move the binary.
        is_moved = any(it.range.start > command.range.start for it in later)
        doubt = Doubt.PROGRAM if is_moved else None
        if has_gobin and id(command.syntax) in with_alternative(command.run):
            doubt = Doubt.ALTERNATIVE
        yield Finding(command.title_range, consequence, _fixes(command, copied[0]), doubt=doubt)


def _fixes(command: KnownCommand, output: str) -> tuple[Fix, ...]:
    is_known = not output.endswith("/") and len({posixpath.basename(it) for it in command.use.outputs}) == 1
    if not is_known or not command.syntax.is_writable or command.use.title_words < 2:
        return ()
    if any("@" in it for it in command.syntax.arguments):
        return ()
    edits = (Edit(command.run.shell_range(command.syntax.words[1].range), f"build -o {output}"),)
    return (Fix(_("Write `go build -o {output}`", output=output), edits, Safety.SUGGESTION),)
