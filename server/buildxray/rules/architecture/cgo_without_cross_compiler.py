"""cgo is on for another architecture without a C compiler for it."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.cross_cgo import with_other_compiler, without_compiler
from buildxray.rules.wording import platforms


@rule(Severity.WARNING, Severity.WARNING, about=["Go"])
def cgo_without_cross_compiler(ctx: RuleContext) -> Iterator[Finding]:
    """`CGO_ENABLED=1` cross-compiles without a C compiler for the target.

    ## What it does
    Looks in stages on the build machine for Go compilers with `CGO_ENABLED=1` and a `GOARCH` of another machine, and neither `CC`
    nor xx; or with a `CC` for one machine, such as `aarch64-linux-gnu-gcc` or `zig cc -target x86_64-linux-musl`, that is used for others too.

    ## Why it matters
    cgo calls the C compiler of the build machine, which cannot assemble for the target: the build fails for every other platform.
    `xx-go` with `xx-apk add musl-dev gcc` provides a cross compiler; `CGO_ENABLED=0` needs none.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM debian:13
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
    FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
    COPY --from=xx / /
    RUN apk add --no-cache clang lld
    WORKDIR /src
    COPY . .
    ARG TARGETPLATFORM
    RUN xx-apk add --no-cache gcc musl-dev
    RUN CGO_ENABLED=1 xx-go build -o /out/app ./cmd/app

    FROM alpine
    COPY --from=build /out/app /app
    ```
    """
    for stage in ctx.build.native_stages:
        for command, architecture, targets in with_other_compiler(stage):
            yield Finding(
                command.title_range,
                _(
                    "the build stops at `{title}` for {platforms}: the C compiler in `CC` compiles for {architecture}",
                    title=command.use.title,
                    platforms=platforms(targets),
                    architecture=architecture,
                ),
            )
        for command, foreign in without_compiler(stage):
            yield Finding(
                command.title_range,
                _(
                    "`{title}` needs a C compiler for {platforms} because of `CGO_ENABLED=1`, and none is set",
                    title=command.use.title,
                    platforms=platforms(foreign),
                ),
            )
