"""cgo is on for another architecture without a C compiler for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_for_another_system
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand
from buildxray.toolchains.c import machine_of_compiler
from buildxray.toolchains.go import GO

_COMPILERS: Final = ("CC", "CC_FOR_TARGET", "CC_FOR_linux_arm64", "CC_FOR_linux_amd64")


def _with_other_machine(command: KnownCommand) -> Iterator[Finding]:
    """Find `CC=aarch64-linux-gnu-gcc GOARCH=$TARGETARCH`: the C compiler is for one of the targets."""
    compiler = command.invocation.setting("CC")
    if any(command.invocation.setting(it).is_set for it in _COMPILERS[1:]):
        return
    has_cgo = command.invocation.setting("CGO_ENABLED").values
    wrong: dict[str, list[Platform]] = {}
    for value, cc, machine, target in zip(
        has_cgo, compiler.values, command.use.architectures, command.invocation.targets, strict=True
    ):
        made_for = machine_of_compiler(cc or "")
        if value == "1" and None not in (made_for, machine) and made_for != machine and machine == target.architecture:
            wrong.setdefault(made_for or "", []).append(target)
    for architecture, targets in wrong.items():
        yield Finding(
            command.title_range,
            _(
                "the build stops at `{title}` for {platforms}: the C compiler in `CC` compiles for {architecture}",
                title=command.use.title,
                platforms=platforms(targets),
                architecture=architecture,
            ),
        )


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
        for command in stage.commands(Effect.COMPILE):
            use, invocation = command.use, command.invocation
            if use.toolchain is not GO or not use.is_targeted or is_for_another_system(command):
                continue
            if any(invocation.setting(it).is_set for it in _COMPILERS):
                yield from _with_other_machine(command)
                continue
            has_cgo = zip(invocation.setting("CGO_ENABLED").values, invocation.targets, strict=True)
            foreign = [target for value, target in has_cgo if value == "1" and target in command.cross_targets]
            if foreign:
                yield Finding(
                    command.title_range,
                    _(
                        "`{title}` needs a C compiler for {platforms} because of `CGO_ENABLED=1`, and none is set",
                        title=use.title,
                        platforms=platforms(foreign),
                    ),
                )
