"""GOARCH for the target reaches Go programs that run during the build."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.go_tools import foreign_tools
from buildxray.rules.fixing.edits import set_target
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand
from buildxray.toolchains.base import CrossCompilation


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=["Go"])
def go_env_for_tools(ctx: RuleContext) -> Iterator[Finding]:
    """`go run`, `go generate` or `go test` sees the target's `GOARCH` on the build machine.

    ## What it does
    Looks in stages on the build machine for Go commands that run what they compile, while `GOARCH` in `ENV`, `ARG` or an `export` names
    another architecture.

    ## Why it matters
    The program is compiled for the target and started on the build machine: it fails with `exec format error`, or runs under emulation
    where QEMU is installed.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    ENV CGO_ENABLED=0 GOARCH=$TARGETARCH
    RUN go generate ./... && go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    ENV CGO_ENABLED=0 GOARCH=$TARGETARCH
    RUN GOOS= GOARCH= go generate ./... && go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    A suggestion: `go generate` may use `GOARCH` to choose its output. A better repair is to set `GOARCH` before `go build` only. If `CC` names a C
    compiler, cgo is switched off too, because that compiler is for the target.
    """
    for stage in ctx.build.native_stages:
        for command, foreign in foreign_tools(stage):
            fixes: tuple[Fix, ...] = ()
            if command.syntax.is_writable and command.syntax.assigned("GOARCH") is None:
                without_cgo = (("CGO_ENABLED", "0"),) if _has_other_compiler(command) else ()
                crossing = CrossCompilation((*without_cgo, ("GOOS", ""), ("GOARCH", "")), (), is_safe=False)
                edits = tuple(set_target(command, crossing))
                fixes = (Fix(_("Run it for the build machine"), edits, Safety.SUGGESTION),)
            yield Finding(
                command.title_range,
                _message(command, foreign),
                fixes,
            )


def _has_other_compiler(command: KnownCommand) -> bool:
    """True if cgo may be on with a C compiler for the target, which does not make programs for the build machine. Source: go.dev/cmd/cgo, CC."""
    cgo = command.invocation.setting("CGO_ENABLED")
    if command.syntax.assigned("CGO_ENABLED") is not None or all(it == "0" for it in cgo.values):
        return False
    return any(it != "" for it in command.invocation.setting("CC").values)


def _message(command: KnownCommand, foreign: list[Platform]) -> str:
    if command.use.effect is Effect.COMPILE:
        return _(
            "`{title}` installs a tool for {platforms} that this stage cannot find: Go writes it to a subdirectory such as `bin/linux_arm64`",
            title=command.title,
            platforms=platforms(foreign),
        )
    return _(
        "`{title}` runs on {machine} what it compiles for {platforms}",
        title=command.title,
        machine=command.use.machine,
        platforms=platforms(foreign),
    )
